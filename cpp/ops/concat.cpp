// Concat, Split: joining and cutting along one axis.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

// --- Concat

void join_elements(InferContext& context) {
  std::vector<Dim> joined;
  for (size_t i = 0; i < context.input_count(); ++i) {
    if (const auto elements = context.elements(i)) {
      joined.insert(joined.end(), elements->begin(), elements->end());
    } else {
      const auto count = context.input_shape(i)[0].known();
      if (!count || *count < 0 || *count > 64) return;
      joined.insert(joined.end(), static_cast<size_t>(*count), Dim::unknown());
    }
  }
  context.set_elements(0, joined);
}

void infer_concat(InferContext& context) {
  const DType dtype = context.input_dtype(0);
  std::optional<size_t> rank;
  bool all_ranked = true;
  for (size_t i = 0; i < context.input_count(); ++i) {
    const Shape& shape = context.input_shape(i);
    if (!shape.has_rank())
      all_ranked = false;
    else if (rank && *rank != shape.rank())
      context.fail("the inputs have different ranks");
    else
      rank = shape.rank();
  }
  if (!rank) return context.set_output(0, dtype, Shape::unranked());
  if (*rank == 0) context.fail("scalars cannot be concatenated");
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), *rank);
  std::vector<Dim> dims(*rank);
  Dim length = all_ranked ? Dim(0) : Dim::unknown();
  for (size_t i = 0; i < context.input_count(); ++i) {
    const Shape& shape = context.input_shape(i);
    if (!shape.has_rank()) continue;
    length = length + shape[axis];
    for (size_t k = 0; k < *rank; ++k) {
      if (k == axis) continue;
      if (dims[k].is_known() && shape[k].is_known() && dims[k].value() != shape[k].value())
        context.fail("input {} has length {} along axis {}, the inputs before it have {}", i,
                     shape[k].value(), k, dims[k].value());
      if (dims[k].is_unknown() || shape[k].is_known()) dims[k] = shape[k];
    }
  }
  dims[axis] = length;
  context.set_output(0, dtype, dims);
  if (*rank == 1 && all_ranked) join_elements(context);
}

void concat_kernel(KernelContext& context) {
  const Tensor& first = context.input(0);
  if (first.rank() == 0) context.fail("scalars cannot be concatenated");
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), first.rank());
  Dims dims = first.dims();
  dims[axis] = 0;
  for (size_t i = 0; i < context.input_count(); ++i) {
    Dims other = context.input(i).dims();
    if (other.size() != dims.size()) context.fail("the inputs have different ranks");
    const int64_t length = other[axis];
    other[axis] = dims[axis];
    if (other != dims) context.fail("input {} does not fit the others", i);
    dims[axis] += length;
  }
  Tensor& output = context.allocate(0, first.dtype(), dims);
  const Dims target_strides = row_major_strides(dims);
  int64_t offset = 0;
  for (size_t i = 0; i < context.input_count(); ++i) {
    const Tensor& part = context.input(i);
    copy_box(context.threads(), part, output,
             {part.dims(), row_major_strides(part.dims()), target_strides, 0, offset * target_strides[axis]});
    offset += part.dims()[axis];
  }
}

// --- Split

// Lengths of the parts when they are not given: equal ones, the last smaller when that does not come out even.
std::vector<Dim> equal_parts(const Dim& length, size_t count) {
  const Dim parts = static_cast<int64_t>(count);
  if (const auto exact = Dim::divide_exactly(length, parts)) return std::vector<Dim>(count, *exact);
  const Dim each = ceil_div(length, parts);
  std::vector<Dim> lengths(count, each);
  Dim left = length;
  for (size_t i = 0; i < count; ++i) {
    if (length.is_known())
      lengths[i] = min(each, left);
    else if (i + 1 == count)
      lengths[i] = left;
    left = left - lengths[i];
  }
  return lengths;
}

size_t part_count(const Node& node) {
  const int64_t count = optional_int(node, "num_outputs").value_or(static_cast<int64_t>(node.output_count()));
  ENSURE(count == static_cast<int64_t>(node.output_count()), ShapeError,
         "{}: num_outputs is {}, the node has {} outputs", node.describe(), count, node.output_count());
  return node.output_count();
}

std::vector<Dim> split_lengths(const InferContext& context, const Dim& length) {
  const size_t count = context.output_count();
  if (!context.has_input(1)) return equal_parts(length, part_count(context.node()));
  auto lengths = context.elements(1);
  if (!lengths) return std::vector<Dim>(count);
  if (lengths->size() != count) context.fail("{} lengths for {} outputs", lengths->size(), count);
  Dim sum = 0;
  for (const Dim& part : *lengths) {
    if (part.is_known() && part.value() < 0) context.fail("a part has the length {}", part.value());
    sum = sum + part;
  }
  if (sum.is_known() && length.is_known() && sum.value() != length.value())
    context.fail("the parts have {} entries together, the axis has {}", sum.value(), length.value());
  return *lengths;
}

// The elements of the parts, as far as the lengths are numbers.
void split_elements(InferContext& context, const std::vector<Dim>& elements,
                    const std::vector<Dim>& lengths) {
  size_t first = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const auto length = lengths[i].known();
    if (!length || first + static_cast<size_t>(*length) > elements.size()) return;
    const auto begin = elements.begin() + static_cast<std::ptrdiff_t>(first);
    context.set_elements(i, {begin, begin + static_cast<std::ptrdiff_t>(*length)});
    first += static_cast<size_t>(*length);
  }
}

void infer_split(InferContext& context) {
  const Shape& input = context.input_shape(0);
  if (!input.has_rank()) {
    for (size_t i = 0; i < context.output_count(); ++i)
      context.set_output(i, context.input_dtype(0), Shape::unranked());
    return;
  }
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), input.rank());
  const std::vector<Dim> lengths = split_lengths(context, input[axis]);
  for (size_t i = 0; i < context.output_count(); ++i) {
    Shape part = input;
    part[axis] = lengths[i];
    context.set_output(i, context.input_dtype(0), part);
  }
  if (const auto elements = context.elements(0); elements && input.rank() == 1)
    split_elements(context, *elements, lengths);
}

std::vector<int64_t> known_lengths(KernelContext& context, int64_t length) {
  std::vector<int64_t> lengths;
  if (context.has_input(1))
    lengths = context.input(1).to_int64();
  else
    for (const Dim& part : equal_parts(length, part_count(context.node()))) lengths.push_back(part.value());
  if (lengths.size() != context.output_count())
    context.fail("{} lengths for {} outputs", lengths.size(), context.output_count());
  int64_t left = length;
  for (const int64_t part : lengths) {
    if (part < 0 || part > left) context.fail("the parts do not have the {} entries of the axis", length);
    left -= part;
  }
  if (left != 0) context.fail("the parts leave {} of the {} entries of the axis", left, length);
  return lengths;
}

void split_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), input.rank());
  const Dims strides = row_major_strides(input.dims());
  int64_t offset = 0;
  const std::vector<int64_t> lengths = known_lengths(context, input.dims()[axis]);
  for (size_t i = 0; i < lengths.size(); offset += lengths[i++]) {
    if (!context.wants_output(i)) continue;
    Dims dims = input.dims();
    dims[axis] = lengths[i];
    Tensor& part = context.allocate(i, input.dtype(), dims);
    copy_box(context.threads(), input, part,
             {dims, strides, row_major_strides(dims), offset * strides[axis], 0});
  }
}

std::optional<AxisMove> split_axes(const Node& node, size_t index, const Permutation& p) {
  const auto axis = renumber_axes({int_attr(node, "axis")}, p);
  if (index != 0 || !axis) return std::nullopt;
  AxisMove move = move_first_input(node, p, p);
  move.attrs.set("axis", axis->front());
  return move;
}

}  // namespace

OpDefs concat_ops() {
  return {OpDef("Concat").infer(infer_concat).axes(axes_follow_axis).evaluate(concat_kernel).unpack(),
          OpDef("Split").infer(infer_split).axes(split_axes).evaluate(split_kernel).unpack()};
}

}  // namespace modelconv
