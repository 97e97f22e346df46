#include "formats/tensorflow/lower/windows.h"

#include <algorithm>

namespace modelconv::tensorflow {
namespace {

bool all_zero(const std::vector<int64_t>& values) {
  return std::all_of(values.begin(), values.end(), [](int64_t value) { return value == 0; });
}

// What SAME adds to an axis of this size.
Pads same_pads(const Window& window, size_t axis, int64_t size) {
  const int64_t stride = window.strides[axis], positions = (size + stride - 1) / stride;
  const int64_t total = std::max<int64_t>(0, (positions - 1) * stride + window.extent(axis) - size);
  return split_padding(window.auto_pad, total);
}

}  // namespace

std::vector<int64_t> Border::explicit_paddings() const {
  std::vector<int64_t> all = {0, 0};
  for (size_t i = 0; i < pads_begin.size(); ++i) {
    all.push_back(pads_begin[i]);
    all.push_back(pads_end[i]);
  }
  all.insert(all.end(), {0, 0});
  return all;
}

Border border_of(const Translation& t, const Window& window, const Value& x) {
  if (window.auto_pad == Window::AutoPad::same_upper) return {"SAME", {}, {}};
  Border border{"EXPLICIT", window.pads_begin, window.pads_end};
  bool is_same = !window.ceil_mode;
  for (size_t i = 0; i < window.rank(); ++i) {
    const Dim size = x.shape().has_rank() ? x.shape()[i + 1] : Dim();
    if (window.auto_pad == Window::AutoPad::same_lower) {
      if (!size.is_known()) t.refuse("auto_pad is SAME_LOWER, and the size of the image is not known");
      const Pads pads = same_pads(window, i, size.value());
      border.pads_begin[i] = pads.begin;
      border.pads_end[i] = pads.end;
    } else if (window.ceil_mode && window.strides[i] > 1) {
      const Dim positions = window_positions(t.node(), window, i, size);
      // Without a size: a stride less one rounds up.
      const Dim needed = positions.is_known() && size.is_known()
                             ? (positions - Dim(1)) * Dim(window.strides[i]) + Dim(window.extent(i)) - size -
                                   Dim(border.pads_begin[i])
                             : Dim(border.pads_end[i] + window.strides[i] - 1);
      border.pads_end[i] = std::max(border.pads_end[i], needed.value());
    } else if (size.is_known()) {  // a pool's only window may be cut off
      border.pads_end[i] =
          std::max(border.pads_end[i], window.extent(i) - size.value() - border.pads_begin[i]);
    }
    const int64_t begin = border.pads_begin[i], total = begin + border.pads_end[i];
    if (begin < 0 || border.pads_end[i] < 0) t.refuse("its pads are negative");
    is_same = is_same && window.strides[i] == 1 && total == window.extent(i) - 1 && begin == total / 2;
  }
  if (all_zero(border.pads_begin) && all_zero(border.pads_end)) return {"VALID", {}, {}};
  return is_same ? Border{"SAME", {}, {}} : border;
}

std::vector<int64_t> per_axis(const std::vector<int64_t>& spatial) {
  std::vector<int64_t> all = {1};
  all.insert(all.end(), spatial.begin(), spatial.end());
  all.push_back(1);
  return all;
}

Term pad_image(const Term& x, const Border& border, double value) {
  if (border.padding != "EXPLICIT") return x;
  std::vector<int64_t> pads = {0};
  pads.insert(pads.end(), border.pads_begin.begin(), border.pads_begin.end());
  pads.insert(pads.end(), {0, 0});
  pads.insert(pads.end(), border.pads_end.begin(), border.pads_end.end());
  pads.push_back(0);
  Translation& t = x.translation();
  return compute("Pad", {x, numbers(t, pads), number(t, x.dtype(), value)});
}

Term as_plane(const Term& x) { return unsqueeze(x, {1}); }
Term as_line(const Term& x) { return squeeze(x, {1}); }

Window as_plane(const Window& window) {
  Window plane = window;
  plane.kernel.insert(plane.kernel.begin(), 1);
  plane.strides.insert(plane.strides.begin(), 1);
  plane.dilations.insert(plane.dilations.begin(), 1);
  plane.pads_begin.insert(plane.pads_begin.begin(), 0);
  plane.pads_end.insert(plane.pads_end.begin(), 0);
  return plane;
}

size_t spatial_rank(const Translation& t) {
  const size_t rank = t.rank(0);
  if (rank < 3 || rank > 5) t.refuse("its image has {} axes", rank);
  return rank - 2;
}

std::vector<Term> window_taps(const Term& padded, const Window& window,
                              const std::vector<int64_t>& positions) {
  Translation& t = padded.translation();
  const size_t rank = window.rank();
  std::vector<int64_t> axes, tap(rank, 0);
  for (size_t i = 0; i < rank; ++i) axes.push_back(static_cast<int64_t>(i) + 1);
  std::vector<Term> taps;
  for (size_t i = 0; i < rank;) {
    std::vector<int64_t> starts(rank), ends(rank);
    for (size_t axis = 0; axis < rank; ++axis) {
      starts[axis] = tap[axis] * window.dilations[axis];
      ends[axis] = starts[axis] + (positions[axis] - 1) * window.strides[axis] + 1;
    }
    taps.push_back(compute("Slice", {padded, numbers(t, starts), numbers(t, ends), numbers(t, axes),
                                     numbers(t, window.strides)}));
    for (i = 0; i < rank && ++tap[i] == window.kernel[i]; ++i) tap[i] = 0;
  }
  return taps;
}

}  // namespace modelconv::tensorflow
