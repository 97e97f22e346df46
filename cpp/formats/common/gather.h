// Gather and OneHot with TensorFlow's meaning, for the formats that have it.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv {

// Inputs: x, indices, which have the first `batch_dims` axes in common (negative: counted from the indices' end).
void raise_gather(Translation& t, int64_t axis, int64_t batch_dims);

// Inputs: indices, depth, value of ones, value of zeros.
void raise_one_hot(Translation& t, int64_t axis);

}  // namespace modelconv
