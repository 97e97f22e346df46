// Lengths of vectors along an axis.
#pragma once

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

// The norm of any order, also 0 (how many are not zero) and infinity.
Term norm_along(const Term& x, double power, int64_t axis, bool keep);
// Of a - b + eps along the last axis.
Term pairwise_distance(const Term& a, const Term& b, double power, double eps, bool keep);

}  // namespace modelconv::torch
