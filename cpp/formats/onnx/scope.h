// Names while a graph is built: what they stand for, and which call of a local function they belong to.
#pragma once

#include <string>
#include <unordered_map>

#include "formats/onnx/messages.h"
#include "ir/graph.h"

namespace modelconv::onnx {

// Names of one graph or function body. Those of enclosing graphs are seen through `outer`; a function sees only its own.
class Scope {
 public:
  explicit Scope(const Scope* outer) : outer_(outer) {}

  // MalformedModelError when the name is taken in this scope. `value` null: an optional input left out by a caller.
  void define(Text name, Value* value);
  // MalformedModelError, with names that are near, when nothing of that name is in sight.
  Value* find(Text name) const;

 private:
  const Scope* outer_;
  std::unordered_map<Text, Value*> values_;
};

struct FunctionCall;

// An attribute with the place where its names count: subgraphs given to a function see the caller's values.
struct Argument {
  const AttributeMessage* attribute;
  const Scope* scope;
  const FunctionCall* call;
};

// One call of a local function; null pointers stand for the main graph.
struct FunctionCall {
  const FunctionMessage* function;
  const FunctionCall* caller;
  std::string prefix;                             // "call1/inner2/", in front of the names of its values
  std::unordered_map<Text, Argument> arguments;   // by attribute name, defaults included
  std::unordered_map<Text, std::string> outputs;  // formal output -> name in the caller
};

}  // namespace modelconv::onnx
