// Two-stage detectors look up each proposal in one level of a feature pyramid. Two ways to write that, and the change from
// each to the other, both on request.
#pragma once

#include "passes/pass.h"

namespace modelconv {

// Every level runs RoiAlign over all proposals and a mask keeps its own -> NonZero, Gather, RoiAlign of those, ScatterND.
// Equal where RoiAlign is finite (0 * inf is NaN). Opset 16 for a sum straight into the result.
std::vector<RecoveryRule> sparse_roi_rules();

// The other direction, for runtimes without NonZero: RoiAlign over all proposals, and Where.
Rules masked_roi_rules();

}  // namespace modelconv
