// What an integer input of a graph is used for, and so which numbers it may hold.
#pragma once

#include <cstdint>
#include <optional>

#include "ir/graph.h"

namespace modelconv {

struct IntegerRange {
  int64_t lowest, highest;
};

struct InputUse {
  // Numbers that every use allows: below the size of the axis that they index (Gather, Scatter, OneHot, embeddings), from 1
  // to the number of steps (sequence lengths), counts and axes that fit any shape (TopK, Tile, Slice, ...), no zero for
  // divisors. Nothing when no use says anything.
  std::optional<IntegerRange> range;
  bool is_reshape_target = false;
};

// Follows the value through operators that hand its elements on (Cast, Reshape, Concat, ...).
InputUse find_input_use(const Value& input);

}  // namespace modelconv
