// Which elements of a tensor fall together when axes are reduced.
#pragma once

#include <vector>

#include "ops/axes.h"
#include "ops/infer.h"
#include "ops/kernel.h"

namespace modelconv {

// The tensor seen as kept and reduced groups of axes; neighbours of the same kind are one group.
// Output element o = outer * inner + i (i < inner) is made of the input elements
//   kept_offset(outer) + i + reduced_offsets[r] + j * step     for every r and 0 <= j < length.
struct ReducePlan {
  int64_t outputs = 1, inner = 1;  // outputs counts all of them, inner included
  int64_t length = 1, step = 1;    // of the last reduced group
  std::vector<int64_t> reduced_offsets;
  std::vector<int64_t> kept_sizes, kept_strides;  // of the groups that count `outer`
  Dims output;                                    // with or without the reduced axes

  int64_t outer() const { return inner == 0 ? 0 : outputs / inner; }
  int64_t kept_offset(int64_t outer) const;
  int64_t reduced_count() const { return static_cast<int64_t>(reduced_offsets.size()) * length; }
};

ReducePlan plan_reduction(const Dims& dims, const std::vector<bool>& reduced, bool keep_dims);

// Per axis whether it is reduced. ShapeError for an axis outside the rank; one that is named twice counts once.
std::vector<bool> mark_axes(const std::vector<int64_t>& axes, size_t rank);

Shape reduced_shape(const Shape& shape, const std::vector<bool>& reduced, bool keep_dims);

// An operator that reduces `reduced` axes of input 0, moved: attributes and further inputs are left to the caller.
AxisMove move_reduction(const Node& node, const Permutation& p, const std::vector<bool>& reduced,
                        bool keep_dims);

}  // namespace modelconv
