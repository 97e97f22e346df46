// Masks [queries, keys] of attention layers, and what they are made from.
#pragma once

#include <limits>
#include <vector>

#include "formats/keras/ops/arguments.h"

namespace modelconv::keras {

inline constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

Value& unsqueeze(Translation& t, Value& x, const std::vector<int64_t>& axes);
// The sizes of `x` from axis `begin` to `end`.
Value& sizes(Translation& t, Value& x, int64_t begin, int64_t end);

// bool [queries, keys], by the sizes of the last two axes of `scores`: no query looks ahead.
Value& causal_mask(Translation& t, Value& scores);
// No query looks further than `window` - 1 positions, to either side.
Value& window_mask(Translation& t, Value& scores, int64_t window);
// Both, where there are two.
Value* both(Translation& t, Value* a, Value* b);

}  // namespace modelconv::keras
