// Sliding windows of convolutions and pools: their attributes, the size of what they give, and where they stand.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

struct Window {
  enum class AutoPad : uint8_t { explicit_pads, same_upper, same_lower, valid };
  std::vector<int64_t> kernel, strides, dilations, pads_begin, pads_end;  // per spatial axis
  AutoPad auto_pad = AutoPad::explicit_pads;
  bool ceil_mode = false;
  bool has_weights = false;  // a convolution's

  size_t rank() const { return kernel.size(); }
  int64_t extent(size_t axis) const { return (kernel[axis] - 1) * dilations[axis] + 1; }  // with dilation
};

// From attributes kernel_shape, strides, dilations, pads, auto_pad, ceil_mode. `weights` gives the kernel's size when
// the attribute is absent, and is checked against it when both are there. ShapeError for sizes that make no sense.
Window read_window(const Node& node, size_t rank, const std::optional<Dims>& weights = std::nullopt);

// How many places the window has along an axis of this size. ShapeError when it does not fit at all.
Dim window_positions(const Node& node, const Window& window, size_t axis, const Dim& size);

// The window on concrete sizes. Always three axes: missing ones stand in front with size 1, so that a loop over three
// serves all ranks.
struct PlacedWindow {
  using Triple = std::array<int64_t, 3>;
  Triple input{1, 1, 1}, output{1, 1, 1}, kernel{1, 1, 1}, strides{1, 1, 1}, dilations{1, 1, 1},
      pads_begin{0, 0, 0}, pads_end{0, 0, 0};

  int64_t input_size() const { return input[0] * input[1] * input[2]; }
  int64_t output_size() const { return output[0] * output[1] * output[2]; }
  int64_t kernel_size() const { return kernel[0] * kernel[1] * kernel[2]; }
};

// `sizes` are the spatial sizes, one per axis of the window. ShapeError for more than three axes.
PlacedWindow place_window(const Node& node, const Window& window, const Dims& sizes);

// Pads of both ends when the sum of both is given by auto_pad; the odd one goes to the end for same_upper.
struct Pads {
  int64_t begin, end;
};
Pads split_padding(Window::AutoPad mode, int64_t total);

// The part of [0, positions) whose element `tap` of the window lies inside [0, size).
struct Positions {
  int64_t begin, end;
};
inline Positions positions_inside(int64_t positions, int64_t size, int64_t stride, int64_t pad, int64_t tap) {
  // 0 <= position * stride - pad + tap < size
  const int64_t first = pad - tap, last = size - 1 + pad - tap;
  const int64_t begin = first <= 0 ? 0 : (first + stride - 1) / stride;
  const int64_t end = last < 0 ? 0 : last / stride + 1;
  return {begin < positions ? begin : positions, end < positions ? end : positions};
}

}  // namespace modelconv
