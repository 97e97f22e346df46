#include "passes/fuse/parameters.h"

#include <algorithm>

namespace modelconv {

std::optional<std::vector<int64_t>> constant_ints(const Node& node, size_t index) {
  const Value* value = node.input(index);
  if (!value || !value->is_constant()) return std::nullopt;
  return value->constant().to_int64();
}

std::optional<std::vector<int64_t>> constant_axes(const Node& node, size_t index, size_t rank) {
  auto axes = constant_ints(node, index);
  if (!axes) return std::nullopt;
  for (int64_t& axis : *axes) axis = static_cast<int64_t>(normalize_axis(axis, rank));
  std::sort(axes->begin(), axes->end());
  return axes;
}

std::optional<AxisSlice> axis_slice_of(const Node& node) {
  if (node.op() != OpName("Slice")) return std::nullopt;
  const Shape& shape = node.input(0)->shape();
  const auto starts = constant_ints(node, 1), ends = constant_ints(node, 2);
  if (!shape.has_rank() || !starts || !ends || starts->size() != 1 || ends->size() != 1) return std::nullopt;
  size_t axis = 0;
  if (node.input(3)) {
    const auto axes = constant_axes(node, 3, shape.rank());
    if (!axes || axes->size() != 1) return std::nullopt;
    axis = static_cast<size_t>((*axes)[0]);
  }
  if (node.input(4)) {
    const auto steps = constant_ints(node, 4);
    if (!steps || steps->size() != 1 || (*steps)[0] != 1) return std::nullopt;
  }
  if (axis >= shape.rank()) return std::nullopt;
  const auto size = shape[axis].known();
  if (!size) return std::nullopt;
  const auto placed = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + *size : at, 0, *size); };
  const int64_t start = placed((*starts)[0]), end = placed((*ends)[0]);
  return start < end ? std::optional(AxisSlice{axis, start, end}) : std::nullopt;
}

std::vector<std::vector<int64_t>> slice_parameters(int64_t start, int64_t end, size_t axis) {
  return {{start}, {end}, {static_cast<int64_t>(axis)}};
}

}  // namespace modelconv
