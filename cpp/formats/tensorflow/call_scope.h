// The main graph, or one call of a function: what names mean there, and how inputs and outputs lead to the caller.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/tensorflow/graph_def.h"

namespace modelconv::tensorflow {

// Names of a body (or of the main graph) -> what they stand for; shared by all calls of the function.
struct BodyNames {
  std::unordered_map<std::string_view, size_t> nodes;
  std::unordered_map<std::string_view, size_t> arguments;
};
// `function` is null for the main graph. MalformedModelError for two nodes of one name.
BodyNames collect_names(const std::vector<NodeDef>& nodes, const FunctionDef* function);

struct CallScope {
  const std::vector<NodeDef>* nodes;
  const FunctionDef* function = nullptr;  // null: the main graph
  const BodyNames* names;
  CallScope* caller = nullptr;
  const NodeDef* call = nullptr;  // in `caller`
  EncodedAttrs attrs;             // of the call, for the body's placeholders
  std::string prefix;             // "call/"
  size_t depth = 0, file_index = 0;
  size_t number = 0;                      // of the call, counted from 1; 0: the main graph
  std::vector<size_t> flat;               // flat node + 1 per node; 0: not there yet
  std::map<size_t, CallScope*> children;  // by call node
};

// "a:out:1", "a:1", "a" split at the colons.
struct RefText {
  std::string_view node, output;
  size_t index = 0;
};
RefText parse_ref(std::string_view text);

// An attribute of a body's node; where it names an attribute of the function, what the call gives for it.
Bytes substitute_placeholder(const CallScope& scope, Bytes value);
EncodedAttrs substitute_placeholders(const CallScope& scope, EncodedAttrs attrs);

// Number of the first tensor of the argument `name`, where lists of tensors stand between.
size_t place_of_argument(const std::vector<ArgDef>& args, std::string_view name, const EncodedAttrs& attrs);
// The call's input, in the caller's terms, that argument number `argument` stands for; `index` within a list.
std::string_view argument_text(const CallScope& scope, size_t argument, size_t index);
// Output number `port` of the call, in the body's terms.
std::string_view return_text(const CallScope& scope, size_t port);

}  // namespace modelconv::tensorflow
