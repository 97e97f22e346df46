// Calls of a model's local functions, which reading replaces by their bodies.
#pragma once

#include <map>
#include <optional>
#include <tuple>

#include "formats/onnx/scope.h"

namespace modelconv::onnx {

// Calls within calls can multiply without end in a small file; models have some ten thousand nodes.
inline constexpr size_t kMostInlinedNodes = 500'000;

// A model's local functions by what calls say of them.
class FunctionTable {
 public:
  // `model` must outlive the table. MalformedModelError for two functions of one name.
  explicit FunctionTable(const ModelMessage& model);
  // The local function that the node calls; null when it is an operator.
  const FunctionMessage* find(const NodeMessage& node) const;

 private:
  std::map<std::tuple<Text, Text, Text>, const FunctionMessage*> functions_;  // by domain, name, overload
};

// The call with its attributes bound, still without the names of its outputs. MalformedModelError for recursion and for
// more inputs or outputs than the function has.
FunctionCall begin_call(const NodeMessage& node, const FunctionMessage& function, const Scope& scope,
                        const FunctionCall* caller);

// What an attribute says once references to the function's own attributes (ref_attr_name) are followed; nothing when
// the caller left the attribute out and it has no default.
std::optional<Argument> resolve_attribute(const AttributeMessage& attribute, const Scope& scope,
                                          const FunctionCall* call);

// Version of a domain ("" is the default one) that holds in the call, or in the main graph; nothing when the file does not
// say. Of the default domain it has to.
std::optional<int64_t> find_opset(const ModelMessage& model, const FunctionCall* call, Text domain);
int64_t find_opset(const ModelMessage& model, const FunctionCall* call);

}  // namespace modelconv::onnx
