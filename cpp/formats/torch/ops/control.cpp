// Branches and loops: "prim.If" and "prim.Loop", whose graphs the decoder builds as If and Loop want them.
#include "formats/common/subgraph.h"
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/call.h"

namespace modelconv::torch {
namespace {

void set_outputs(Translation& t, const Node& node) {
  for (size_t i = 0; i < node.output_count(); ++i) t.set_output(i, *node.output(i));
}

// One element, of any type and rank.
Value& condition(Translation& t, const Call& call, std::string_view name) {
  Value& given = call.operand(name, DType::boolean);
  return as_scalar(t, t.cast(given, DType::boolean));
}

void raise_if(Translation& t) {
  const Call call(t, "condition:operand");
  set_outputs(t, t.add_node("If", {&condition(t, call, "condition")},
                            {{"then_branch", subgraph_of(t, "then_branch")},
                             {"else_branch", subgraph_of(t, "else_branch")}},
                            t.node().output_count()));
}

void raise_loop(Translation& t) {
  const Call call(t, "trips:number=None, goes_on:operand=None, carried:any");
  std::vector<Value*> inputs = {call.has("trips") ? &call.operand("trips", DType::int64) : nullptr,
                                call.has("goes_on") ? &condition(t, call, "goes_on") : nullptr};
  for (Value* value : call.tensors("carried")) inputs.push_back(value);
  set_outputs(t, t.add_node("Loop", inputs, {{"body", subgraph_of(t, "body")}}, t.node().output_count()));
}

}  // namespace

OpMappings control_ops() {
  return {
      {"prim.If", "If", raise_if, nullptr, "torch.cond, and `if` of TorchScript"},
      {"prim.Loop", "Loop", raise_loop, nullptr, "while_loop, scan, map, and loops of TorchScript"},
  };
}

}  // namespace modelconv::torch
