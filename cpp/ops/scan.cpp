// Scan: a body over the slices of its scan inputs. Inputs: states, then scan inputs; outputs: states, then scan outputs.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/body_types.h"
#include "ops/join_tensors.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

struct Arity {
  size_t states, scan_inputs;
};

Arity arity_of(const Node& node) {
  const int64_t scanned = int_attr(node, "num_scan_inputs");
  ENSURE(scanned > 0 && static_cast<size_t>(scanned) <= node.input_count(), ShapeError,
         "{}: num_scan_inputs is {}, the node has {} inputs", node.describe(), scanned, node.input_count());
  return {node.input_count() - static_cast<size_t>(scanned), static_cast<size_t>(scanned)};
}

// One entry per scan input or output; zeros when the attribute is left out.
std::vector<int64_t> per_scan(const Node& node, const char* name, size_t count) {
  auto values = optional_ints(node, name).value_or(std::vector<int64_t>());
  ENSURE(values.empty() || values.size() == count, ShapeError, "{}: {} has {} entries, not {}",
         node.describe(), name, values.size(), count);
  values.resize(count, 0);
  return values;
}

void infer_scan(InferContext& context) {
  Graph& body = graph_attr(context.node(), "body");
  const Arity arity = arity_of(context.node());
  const auto axes = per_scan(context.node(), "scan_input_axes", arity.scan_inputs);
  std::vector<Type> states, slices;
  for (size_t i = 0; i < arity.states; ++i) states.push_back(context.input_type(i));
  Dim length;
  for (size_t i = 0; i < arity.scan_inputs; ++i) {
    const Shape& input = context.input_shape(arity.states + i);
    Shape slice;
    if (input.has_rank()) {
      const size_t axis = normalize_axis(axes[i], input.rank());
      if (length.is_known() && input[axis].is_known() && length.value() != input[axis].value())
        context.fail("the scan inputs have different lengths");
      if (length.is_unknown() || input[axis].is_known()) length = input[axis];
      std::vector<Dim> dims = input.dims();
      dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
      slice = dims;
    }
    slices.push_back(Type::tensor(context.input_dtype(arity.states + i), slice));
  }
  const std::vector<Type> results = infer_body(context, body, {{}, slices, 0}, states);
  if (results.size() != context.output_count())
    context.fail("the body has {} outputs, the node {}", results.size(), context.output_count());
  const auto output_axes = per_scan(context.node(), "scan_output_axes", results.size() - arity.states);
  for (size_t i = 0; i < arity.states; ++i) context.set_output_type(i, states[i]);
  for (size_t i = arity.states; i < results.size(); ++i) {
    Shape stacked;
    if (results[i].shape.has_rank()) {
      std::vector<Dim> dims = results[i].shape.dims();
      const size_t axis = normalize_axis(output_axes[i - arity.states], dims.size() + 1);
      dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), length);
      stacked = dims;
    }
    context.set_output(i, results[i].dtype, stacked);
  }
}

Tensor take_slice(KernelContext& context, const Tensor& input, size_t axis, int64_t at) {
  Dims dims = input.dims(), strides = row_major_strides(dims);
  const int64_t offset = at * strides[axis];
  dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
  strides.erase(strides.begin() + static_cast<std::ptrdiff_t>(axis));
  Tensor slice = Tensor::allocate(input.dtype(), dims);
  if (slice.size() > 0)
    copy_box(context.threads(), input, slice, {dims, strides, row_major_strides(dims), offset, 0});
  return slice;
}

// The slices of one scan input, in the order of the iterations. Packed elements have no slices of their own.
struct ScanInput {
  Tensor tensor;
  size_t axis;
  bool backward;
};

std::vector<ScanInput> read_scan_inputs(KernelContext& context, const Arity& arity) {
  const auto axes = per_scan(context.node(), "scan_input_axes", arity.scan_inputs);
  const auto directions = per_scan(context.node(), "scan_input_directions", arity.scan_inputs);
  std::vector<ScanInput> inputs;
  for (size_t i = 0; i < arity.scan_inputs; ++i) {
    const Tensor& tensor = context.input(arity.states + i);
    const size_t axis = normalize_axis(axes[i], tensor.rank());
    if (is_packed(tensor.dtype())) context.fail("slices of packed elements are not supported");
    inputs.push_back({tensor, axis, directions[i] != 0});
    if (tensor.dims()[axis] != inputs[0].tensor.dims()[inputs[0].axis])
      context.fail("the scan inputs have different lengths");
  }
  return inputs;
}

void scan_kernel(KernelContext& context) {
  const Graph& body = graph_attr(context.node(), "body");
  const Arity arity = arity_of(context.node());
  const std::vector<ScanInput> inputs = read_scan_inputs(context, arity);
  const int64_t length = inputs[0].tensor.dims()[inputs[0].axis];
  if (body.outputs().size() != context.output_count() || context.output_count() < arity.states)
    context.fail("the body has {} outputs, the node {}", body.outputs().size(), context.output_count());
  std::vector<RuntimeValue> states;
  for (size_t i = 0; i < arity.states; ++i) states.push_back(context.value(i));
  std::vector<std::vector<Tensor>> slices(context.output_count() - arity.states);
  for (int64_t step = 0; step < length; ++step) {
    std::vector<RuntimeValue> arguments;
    for (RuntimeValue& state : states) arguments.push_back(std::move(state));
    for (const ScanInput& input : inputs)
      arguments.emplace_back(
          take_slice(context, input.tensor, input.axis, input.backward ? length - 1 - step : step));
    std::vector<RuntimeValue> results = context.run(body, std::move(arguments));
    for (size_t i = 0; i < arity.states; ++i) states[i] = std::move(results[i]);
    for (size_t i = 0; i < slices.size(); ++i) slices[i].push_back(results[arity.states + i].tensor());
  }
  for (size_t i = 0; i < arity.states; ++i) context.set_output(i, std::move(states[i]));
  const auto axes = per_scan(context.node(), "scan_output_axes", slices.size());
  const auto directions = per_scan(context.node(), "scan_output_directions", slices.size());
  for (size_t i = 0; i < slices.size(); ++i) {
    const Value* output = context.node().output(arity.states + i);
    if (!output) continue;
    if (directions[i] != 0) std::reverse(slices[i].begin(), slices[i].end());
    context.set_output(arity.states + i,
                       slices[i].empty() ? empty_stack(output->dtype(), output->shape())
                                         : stack_tensors(context.threads(), std::move(slices[i]), axes[i]));
  }
}

}  // namespace

OpDefs scan_ops() { return {OpDef("Scan").infer(infer_scan).evaluate(scan_kernel)}; }

}  // namespace modelconv
