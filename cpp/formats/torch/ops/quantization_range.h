// Ranges of whole numbers that quantisation ends in.
#pragma once

#include <optional>

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

struct Range {
  int64_t low, high;
};

// Of a call that names them "quant_min" and "quant_max".
inline Range range_of(const Call& call) { return {call.integer("quant_min"), call.integer("quant_max")}; }

inline Term clip(const Term& x, const Range& range) {
  return formula::clip(x, static_cast<double>(range.low), static_cast<double>(range.high));
}

}  // namespace modelconv::torch
