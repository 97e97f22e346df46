#include "formats/onnx/functions.h"

#include <algorithm>

#include "base/error.h"

namespace modelconv::onnx {
namespace {

Text without_alias(Text domain) { return domain == "ai.onnx" ? Text() : domain; }

std::optional<int64_t> imported(const OpsetImports& imports, Text wanted) {
  for (const auto& [domain, version] : imports)
    if (without_alias(domain) == wanted) return version;
  return std::nullopt;
}

}  // namespace

FunctionTable::FunctionTable(const ModelMessage& model) {
  for (const FunctionMessage& function : model.functions) {
    const std::tuple key(without_alias(function.domain), function.name, function.overload);
    ENSURE(functions_.emplace(key, &function).second, MalformedModelError,
           "there are two functions '{}' of domain '{}'", function.name, function.domain);
  }
}

const FunctionMessage* FunctionTable::find(const NodeMessage& node) const {
  if (functions_.empty()) return nullptr;
  const auto found = functions_.find({without_alias(node.domain), node.op_type, node.overload});
  return found == functions_.end() ? nullptr : found->second;
}

std::optional<Argument> resolve_attribute(const AttributeMessage& attribute, const Scope& scope,
                                          const FunctionCall* call) {
  if (attribute.ref_attr_name.empty()) return Argument{&attribute, &scope, call};
  ENSURE(call, MalformedModelError, "attribute '{}' refers to '{}', but this is not in a function",
         attribute.name, attribute.ref_attr_name);
  const auto given = call->arguments.find(attribute.ref_attr_name);
  if (given == call->arguments.end()) return std::nullopt;
  return given->second;
}

FunctionCall begin_call(const NodeMessage& node, const FunctionMessage& function, const Scope& scope,
                        const FunctionCall* caller) {
  for (const FunctionCall* call = caller; call; call = call->caller)
    ENSURE(call->function != &function, MalformedModelError, "function '{}' calls itself", function.name);
  ENSURE(node.inputs.size() <= function.inputs.size() && node.outputs.size() <= function.outputs.size(),
         MalformedModelError, "function '{}' has {} inputs and {} outputs, the call has {} and {}",
         function.name, function.inputs.size(), function.outputs.size(), node.inputs.size(),
         node.outputs.size());
  FunctionCall call{&function, caller, caller ? caller->prefix : "", {}, {}};
  call.prefix += std::string(node.name.empty() ? node.op_type : node.name) + "/";
  for (const AttributeMessage& attribute : node.attributes)
    if (const auto argument = resolve_attribute(attribute, scope, caller))
      call.arguments[attribute.name] = *argument;
  for (const AttributeMessage& fallback : function.defaults)
    call.arguments.try_emplace(fallback.name, Argument{&fallback, nullptr, nullptr});
  return call;
}

std::optional<int64_t> find_opset(const ModelMessage& model, const FunctionCall* call, Text domain) {
  if (call)
    if (const auto version = imported(call->function->opsets, domain)) return version;
  return imported(model.opsets, domain);
}

int64_t find_opset(const ModelMessage& model, const FunctionCall* call) {
  if (const auto version = find_opset(model, call, "")) return *version;
  ENSURE(model.ir_version < 3, MalformedModelError, "the model does not say which operator set it uses");
  return 1;  // before IR version 3 there was only one
}

}  // namespace modelconv::onnx
