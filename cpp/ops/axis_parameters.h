// What axis rules of operators with parameters (axes, pads, starts, ...) share.
#pragma once

#include <vector>

#include "ops/axes.h"

namespace modelconv {

// Null unless the input is there and constant.
const Tensor* constant_input(const Node& node, size_t index);

// Input 0 moves by p, every output by `out`; all attributes are kept.
AxisMove move_first_input(const Node& node, const Permutation& p, const Permutation& out);

// Numbers of the same axes after Transpose(x, p): axis a of x is axis inverse(p)[a] of the result. Negative numbers count
// from the back; nothing when one is out of range.
std::optional<std::vector<int64_t>> renumber_axes(const std::vector<int64_t>& axes, const Permutation& p);

// Integers with the dtype and rank of the constant that they replace.
Tensor integers_like(const Tensor& old, const std::vector<int64_t>& values);

// result[i] = values[p[i]]
template <class T>
std::vector<T> permute_values(const std::vector<T>& values, const Permutation& p) {
  std::vector<T> result;
  for (const size_t axis : p) result.push_back(values[axis]);
  return result;
}

}  // namespace modelconv
