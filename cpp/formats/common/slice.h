// Slice, StridedSlice and Reverse with TensorFlow's meaning, for the formats that have it.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv {

// Inputs: x, begin, size; a size of -1 means all that is left.
void raise_slice(Translation& t);

// Bits of the entries of begin, end and strides that mean something else than numbers.
struct StridedSliceMasks {
  int64_t begin, end, ellipsis, new_axis, shrink;
};

// Inputs: x, begin, end, strides, of which the last are constant.
void raise_strided_slice(Translation& t, const StridedSliceMasks& masks);

// Elements of input 0 in reverse order along each axis.
void raise_reverse(Translation& t, const std::vector<int64_t>& axes);

}  // namespace modelconv
