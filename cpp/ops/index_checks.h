// Indices that come from data: checked before they are used.
#pragma once

#include <vector>

#include "ops/kernel.h"

namespace modelconv {

// The elements of an int32 or int64 tensor, negative ones counted from the end of an axis of this length.
// ShapeError through the context for one outside [-length, length).
inline std::vector<int64_t> read_indices(const KernelContext& context, const Tensor& indices,
                                         int64_t length) {
  std::vector<int64_t> result = indices.to_int64();
  for (int64_t& index : result) {
    if (index < -length || index >= length)
      context.fail("index {} is outside [-{}, {}]", index, length, length - 1);
    if (index < 0) index += length;
  }
  return result;
}

// Of a [..., k] tensor of positions in the first k axes of `dims` after the batch axes: one offset in strides each.
inline std::vector<int64_t> read_positions(const KernelContext& context, const Tensor& indices,
                                           const Dims& dims, const Dims& strides, size_t batch_dims) {
  const std::vector<int64_t> flat = indices.to_int64();
  const auto depth = static_cast<size_t>(indices.dims().back());
  int64_t count = 1;
  for (size_t i = 0; i + 1 < indices.rank(); ++i) count *= indices.dims()[i];
  const bool usable = element_count(dims) > 0;  // strides of an empty tensor mean nothing
  std::vector<int64_t> offsets(static_cast<size_t>(count), 0);
  for (size_t i = 0; i < offsets.size(); ++i)
    for (size_t k = 0; k < depth; ++k) {
      const int64_t length = dims[batch_dims + k];
      int64_t index = flat[i * depth + k];
      if (index < -length || index >= length)
        context.fail("index {} for axis {} is outside [-{}, {}]", index, batch_dims + k, length, length - 1);
      if (index < 0) index += length;
      if (usable) offsets[i] += index * strides[batch_dims + k];
    }
  return offsets;
}

}  // namespace modelconv
