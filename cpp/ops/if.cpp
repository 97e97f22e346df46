// If.
#include "ops/all_ops.h"
#include "ops/body_types.h"

namespace modelconv {
namespace {

void infer_if(InferContext& context) {
  const std::vector<Type> then_types = context.infer_subgraph(graph_attr(context.node(), "then_branch"), {});
  const std::vector<Type> else_types = context.infer_subgraph(graph_attr(context.node(), "else_branch"), {});
  if (then_types.size() != context.output_count() || else_types.size() != context.output_count())
    context.fail("the branches have {} and {} outputs, the node {}", then_types.size(), else_types.size(),
                 context.output_count());
  const Tensor* condition = context.constant(0);
  const bool decided = condition && condition->size() == 1;
  for (size_t i = 0; i < then_types.size(); ++i) {
    if (decided)
      context.set_output_type(i, condition->to_int64()[0] != 0 ? then_types[i] : else_types[i]);
    else
      context.set_output_type(i, generalize(then_types[i], else_types[i]));
  }
}

void if_kernel(KernelContext& context) {
  const Tensor& condition = context.input(0);
  if (condition.dtype() != DType::boolean || condition.size() != 1)
    context.fail("the condition is not a single bool");
  const bool holds = condition.data<uint8_t>()[0] != 0;
  std::vector<RuntimeValue> results =
      context.run(graph_attr(context.node(), holds ? "then_branch" : "else_branch"), {});
  if (results.size() != context.output_count())
    context.fail("the branch has {} outputs, the node {}", results.size(), context.output_count());
  for (size_t i = 0; i < results.size(); ++i) context.set_output(i, std::move(results[i]));
}

}  // namespace

OpDefs if_ops() { return {OpDef("If").infer(infer_if).evaluate(if_kernel)}; }

}  // namespace modelconv
