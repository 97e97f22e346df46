#include "ops/window.h"

#include <algorithm>

#include "ops/attributes.h"

namespace modelconv {
namespace {

// Larger kernels, strides and pads than this are damage, and products of two stay within 64 bits.
constexpr int64_t kLargest = int64_t{1} << 31;

std::vector<int64_t> read_ints(const Node& node, const char* name, size_t count, int64_t fallback,
                               int64_t least) {
  std::vector<int64_t> values = optional_ints(node, name).value_or(std::vector<int64_t>());
  if (values.empty()) return std::vector<int64_t>(count, fallback);
  ENSURE(values.size() == count, ShapeError, "{}: attribute {} has {} numbers, but {} are needed",
         node.describe(), name, values.size(), count);
  for (int64_t value : values)
    ENSURE(value >= least && value <= kLargest, ShapeError, "{}: attribute {} contains {}", node.describe(),
           name, value);
  return values;
}

Window::AutoPad read_auto_pad(const Node& node) {
  const std::string mode = optional_string(node, "auto_pad").value_or("NOTSET");
  if (mode == "NOTSET" || mode.empty()) return Window::AutoPad::explicit_pads;
  if (mode == "SAME_UPPER") return Window::AutoPad::same_upper;
  if (mode == "SAME_LOWER") return Window::AutoPad::same_lower;
  ENSURE(mode == "VALID", ShapeError, "{}: unknown auto_pad '{}'", node.describe(), mode);
  return Window::AutoPad::valid;
}

void read_kernel(const Node& node, size_t rank, const std::optional<Dims>& weights, Window& window) {
  const bool given = !optional_ints(node, "kernel_shape").value_or(std::vector<int64_t>()).empty();
  ENSURE(given || weights, ShapeError, "{}: neither kernel_shape nor the weights' shape is known",
         node.describe());
  window.kernel = given ? read_ints(node, "kernel_shape", rank, 1, 1) : *weights;
  ENSURE(window.kernel.size() == rank, ShapeError, "{}: the weights have {} spatial axes, the input {}",
         node.describe(), window.kernel.size(), rank);
  for (size_t i = 0; i < rank; ++i) {
    ENSURE(window.kernel[i] >= 1 && window.kernel[i] <= kLargest, ShapeError, "{}: a kernel of size {}",
           node.describe(), window.kernel[i]);
    ENSURE(!weights || (*weights)[i] == window.kernel[i], ShapeError, "{}: kernel_shape {} but weights of {}",
           node.describe(), to_string(window.kernel), to_string(*weights));
  }
}

}  // namespace

Window read_window(const Node& node, size_t rank, const std::optional<Dims>& weights) {
  Window window;
  window.has_weights = weights.has_value();
  if (weights)
    ENSURE(weights->size() == rank, ShapeError, "{}: the weights have {} spatial axes, the input {}",
           node.describe(), weights->size(), rank);
  read_kernel(node, rank, weights, window);
  window.strides = read_ints(node, "strides", rank, 1, 1);
  window.dilations = read_ints(node, "dilations", rank, 1, 1);
  window.auto_pad = read_auto_pad(node);
  window.pads_begin = window.pads_end = std::vector<int64_t>(rank, 0);
  if (window.auto_pad == Window::AutoPad::explicit_pads) {
    const std::vector<int64_t> pads = read_ints(node, "pads", 2 * rank, 0, -kLargest);
    std::copy_n(pads.begin(), rank, window.pads_begin.begin());
    std::copy_n(pads.begin() + static_cast<std::ptrdiff_t>(rank), rank, window.pads_end.begin());
  }
  window.ceil_mode = optional_int(node, "ceil_mode").value_or(0) != 0;
  return window;
}

Dim window_positions(const Node& node, const Window& window, size_t axis, const Dim& size) {
  if (size.is_unknown()) return Dim::unknown();
  const Dim stride = window.strides[axis];
  if (window.auto_pad == Window::AutoPad::same_upper || window.auto_pad == Window::AutoPad::same_lower)
    return ceil_div(size, stride);
  const int64_t extent = window.extent(axis), begin = window.pads_begin[axis], end = window.pads_end[axis];
  const Dim room = size + Dim(begin + end - extent);
  // Rounding up, a window that is cut off by less than a stride still counts. Rounding down, the first one of a pool still
  // does: ONNX Runtime and onnx's shape inference divide towards zero.
  const int64_t least = window.ceil_mode || !window.has_weights ? 1 - window.strides[axis] : 0;
  ENSURE(!room.is_known() || room.value() >= least, ShapeError,
         "{}: the window covers {} elements along spatial axis {}, but input and pads have only {}",
         node.describe(), extent, axis, (room + Dim(extent)).str());
  if (!window.ceil_mode)
    return (room.is_known() ? Dim(room.value() / window.strides[axis]) : floor_div(room, stride)) + Dim(1);
  // The last window must start inside the input or the padding in front; ONNX drops at most one that does not.
  const Dim rounded_up = ceil_div(room, stride) + Dim(1),
            started_inside = floor_div(size + Dim(begin - 1), stride) + Dim(1);
  if (!rounded_up.is_known()) return end <= extent ? min(rounded_up, started_inside) : Dim::unknown();
  return started_inside.value() < rounded_up.value() ? rounded_up - Dim(1) : rounded_up;
}

Pads split_padding(Window::AutoPad mode, int64_t total) {
  const int64_t smaller = total / 2;
  return mode == Window::AutoPad::same_lower ? Pads{total - smaller, smaller}
                                             : Pads{smaller, total - smaller};
}

PlacedWindow place_window(const Node& node, const Window& window, const Dims& sizes) {
  ENSURE(window.rank() <= 3, ShapeError, "{}: no kernel for {} spatial axes (at most 3)", node.describe(),
         window.rank());
  PlacedWindow placed;
  for (size_t i = 0; i < window.rank(); ++i) {
    const size_t to = 3 - window.rank() + i;
    placed.input[to] = sizes[i];
    placed.output[to] = window_positions(node, window, i, Dim(sizes[i])).value();
    placed.kernel[to] = window.kernel[i];
    placed.strides[to] = window.strides[i];
    placed.dilations[to] = window.dilations[i];
    Pads pads{window.pads_begin[i], window.pads_end[i]};
    if (window.auto_pad == Window::AutoPad::same_upper || window.auto_pad == Window::AutoPad::same_lower)
      pads = split_padding(window.auto_pad, std::max<int64_t>(0, (placed.output[to] - 1) * window.strides[i] +
                                                                     window.extent(i) - sizes[i]));
    placed.pads_begin[to] = pads.begin;
    placed.pads_end[to] = pads.end;
  }
  return placed;
}

}  // namespace modelconv
