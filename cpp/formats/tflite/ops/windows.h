// Windows over any axes, of any operator that combines two tensors.
#pragma once

#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {

struct Windows {
  std::vector<int64_t> sizes, strides, dilations;  // one entry per axis
};

// `combine` over all elements of each window, and over `initial` (a scalar).
Term reduce_windows(const Term& x, const Term& initial, const Windows& windows, OpName combine);

// `dilations[axis]` - 1 fillers (a scalar) between two elements of an axis.
Term dilated(const Term& x, const std::vector<int64_t>& dilations, const Term& filler);

}  // namespace modelconv::tflite
