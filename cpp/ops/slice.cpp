// Slice.
#include <algorithm>
#include <limits>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

// Entries begin, begin + step, ... along one axis.
struct Range {
  int64_t begin, count, step;
};

Range clamp_range(int64_t start, int64_t end, int64_t step, int64_t length) {
  ENSURE(step != 0, ShapeError, "a slice has the step 0");
  step = std::max(step, -std::numeric_limits<int64_t>::max());  // so that it can be negated
  const int64_t lowest = step > 0 ? 0 : -1, highest = step > 0 ? length : length - 1;
  const auto clamp = [&](int64_t bound) {
    return std::clamp(bound < 0 ? bound + length : bound, lowest, std::max(lowest, highest));
  };
  const int64_t first =
      step > 0 ? clamp(start) : std::clamp<int64_t>(start < 0 ? start + length : start, -1, length - 1);
  const int64_t last = clamp(end);
  const int64_t span = step > 0 ? last - first : first - last, stride = step > 0 ? step : -step;
  const int64_t count = span <= 0 ? 0 : (span - 1) / stride + 1;
  return {count == 0 ? 0 : first, count, step};
}

// What exporters write for "to the end"; a symbolic length is taken to be smaller.
constexpr int64_t kBeyondAnyLength = std::numeric_limits<int32_t>::max();

// A bound counted from the front and clamped to [lowest, highest]; unknown when its sign is not known.
Dim clamp_bound(const Dim& bound, const Dim& length, int64_t lowest, const Dim& highest) {
  if (bound == length) return min(bound, highest);
  if (bound.is_known() && bound.value() >= kBeyondAnyLength) return highest;
  if (bound.is_known() && bound.value() <= -kBeyondAnyLength) return lowest;
  Dim from_front = bound;
  if (bound.is_known() && bound.value() < 0)
    from_front = bound + length;
  else if (bound.lower_bound().value_or(-1) < 0)
    return Dim::unknown();
  return max(min(from_front, highest), lowest);
}

Dim sliced_length(const Dim& start, const Dim& end, const Dim& step, const Dim& length) {
  if (start.is_known() && end.is_known() && step.is_known() && length.is_known())
    return clamp_range(start.value(), end.value(), step.value(), length.value()).count;
  if (!step.is_known() || step.equals(std::numeric_limits<int64_t>::min())) return Dim::unknown();
  const int64_t stride = step.value();
  ENSURE(stride != 0, ShapeError, "a slice has the step 0");
  if (stride > 0) {
    const Dim first = clamp_bound(start, length, 0, length), last = clamp_bound(end, length, 0, length);
    return max(ceil_div(last - first, stride), 0);
  }
  const Dim highest = length - 1;
  const Dim first = clamp_bound(start, length, -1, highest), last = clamp_bound(end, length, -1, highest);
  return max(ceil_div(first - last, -stride), 0);
}

// The axes that starts, ends and steps speak of; all of them in order when the input is left out.
std::vector<size_t> sliced_axes(const std::vector<int64_t>& given, size_t rank) {
  std::vector<size_t> axes;
  for (const int64_t axis : given) {
    axes.push_back(normalize_axis(axis, rank));
    ENSURE(std::count(axes.begin(), axes.end(), axes.back()) == 1, ShapeError, "axis {} is sliced twice",
           axis);
  }
  return axes;
}

std::vector<int64_t> first_axes(size_t count) {
  std::vector<int64_t> axes(count);
  for (size_t i = 0; i < count; ++i) axes[i] = static_cast<int64_t>(i);
  return axes;
}

// How many axes are sliced, from whichever parameter has a known length.
std::optional<size_t> sliced_count(const InferContext& context) {
  for (size_t i = 1; i <= 4; ++i) {
    const Shape& shape = context.input_shape(i);
    if (context.has_input(i) && shape.has_rank() && shape.rank() == 1 && shape[0].is_known() &&
        shape[0].value() >= 0 && shape[0].value() <= 64)
      return static_cast<size_t>(shape[0].value());
  }
  return std::nullopt;
}

std::vector<Dim> parameter(const InferContext& context, size_t index, size_t count, const Dim& missing) {
  if (!context.has_input(index)) return std::vector<Dim>(count, missing);
  auto elements = context.elements(index);
  if (!elements) return std::vector<Dim>(count);
  if (elements->size() != count)
    context.fail("input {} has {} entries, others have {}", index, elements->size(), count);
  return *elements;
}

void slice_elements(InferContext& context, const Dim& start, const Dim& end, const Dim& step) {
  const auto elements = context.elements(0);
  if (!elements || !start.is_known() || !end.is_known() || !step.is_known()) return;
  const Range range =
      clamp_range(start.value(), end.value(), step.value(), static_cast<int64_t>(elements->size()));
  std::vector<Dim> taken;
  for (int64_t i = 0; i < range.count; ++i)
    taken.push_back((*elements)[static_cast<size_t>(range.begin + i * range.step)]);
  context.set_elements(0, taken);
}

void infer_slice(InferContext& context) {
  const Shape& input = context.input_shape(0);
  const DType dtype = context.input_dtype(0);
  if (!input.has_rank()) return context.set_output(0, dtype, Shape::unranked());
  const auto count = sliced_count(context);
  const auto given = context.has_input(3) ? context.known_ints(3)
                     : count              ? std::optional(first_axes(*count))
                                          : std::nullopt;
  if (!count || !given) return context.set_output(0, dtype, Shape::of_rank(input.rank()));
  if (given->size() != *count) context.fail("{} axes for {} starts", given->size(), *count);
  const auto starts = parameter(context, 1, *count, Dim::unknown()),
             ends = parameter(context, 2, *count, Dim::unknown());
  const auto steps = parameter(context, 4, *count, 1);
  const std::vector<size_t> axes = sliced_axes(*given, input.rank());
  Shape output = input;
  for (size_t i = 0; i < axes.size(); ++i)
    output[axes[i]] = sliced_length(starts[i], ends[i], steps[i], input[axes[i]]);
  context.set_output(0, dtype, output);
  if (input.rank() == 1 && axes.size() == 1) slice_elements(context, starts[0], ends[0], steps[0]);
}

void slice_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  const std::vector<int64_t> starts = context.input(1).to_int64(), ends = context.input(2).to_int64();
  const auto axes = sliced_axes(
      context.has_input(3) ? context.input(3).to_int64() : first_axes(starts.size()), input.rank());
  const auto steps =
      context.has_input(4) ? context.input(4).to_int64() : std::vector<int64_t>(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    context.fail("starts, ends, axes and steps differ in length");
  Dims dims = input.dims();
  std::vector<Range> ranges;
  bool forward = true;
  for (size_t i = 0; i < axes.size(); ++i) {
    ranges.push_back(clamp_range(starts[i], ends[i], steps[i], input.dims()[axes[i]]));
    dims[axes[i]] = ranges[i].count;
    forward = forward && steps[i] > 0;
  }
  if (dims == input.dims() && forward) return context.set_output(0, input);
  if (element_count(dims) == 0) return context.set_output(0, Tensor::allocate(input.dtype(), dims));
  Dims strides = row_major_strides(input.dims());
  int64_t offset = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    offset += ranges[i].begin * strides[axes[i]];
    strides[axes[i]] = ranges[i].count > 1 ? strides[axes[i]] * ranges[i].step : 0;
  }
  Tensor& output = context.allocate(0, input.dtype(), dims);
  copy_box(context.threads(), input, output, {dims, std::move(strides), row_major_strides(dims), offset, 0});
}

// With axes given, they are renumbered; without, the other parameters are lengthened to all axes and permuted.
std::optional<AxisMove> slice_axes(const Node& node, size_t index, const Permutation& p) {
  if (index != 0) return std::nullopt;
  AxisMove move = move_first_input(node, p, p);
  if (node.input(3)) {
    const Tensor* axes = constant_input(node, 3);
    const auto renumbered = axes ? renumber_axes(axes->to_int64(), p) : std::nullopt;
    if (!renumbered) return std::nullopt;
    move.replaced_inputs.emplace_back(3, integers_like(*axes, *renumbered));
    return move;
  }
  const std::vector<int64_t> whole{0, kBeyondAnyLength, 0, 1};  // by input index - 1; axes are left out
  for (size_t i = 1; i <= 4; ++i) {
    if (!node.input(i)) continue;
    const Tensor* parameter = constant_input(node, i);
    if (!parameter || static_cast<size_t>(parameter->size()) > p.size()) return std::nullopt;
    std::vector<int64_t> values = parameter->to_int64();
    values.resize(p.size(), whole[i - 1]);
    move.replaced_inputs.emplace_back(i, integers_like(*parameter, permute_values(values, p)));
  }
  return move;
}

}  // namespace

OpDefs slice_ops() {
  return {OpDef("Slice").infer(infer_slice).axes(slice_axes).evaluate(slice_kernel).unpack()};
}

}  // namespace modelconv
