// Rounding to a quantised type and back, with TensorFlow's meaning, for the formats that have it.
#pragma once

#include <vector>

#include "formats/common/mapping.h"

namespace modelconv {

struct FakeQuantSteps {
  int64_t bits, first, last;
};

// Input 0 rounded to the steps of the ranges `lows` to `highs`, one of each per channel (the last axis) if `per_channel`.
// Eight and sixteen bits are QuantizeLinear and DequantizeLinear; others are rounded by arithmetic.
void raise_fake_quant(Translation& t, const std::vector<float>& lows, const std::vector<float>& highs,
                      const FakeQuantSteps& steps, bool per_channel);

}  // namespace modelconv
