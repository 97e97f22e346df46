// What losses share.
#pragma once

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

enum Reduction : int64_t { kNone, kMean, kSum };  // aten/src/ATen/core/Reduction.h

// All elements together, as the call's "reduction" says.
Term reduced(const Call& call, const Term& loss);

}  // namespace modelconv::torch
