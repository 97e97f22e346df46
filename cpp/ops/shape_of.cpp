// Shape, Size, ConstantOfShape: from tensors to their sizes and back.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

// --- Shape

// The axes [first, last) that start and end leave, clamped to the rank.
std::pair<size_t, size_t> axis_range(const Node& node, size_t rank) {
  const auto signed_rank = static_cast<int64_t>(rank);
  const auto clamp = [&](int64_t bound) {
    return static_cast<size_t>(std::clamp<int64_t>(bound < 0 ? bound + signed_rank : bound, 0, signed_rank));
  };
  const size_t first = clamp(int_attr(node, "start"));
  return {first, std::max(first, clamp(optional_int(node, "end").value_or(signed_rank)))};
}

void infer_shape_of(InferContext& context) {
  const Shape& input = context.input_shape(0);
  if (!input.has_rank()) return context.set_output(0, DType::int64, Shape::of_rank(1));
  const auto [first, last] = axis_range(context.node(), input.rank());
  context.set_output(0, DType::int64, {static_cast<int64_t>(last - first)});
  const auto begin = input.dims().begin();
  context.set_elements(
      0, {begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(last)});
}

void shape_kernel(KernelContext& context) {
  const Dims& dims = context.input(0).dims();
  const auto [first, last] = axis_range(context.node(), dims.size());
  const Dims kept(dims.begin() + static_cast<std::ptrdiff_t>(first),
                  dims.begin() + static_cast<std::ptrdiff_t>(last));
  context.set_output(0, Tensor::vector(kept));
}

// --- Size

void infer_size(InferContext& context) {
  context.set_output(0, DType::int64, Shape(std::vector<Dim>{}));
  context.set_elements(0, {context.input_shape(0).element_count()});
}

void size_kernel(KernelContext& context) {
  context.set_output(0, Tensor::scalar<int64_t>(context.input(0).size()));
}

std::optional<AxisMove> size_axes(const Node& node, size_t, const Permutation& p) {
  return move_first_input(node, p, {});
}

// --- ConstantOfShape

// One element; a float32 zero by default.
Tensor fill_value(const Node& node) {
  const Tensor* value = node.attrs.get<Tensor>("value");
  if (!value) return Tensor::scalar(0.0F);
  ENSURE(value->size() == 1, ShapeError, "{}: value has {} elements, not one", node.describe(),
         value->size());
  return *value;
}

void infer_constant_of_shape(InferContext& context) {
  const Tensor value = fill_value(context.node());
  const auto asked = context.elements(0);
  if (!asked) {
    const Shape& shape = context.input_shape(0);
    const auto rank = shape.has_rank() && shape.rank() == 1 ? shape[0].known() : std::nullopt;
    const bool known = rank && *rank >= 0 && *rank <= 64;
    return context.set_output(0, value.dtype(),
                              known ? Shape::of_rank(static_cast<size_t>(*rank)) : Shape::unranked());
  }
  for (const Dim& dim : *asked)
    if (dim.is_known() && dim.value() < 0) context.fail("a dimension is {}", dim.value());
  const Shape output(*asked);
  context.set_output(0, value.dtype(), output);
  const Dim count = output.rank() <= 1 ? output.element_count() : Dim::unknown();
  if (is_integer(value.dtype()) && count.is_known() && count.value() <= 64)
    context.set_elements(0, std::vector<Dim>(static_cast<size_t>(count.value()), value.to_int64()[0]));
}

void constant_of_shape_kernel(KernelContext& context) {
  const Tensor value = fill_value(context.node()).aligned();
  const Dims dims = context.input(0).to_int64();
  for (const int64_t dim : dims)
    if (dim < 0) context.fail("a dimension is {}", dim);
  if (is_packed(value.dtype())) {
    context.set_output(0, Tensor::filled(value.dtype(), dims, value.to_double()[0]));
    return;
  }
  fill_with(context.allocate(0, value.dtype(), dims), value);
}

}  // namespace

OpDefs shape_of_ops() {
  return {OpDef("Shape").infer(infer_shape_of).evaluate(shape_kernel),
          OpDef("Size").infer(infer_size).axes(size_axes).evaluate(size_kernel),
          OpDef("ConstantOfShape").infer(infer_constant_of_shape).evaluate(constant_of_shape_kernel)};
}

}  // namespace modelconv
