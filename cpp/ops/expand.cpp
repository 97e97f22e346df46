// Expand, Tile: repeating a tensor along its axes.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

// --- Expand

// Elements of a tensor that repeats one element, for rank 0 and 1.
void repeat_single_element(InferContext& context, const Shape& output) {
  const auto elements = context.elements(0);
  if (!elements || output.rank() > 1) return;
  const Dim count = output.element_count();
  if (count == Dim(static_cast<int64_t>(elements->size()))) return context.set_elements(0, *elements);
  if (elements->size() == 1 && count.is_known() && count.value() <= 64)
    context.set_elements(0, std::vector<Dim>(static_cast<size_t>(count.value()), elements->front()));
}

void infer_expand(InferContext& context) {
  const Shape& input = context.input_shape(0);
  const auto asked = context.elements(1);
  if (!asked) {
    const Shape& shape = context.input_shape(1);
    const auto length = shape.has_rank() && shape.rank() == 1 ? shape[0].known() : std::nullopt;
    const bool known = input.has_rank() && length && *length >= 0 && *length <= 64;
    return context.set_output(
        0, context.input_dtype(0),
        known ? Shape::of_rank(std::max(input.rank(), static_cast<size_t>(*length))) : Shape::unranked());
  }
  for (const Dim& dim : *asked)
    if (dim.is_known() && dim.value() < 0) context.fail("the target shape has the dimension {}", dim.value());
  const Shape output = broadcast(input, Shape(*asked));
  context.set_output(0, context.input_dtype(0), output);
  if (output.has_rank()) repeat_single_element(context, output);
}

void expand_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  const Dims target = context.input(1).to_int64();
  for (const int64_t dim : target)
    if (dim < 0) context.fail("the target shape has the dimension {}", dim);
  const Dims dims = broadcast(input.dims(), target);
  if (dims == input.dims()) return context.set_output(0, input);
  Tensor& output = context.allocate(0, input.dtype(), dims);
  Dims strides(dims.size(), 0);
  const Dims own = row_major_strides(input.dims());
  const size_t leading = dims.size() - input.rank();
  for (size_t i = 0; i < input.rank(); ++i)
    if (input.dims()[i] != 1) strides[leading + i] = own[i];
  copy_box(context.threads(), input, output, {dims, std::move(strides), row_major_strides(dims)});
}

// The shape is lengthened to the output's rank, then both move alike.
std::optional<AxisMove> expand_axes(const Node& node, size_t index, const Permutation& p) {
  const Tensor* shape = constant_input(node, 1);
  if (index != 0 || !shape) return std::nullopt;
  std::vector<int64_t> asked = shape->to_int64();
  const size_t rank = std::max(p.size(), asked.size());
  asked.insert(asked.begin(), rank - asked.size(), 1);
  Permutation out(rank);
  const size_t leading = rank - p.size();
  for (size_t i = 0; i < rank; ++i) out[i] = i < leading ? i : leading + p[i - leading];
  AxisMove move = move_first_input(node, p, out);
  move.replaced_inputs.emplace_back(1, Tensor::vector(permute_values(asked, out)));
  return move;
}

// --- Tile

void infer_tile(InferContext& context) {
  const Shape& input = context.input_shape(0);
  const auto repeats = context.elements(1);
  if (!input.has_rank() || !repeats) {
    const Shape& shape = context.input_shape(1);
    const auto length = shape.has_rank() && shape.rank() == 1 ? shape[0].known() : std::nullopt;
    const auto rank = input.has_rank()                          ? std::optional(input.rank())
                      : length && *length >= 0 && *length <= 64 ? std::optional(static_cast<size_t>(*length))
                                                                : std::nullopt;
    return context.set_output(0, context.input_dtype(0), rank ? Shape::of_rank(*rank) : Shape::unranked());
  }
  if (repeats->size() != input.rank())
    context.fail("{} repeats for an input of rank {}", repeats->size(), input.rank());
  std::vector<Dim> dims;
  for (size_t i = 0; i < input.rank(); ++i) {
    if ((*repeats)[i].is_known() && (*repeats)[i].value() < 0)
      context.fail("axis {} is repeated {} times", i, (*repeats)[i].value());
    dims.push_back(input[i] * (*repeats)[i]);
  }
  context.set_output(0, context.input_dtype(0), dims);
  const auto elements = context.elements(0);
  if (!elements || input.rank() > 1) return;
  const auto times = input.rank() == 0 ? std::optional<int64_t>(1) : (*repeats)[0].known();
  if (!times || *times * static_cast<int64_t>(elements->size()) > 64 || *times > 64) return;
  std::vector<Dim> tiled;
  for (int64_t i = 0; i < *times; ++i) tiled.insert(tiled.end(), elements->begin(), elements->end());
  context.set_elements(0, tiled);
}

void tile_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  const std::vector<int64_t> repeats = context.input(1).to_int64();
  if (repeats.size() != input.rank())
    context.fail("{} repeats for an input of rank {}", repeats.size(), input.rank());
  // Each axis becomes two, (repeat, position); the source stands still along the first.
  Dims dims, doubled, strides;
  const Dims own = row_major_strides(input.dims());
  for (size_t i = 0; i < input.rank(); ++i) {
    int64_t length = 0;
    if (repeats[i] < 0 || __builtin_mul_overflow(input.dims()[i], repeats[i], &length))
      context.fail("axis {} is repeated {} times", i, repeats[i]);
    dims.push_back(length);
    doubled.insert(doubled.end(), {repeats[i], input.dims()[i]});
    strides.insert(strides.end(), {0, own[i]});
  }
  if (dims == input.dims()) return context.set_output(0, input);
  Tensor& output = context.allocate(0, input.dtype(), dims);
  if (output.size() == 0) return;
  const Dims target_strides = row_major_strides(doubled);
  copy_box(context.threads(), input, output, {std::move(doubled), std::move(strides), target_strides});
}

std::optional<AxisMove> tile_axes(const Node& node, size_t index, const Permutation& p) {
  const Tensor* repeats = constant_input(node, 1);
  if (index != 0 || !repeats || static_cast<size_t>(repeats->size()) != p.size()) return std::nullopt;
  AxisMove move = move_first_input(node, p, p);
  move.replaced_inputs.emplace_back(1, Tensor::vector(permute_values(repeats->to_int64(), p)));
  return move;
}

}  // namespace

OpDefs expand_ops() {
  return {OpDef("Expand").infer(infer_expand).axes(expand_axes).evaluate(expand_kernel).unpack(),
          OpDef("Tile").infer(infer_tile).axes(tile_axes).evaluate(tile_kernel).unpack()};
}

}  // namespace modelconv
