// Pad, CenterCropPad: rows added to or taken from the ends of axes.
#include <algorithm>
#include <numeric>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

std::vector<size_t> padded_axes(const std::optional<std::vector<int64_t>>& given, size_t rank) {
  std::vector<size_t> axes(rank);
  std::iota(axes.begin(), axes.end(), size_t{0});
  if (!given) return axes;
  axes.clear();
  for (const int64_t axis : *given) {
    axes.push_back(normalize_axis(axis, rank));
    ENSURE(std::count(axes.begin(), axes.end(), axes.back()) == 1, ShapeError, "axis {} is named twice",
           axis);
  }
  return axes;
}

// target[i] = source[i - first[axis]] along each axis where that exists; the rest of the target is left alone.
void copy_overlap(ThreadPool& threads, const Tensor& source, Tensor& target,
                  const std::vector<int64_t>& first) {
  if (source.size() == 0 || target.size() == 0) return;
  StridedBox box;
  box.source_strides = row_major_strides(source.dims());
  box.target_strides = row_major_strides(target.dims());
  for (size_t axis = 0; axis < first.size(); ++axis) {
    const int64_t from = std::max<int64_t>(0, -first[axis]), to = std::max<int64_t>(0, first[axis]);
    const int64_t count = std::min(source.dims()[axis] - from, target.dims()[axis] - to);
    if (count <= 0) return;
    box.dims.push_back(count);
    box.source_offset += from * box.source_strides[axis];
    box.target_offset += to * box.target_strides[axis];
  }
  copy_box(threads, source, target, std::move(box));
}

// --- Pad

void infer_pad(InferContext& context) {
  const Shape& input = context.input_shape(0);
  const auto axes = context.has_input(3) ? context.known_ints(3) : std::nullopt;
  if (!input.has_rank()) return context.set_output(0, context.input_dtype(0), Shape::unranked());
  if (context.has_input(3) && !axes)
    return context.set_output(0, context.input_dtype(0), Shape::of_rank(input.rank()));
  const std::vector<size_t> padded = padded_axes(axes, input.rank());
  const auto pads = context.elements(1);
  if (pads && pads->size() != 2 * padded.size())
    context.fail("{} pads for {} axes", pads->size(), padded.size());
  Shape output = input;
  for (size_t i = 0; i < padded.size(); ++i) {
    Dim& dim = output[padded[i]];
    dim = pads ? dim + (*pads)[i] + (*pads)[padded.size() + i] : Dim::unknown();
    if (dim.is_known() && dim.value() < 0)
      context.fail("axis {} would have the length {}", padded[i], dim.value());
  }
  context.set_output(0, context.input_dtype(0), output);
}

struct AxisPad {
  int64_t before = 0, after = 0;
};

// Where entry i of a padded axis comes from. Negative pads cut the axis first; the pattern then continues what is left.
std::vector<int64_t> source_indices(const std::string& mode, int64_t length, AxisPad pad) {
  const int64_t cut_before = std::max<int64_t>(0, -pad.before), cut_after = std::max<int64_t>(0, -pad.after);
  const int64_t kept = length - cut_before - cut_after, count = length + pad.before + pad.after;
  ENSURE(kept > 0 || count == 0, ShapeError, "nothing is left of an axis to continue in mode '{}'", mode);
  std::vector<int64_t> indices;
  indices.reserve(static_cast<size_t>(count));
  const int64_t first = -std::max<int64_t>(0, pad.before);
  for (int64_t i = first; i < first + count; ++i) {
    int64_t at = i;
    if (mode == "edge")
      at = std::clamp<int64_t>(i, 0, kept - 1);
    else if (mode == "wrap")
      at = ((i % kept) + kept) % kept;
    else {
      const int64_t period = std::max<int64_t>(1, 2 * (kept - 1)), folded = ((i % period) + period) % period;
      at = kept == 1 ? 0 : std::min(folded, period - folded);
    }
    indices.push_back(cut_before + at);
  }
  return indices;
}

void pad_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  const std::vector<int64_t> pads = context.input(1).to_int64();
  const auto given = context.has_input(3) ? std::optional(context.input(3).to_int64()) : std::nullopt;
  const std::vector<size_t> axes = padded_axes(given, input.rank());
  if (pads.size() != 2 * axes.size()) context.fail("{} pads for {} axes", pads.size(), axes.size());
  std::vector<AxisPad> by_axis(input.rank());
  Dims dims = input.dims();
  for (size_t i = 0; i < axes.size(); ++i) {
    const AxisPad pad{pads[i], pads[axes.size() + i]};
    int64_t& length = dims[axes[i]];
    if (__builtin_add_overflow(length, pad.before, &length) ||
        __builtin_add_overflow(length, pad.after, &length) || length < 0)
      context.fail("pads {} and {} do not fit axis {}", pad.before, pad.after, axes[i]);
    by_axis[axes[i]] = pad;
  }
  Tensor& output = context.allocate(0, input.dtype(), dims);
  const std::string mode = string_attr(context.node(), "mode");
  if (mode == "constant") {
    if (context.has_input(2) && context.input(2).size() != 1)
      context.fail("the constant is not a single element");
    if (context.has_input(2))
      fill_with(output, context.input(2));
    else
      fill_with_zero(output);
    std::vector<int64_t> first;
    for (const AxisPad& pad : by_axis) first.push_back(pad.before);
    return copy_overlap(context.threads(), input, output, first);
  }
  if (mode != "reflect" && mode != "edge" && mode != "wrap") context.fail("unknown mode '{}'", mode);
  if (output.size() == 0) return;
  std::vector<std::vector<int64_t>> maps;
  for (size_t axis = 0; axis < input.rank(); ++axis)
    maps.push_back(source_indices(mode, input.dims()[axis], by_axis[axis]));
  copy_mapped(context.threads(), input, maps, output);
}

std::optional<AxisMove> pad_axes(const Node& node, size_t index, const Permutation& p) {
  if (index != 0) return std::nullopt;
  AxisMove move = move_first_input(node, p, p);
  if (node.input(3)) {
    const Tensor* axes = constant_input(node, 3);
    const auto renumbered = axes ? renumber_axes(axes->to_int64(), p) : std::nullopt;
    if (!renumbered) return std::nullopt;
    move.replaced_inputs.emplace_back(3, integers_like(*axes, *renumbered));
    return move;
  }
  const Tensor* pads = constant_input(node, 1);
  if (!pads || static_cast<size_t>(pads->size()) != 2 * p.size()) return std::nullopt;
  const std::vector<int64_t> old = pads->to_int64();
  std::vector<int64_t> moved;
  for (const size_t half : {size_t{0}, p.size()})
    for (const size_t axis : p) moved.push_back(old[half + axis]);
  move.replaced_inputs.emplace_back(1, Tensor::vector(moved));
  return move;
}

// --- CenterCropPad

void infer_center_crop_pad(InferContext& context) {
  const Shape& input = context.input_shape(0);
  if (!input.has_rank()) return context.set_output(0, context.input_dtype(0), Shape::unranked());
  const std::vector<size_t> axes = padded_axes(optional_ints(context.node(), "axes"), input.rank());
  const auto lengths = context.elements(1);
  if (lengths && lengths->size() != axes.size())
    context.fail("{} lengths for {} axes", lengths->size(), axes.size());
  Shape output = input;
  for (size_t i = 0; i < axes.size(); ++i) output[axes[i]] = lengths ? (*lengths)[i] : Dim::unknown();
  context.set_output(0, context.input_dtype(0), output);
}

void center_crop_pad_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  const std::vector<size_t> axes = padded_axes(optional_ints(context.node(), "axes"), input.rank());
  const std::vector<int64_t> lengths = context.input(1).to_int64();
  if (lengths.size() != axes.size()) context.fail("{} lengths for {} axes", lengths.size(), axes.size());
  Dims dims = input.dims();
  std::vector<int64_t> first(input.rank(), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    if (lengths[i] < 0) context.fail("axis {} would have the length {}", axes[i], lengths[i]);
    // Halves are rounded down, when cropping as when padding.
    const int64_t difference = lengths[i] - dims[axes[i]];
    first[axes[i]] = difference < 0 ? -(-difference / 2) : difference / 2;
    dims[axes[i]] = lengths[i];
  }
  Tensor& output = context.allocate(0, input.dtype(), dims);
  fill_with_zero(output);
  copy_overlap(context.threads(), input, output, first);
}

std::optional<AxisMove> center_crop_pad_axes(const Node& node, size_t index, const Permutation& p) {
  if (index != 0) return std::nullopt;
  std::vector<int64_t> all(p.size());
  std::iota(all.begin(), all.end(), int64_t{0});
  const auto axes = renumber_axes(optional_ints(node, "axes").value_or(all), p);
  if (!axes) return std::nullopt;
  AxisMove move = move_first_input(node, p, p);
  move.attrs.set("axes", *axes);
  return move;
}

}  // namespace

OpDefs pad_ops() {
  return {OpDef("CenterCropPad")
              .infer(infer_center_crop_pad)
              .axes(center_crop_pad_axes)
              .evaluate(center_crop_pad_kernel)
              .unpack(),
          OpDef("Pad").infer(infer_pad).axes(pad_axes).evaluate(pad_kernel).unpack()};
}

}  // namespace modelconv
