#include "formats/tflite/lower/padding.h"

#include <algorithm>

#include "formats/tflite/lower/emit.h"

namespace modelconv::tflite {
namespace {

// What SAME pads along an axis of known size. Source: tensorflow/lite/kernels/padding.h.
Pads same_pads(int64_t size, int64_t stride, int64_t extent) {
  const int64_t positions = (size + stride - 1) / stride;
  const int64_t total = std::max<int64_t>(0, (positions - 1) * stride + extent - size);
  return {total / 2, total - total / 2};
}

// Explicit pads along one axis, and whether SAME means the same.
struct AxisPlan {
  Pads pads;
  bool is_same;
};

AxisPlan plan_axis(Translation& t, const Value& x, const Window& window, size_t axis) {
  const Dim& size = x.shape()[axis + 1];
  const int64_t stride = window.strides[axis], extent = window.extent(axis);
  using AutoPad = Window::AutoPad;
  const bool automatic = window.auto_pad == AutoPad::same_upper || window.auto_pad == AutoPad::same_lower;
  if (automatic && size.is_known()) {
    const Pads same = same_pads(size.value(), stride, extent);
    const int64_t total = same.begin + same.end;
    return {split_padding(window.auto_pad, total), window.auto_pad == AutoPad::same_upper || total % 2 == 0};
  }
  if (automatic) {
    const bool even = stride == 1 && extent % 2 == 1;
    if (window.auto_pad == AutoPad::same_lower && !even)
      t.refuse("auto_pad SAME_LOWER needs a known size along axis {}", axis + 1);
    return {{0, 0}, true};
  }
  Pads pads{0, 0};
  if (window.auto_pad == AutoPad::explicit_pads) pads = {window.pads_begin[axis], window.pads_end[axis]};
  if (window.ceil_mode) {
    const Dim positions = window_positions(t.node(), window, axis, size);
    if (!positions.is_known()) t.refuse("ceil_mode needs a known size along axis {}", axis + 1);
    pads.end = (positions.value() - 1) * stride + extent - size.value() - pads.begin;
  }
  if (size.is_known())  // a pool's only window may be cut off
    pads.end = std::max(pads.end, extent - size.value() - pads.begin);
  if (!size.is_known()) {  // with stride 1, SAME pads alike whatever the size
    const Pads same = same_pads(extent, 1, extent);
    return {pads, stride == 1 && pads.begin == same.begin && pads.end == same.end};
  }
  // Less than the pads that were asked for, where the last window does not reach them.
  const int64_t positions = (size.value() + pads.begin + pads.end - extent) / stride + 1;
  const Pads same = same_pads(size.value(), stride, extent);
  return {pads, positions == (size.value() + stride - 1) / stride && pads.begin == same.begin};
}

}  // namespace

bool PaddingPlan::has_pads() const {
  const auto any = [](const std::vector<int64_t>& pads) {
    return std::any_of(pads.begin(), pads.end(), [](int64_t pad) { return pad != 0; });
  };
  return any(begin) || any(end);
}

PaddingPlan plan_padding(Translation& t, const Value& x, const Window& window) {
  PaddingPlan plan;
  bool all_same = true;
  for (size_t axis = 0; axis < window.rank(); ++axis) {
    const AxisPlan each = plan_axis(t, x, window, axis);
    plan.begin.push_back(each.pads.begin);
    plan.end.push_back(each.pads.end);
    all_same = all_same && each.is_same;
  }
  const bool sizes_tell =
      window.auto_pad == Window::AutoPad::same_upper || window.auto_pad == Window::AutoPad::same_lower;
  plan.same = all_same && (plan.has_pads() || sizes_tell);
  if (plan.same) plan.begin.assign(window.rank(), 0), plan.end.assign(window.rank(), 0);
  return plan;
}

Value& pad_image(Translation& t, Value& x, const PaddingPlan& plan, double value) {
  if (!plan.has_pads()) return x;
  std::vector<int64_t> pads(2 * x.shape().rank(), 0);
  for (size_t axis = 0; axis < plan.begin.size(); ++axis) {
    pads[axis + 1] = plan.begin[axis];
    pads[x.shape().rank() + axis + 1] = plan.end[axis];
  }
  std::vector<Value*> inputs{&x, &t.ints(pads)};
  if (value != 0) inputs.push_back(&t.scalar_like(x, value));
  return t.add("Pad", std::move(inputs));
}

}  // namespace modelconv::tflite
