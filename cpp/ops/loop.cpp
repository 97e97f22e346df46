// Loop. Inputs: trip count, condition, carried values. The body takes (iteration, condition, carried...) and gives
// (condition, carried..., one slice of each scan output...).
#include <limits>

#include "ops/all_ops.h"
#include "ops/body_types.h"
#include "ops/join_tensors.h"

namespace modelconv {
namespace {

const Type kIteration = Type::tensor(DType::int64, Shape(std::vector<Dim>{}));
const Type kCondition = Type::tensor(DType::boolean, Shape(std::vector<Dim>{}));

bool is_constant_true(const Value* value) {
  if (!value || !value->is_constant() || value->constant().dtype() != DType::boolean) return false;
  return value->constant().size() == 1 && value->constant().to_int64()[0] != 0;
}

// True when only the trip count ends the loop: the body hands its condition on, or says true.
bool runs_all_trips(const Node& node, const Graph& body) {
  if (node.input(1) && !is_constant_true(node.input(1))) return false;
  const Value* condition = body.outputs()[0].value;
  while (condition && condition->producer() && condition->producer()->op() == OpName("Identity"))
    condition = condition->producer()->input(0);
  return condition == body.inputs()[1] || is_constant_true(condition);
}

// How many slices the scan outputs have.
Dim trip_count(const InferContext& context, const Graph& body, size_t first_scan) {
  if (context.has_input(0) && runs_all_trips(context.node(), body))
    if (const auto trips = context.elements(0); trips && trips->size() == 1 && !(*trips)[0].is_unknown())
      return max((*trips)[0], 0);
  return context.data_dependent(first_scan, 0);
}

void infer_loop(InferContext& context) {
  Graph& body = graph_attr(context.node(), "body");
  if (context.input_count() < 2) context.fail("a loop has at least two inputs");
  std::vector<Type> carried;
  for (size_t i = 2; i < context.input_count(); ++i) carried.push_back(context.input_type(i));
  const std::vector<Type> results = infer_body(context, body, {{kIteration, kCondition}, {}, 1}, carried);
  if (results.size() != context.output_count() + 1)
    context.fail("the body has {} outputs for {} of the node", results.size(), context.output_count());
  for (size_t i = 0; i < carried.size(); ++i) context.set_output_type(i, carried[i]);
  for (size_t i = carried.size(); i < context.output_count(); ++i) {
    const Type& slice = results[i + 1];
    if (!slice.shape.has_rank()) {
      context.set_output(i, slice.dtype, Shape::unranked());
      continue;
    }
    std::vector<Dim> dims = slice.shape.dims();
    dims.insert(dims.begin(), trip_count(context, body, carried.size()));
    context.set_output(i, slice.dtype, dims);
  }
}

bool read_condition(KernelContext& context, const RuntimeValue& value) {
  const Tensor& condition = value.tensor();
  if (condition.dtype() != DType::boolean || condition.size() != 1)
    context.fail("the condition is not a single bool");
  return condition.data<uint8_t>()[0] != 0;
}

void loop_kernel(KernelContext& context) {
  const Graph& body = graph_attr(context.node(), "body");
  const size_t carried_count = context.input_count() - 2;
  if (body.outputs().size() != context.output_count() + 1 || context.output_count() < carried_count)
    context.fail("the body has {} outputs for {} of the node", body.outputs().size(), context.output_count());
  int64_t trips = std::numeric_limits<int64_t>::max();
  if (context.has_input(0)) {
    if (context.input(0).size() != 1) context.fail("the trip count is not a single element");
    trips = context.input(0).to_int64()[0];
  }
  bool goes_on = !context.has_input(1) || read_condition(context, context.value(1));
  std::vector<RuntimeValue> carried;
  for (size_t i = 0; i < carried_count; ++i) carried.push_back(context.value(2 + i));
  std::vector<std::vector<Tensor>> slices(context.output_count() - carried_count);
  for (int64_t trip = 0; trip < trips && goes_on; ++trip) {
    std::vector<RuntimeValue> inputs{Tensor::scalar(trip), Tensor::boolean(true)};
    for (RuntimeValue& value : carried) inputs.push_back(std::move(value));
    std::vector<RuntimeValue> results = context.run(body, std::move(inputs));
    goes_on = read_condition(context, results[0]);
    for (size_t i = 0; i < carried_count; ++i) carried[i] = std::move(results[1 + i]);
    for (size_t i = 0; i < slices.size(); ++i) slices[i].push_back(results[1 + carried_count + i].tensor());
  }
  for (size_t i = 0; i < carried_count; ++i) context.set_output(i, std::move(carried[i]));
  for (size_t i = 0; i < slices.size(); ++i) {
    const Value* output = context.node().output(carried_count + i);
    if (!output) continue;
    context.set_output(carried_count + i, slices[i].empty()
                                              ? empty_stack(output->dtype(), output->shape())
                                              : stack_tensors(context.threads(), std::move(slices[i]), 0));
  }
}

}  // namespace

OpDefs loop_ops() { return {OpDef("Loop").infer(infer_loop).evaluate(loop_kernel)}; }

}  // namespace modelconv
