// Flatten, Squeeze, Unsqueeze: reshapes that are told by axes.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"

namespace modelconv {
namespace {

// --- Flatten

size_t flatten_axis(const Node& node, size_t rank) {
  const int64_t axis = int_attr(node, "axis");
  const auto signed_rank = static_cast<int64_t>(rank);
  ENSURE(axis >= -signed_rank && axis <= signed_rank, ShapeError, "{}: axis {} is outside [-{}, {}]",
         node.describe(), axis, rank, rank);
  return static_cast<size_t>(axis < 0 ? axis + signed_rank : axis);
}

void infer_flatten(InferContext& context) {
  const Shape& input = context.input_shape(0);
  if (!input.has_rank()) return context.set_output(0, context.input_dtype(0), Shape::of_rank(2));
  const size_t axis = flatten_axis(context.node(), input.rank());
  Dim before = 1, after = 1;
  for (size_t i = 0; i < input.rank(); ++i)
    (i < axis ? before : after) = (i < axis ? before : after) * input[i];
  context.set_output(0, context.input_dtype(0), {before, after});
}

void flatten_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  const size_t axis = flatten_axis(context.node(), input.rank());
  int64_t before = 1, after = 1;
  for (size_t i = 0; i < input.rank(); ++i) (i < axis ? before : after) *= input.dims()[i];
  context.set_output(0, input.reshaped({before, after}));
}

// Sound while p leaves the axes longer than 1 in their order; then only the place of the cut changes.
std::optional<AxisMove> flatten_axes(const Node& node, size_t, const Permutation& p) {
  const Shape& input = node.input(0)->shape();
  if (!input.has_rank() || input.rank() != p.size()) return std::nullopt;
  const size_t axis = flatten_axis(node, p.size());
  size_t cut = 0;
  std::optional<size_t> previous;
  for (size_t k = 0; k < p.size(); ++k) {
    if (input[p[k]].equals(1)) continue;
    if (previous && p[k] < *previous) return std::nullopt;
    previous = p[k];
    if (p[k] < axis) cut = k + 1;
  }
  AxisMove move = move_first_input(node, p, {0, 1});
  move.attrs.set("axis", static_cast<int64_t>(cut));
  return move;
}

// --- Squeeze and Unsqueeze

// One flag per axis. ShapeError when an axis is out of range or named twice.
std::vector<bool> mark_axes(const std::vector<int64_t>& axes, size_t rank) {
  std::vector<bool> marked(rank, false);
  for (const int64_t axis : axes) {
    const size_t at = normalize_axis(axis, rank);
    ENSURE(!marked[at], ShapeError, "axis {} is named twice", axis);
    marked[at] = true;
  }
  return marked;
}

template <class Size>
std::vector<Size> without_axes(const std::vector<Size>& dims, const std::vector<bool>& dropped) {
  std::vector<Size> kept;
  for (size_t i = 0; i < dims.size(); ++i)
    if (!dropped[i]) kept.push_back(dims[i]);
  return kept;
}

template <class Size>
std::vector<Size> with_axes(const std::vector<Size>& dims, const std::vector<int64_t>& axes) {
  const std::vector<bool> added = mark_axes(axes, dims.size() + axes.size());
  std::vector<Size> result;
  auto next = dims.begin();
  for (const bool is_new : added) result.push_back(is_new ? Size(1) : *next++);
  return result;
}

void pass_elements(InferContext& context) {
  const Shape& output = context.node().output()->shape();
  if (const auto elements = context.elements(0); elements && output.has_rank() && output.rank() <= 1)
    context.set_elements(0, *elements);
}

Shape squeeze_shape(InferContext& context) {
  const Shape& input = context.input_shape(0);
  if (context.has_input(1)) {
    const auto axes = context.known_ints(1);
    const Shape& count = context.input_shape(1);
    if (!input.has_rank()) return Shape::unranked();
    if (!axes)  // the number of axes tells the rank
      return count.has_rank() && count.rank() == 1 && count[0].is_known() && count[0].value() >= 0 &&
                     static_cast<size_t>(count[0].value()) <= input.rank()
                 ? Shape::of_rank(input.rank() - static_cast<size_t>(count[0].value()))
                 : Shape::unranked();
    const std::vector<bool> dropped = mark_axes(*axes, input.rank());
    for (size_t i = 0; i < input.rank(); ++i)
      if (dropped[i] && input[i].is_known() && input[i].value() != 1)
        context.fail("axis {} has length {} and cannot be squeezed", i, input[i].value());
    return without_axes(input.dims(), dropped);
  }
  // All axes of length 1 go: which ones is known when every dimension is a number or provably longer.
  if (!input.has_rank()) return Shape::unranked();
  std::vector<bool> dropped;
  for (const Dim& dim : input.dims()) {
    if (!dim.is_known() && dim.lower_bound().value_or(0) < 2) return Shape::unranked();
    dropped.push_back(dim.equals(1));
  }
  return without_axes(input.dims(), dropped);
}

void infer_squeeze(InferContext& context) {
  context.set_output(0, context.input_dtype(0), squeeze_shape(context));
  pass_elements(context);
}

void squeeze_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  std::vector<bool> dropped;
  if (context.has_input(1))
    dropped = mark_axes(context.input(1).to_int64(), input.rank());
  else
    for (const int64_t dim : input.dims()) dropped.push_back(dim == 1);
  const Dims dims = without_axes(input.dims(), dropped);
  for (size_t i = 0; i < input.rank(); ++i)
    if (dropped[i] && input.dims()[i] != 1)
      context.fail("axis {} has length {} and cannot be squeezed", i, input.dims()[i]);
  context.set_output(0, input.reshaped(dims));
}

std::optional<AxisMove> squeeze_axes(const Node& node, size_t index, const Permutation& p) {
  if (index != 0 || !node.input(0)->shape().has_rank()) return std::nullopt;
  const Shape& input = node.input(0)->shape();
  std::vector<bool> dropped(p.size(), false);
  const Tensor* axes = constant_input(node, 1);
  std::optional<std::vector<int64_t>> renumbered;
  if (node.input(1)) {
    if (!axes || !(renumbered = renumber_axes(axes->to_int64(), p))) return std::nullopt;
    for (const int64_t axis : *renumbered) dropped[p[static_cast<size_t>(axis)]] = true;
  } else {
    for (size_t i = 0; i < p.size(); ++i) {
      if (!input[i].is_known()) return std::nullopt;
      dropped[i] = input[i].equals(1);
    }
  }
  std::vector<size_t> kept_place(p.size());  // where an axis of the input stands in the output
  size_t kept = 0;
  for (size_t i = 0; i < p.size(); ++i) kept_place[i] = dropped[i] ? p.size() : kept++;
  Permutation out;
  for (const size_t axis : p)
    if (!dropped[axis]) out.push_back(kept_place[axis]);
  AxisMove move = move_first_input(node, p, out);
  if (renumbered) move.replaced_inputs.emplace_back(1, integers_like(*axes, *renumbered));
  return move;
}

void infer_unsqueeze(InferContext& context) {
  const Shape& input = context.input_shape(0);
  const auto axes = context.known_ints(1);
  if (!axes || !input.has_rank()) {
    const Shape& count = context.input_shape(1);
    const bool known = input.has_rank() && count.has_rank() && count.rank() == 1 && count[0].is_known();
    if (known && (count[0].value() < 0 || count[0].value() > 64))
      context.fail("{} axes are added", count[0].value());
    context.set_output(
        0, context.input_dtype(0),
        known ? Shape::of_rank(input.rank() + static_cast<size_t>(count[0].value())) : Shape::unranked());
  } else {
    context.set_output(0, context.input_dtype(0), with_axes(input.dims(), *axes));
  }
  pass_elements(context);
}

void unsqueeze_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  context.set_output(0, input.reshaped(with_axes(input.dims(), context.input(1).to_int64())));
}

// The new axes keep their places.
std::optional<AxisMove> unsqueeze_axes(const Node& node, size_t index, const Permutation& p) {
  const Tensor* axes = constant_input(node, 1);
  if (index != 0 || !axes) return std::nullopt;
  const std::vector<bool> added = mark_axes(axes->to_int64(), p.size() + static_cast<size_t>(axes->size()));
  std::vector<size_t> place;  // where an axis of the input stands in the output
  for (size_t i = 0; i < added.size(); ++i)
    if (!added[i]) place.push_back(i);
  Permutation out;
  size_t next = 0;
  for (size_t i = 0; i < added.size(); ++i) out.push_back(added[i] ? i : place[p[next++]]);
  return move_first_input(node, p, out);
}

}  // namespace

OpDefs squeeze_ops() {
  return {OpDef("Flatten").infer(infer_flatten).axes(flatten_axes).evaluate(flatten_kernel),
          OpDef("Squeeze").infer(infer_squeeze).axes(squeeze_axes).evaluate(squeeze_kernel),
          OpDef("Unsqueeze").infer(infer_unsqueeze).axes(unsqueeze_axes).evaluate(unsqueeze_kernel)};
}

}  // namespace modelconv
