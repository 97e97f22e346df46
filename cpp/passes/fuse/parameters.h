// Constant parameters of nodes: axes, sizes, starts.
#pragma once

#include <optional>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

// The integers in input `index`, when it is constant.
std::optional<std::vector<int64_t>> constant_ints(const Node& node, size_t index);

// The same as axes of a tensor of `rank`, counted from the front and sorted.
std::optional<std::vector<int64_t>> constant_axes(const Node& node, size_t index, size_t rank);

// A Slice of one axis with constant bounds and step 1, of an axis of known size: [start, end).
struct AxisSlice {
  size_t axis;
  int64_t start, end;
};
std::optional<AxisSlice> axis_slice_of(const Node& node);

// A Slice node's inputs for one axis.
std::vector<std::vector<int64_t>> slice_parameters(int64_t start, int64_t end, size_t axis);

}  // namespace modelconv
