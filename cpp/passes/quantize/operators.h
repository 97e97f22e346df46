// What quantisation knows of operators.
#pragma once

#include <optional>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

struct QuantizableOp {
  enum class Kind : uint8_t {
    computes,  // the output has parameters of its own
    moves,     // input 0 (all inputs of Concat, Max, Min) and the outputs share theirs
    fixed,     // the output's parameters are fixed
  };
  Kind kind = Kind::computes;
  size_t data_inputs = 1;               // how many inputs are quantised, from the front; SIZE_MAX: all
  std::optional<size_t> weights = {};   // that input, where constant, is quantised as weights
  std::optional<size_t> bias = {};      // int32
  float fixed_low = 0, fixed_high = 0;  // of Kind::fixed: the range of the output, [low, high) in 256 steps
};

// Null for operators that stay in floating point, and for nodes that their attributes or types keep there.
const QuantizableOp* quantizable(const Node& node);
bool has_integer_kernel(OpName op);  // for some attributes and types
bool has_wide_kernel(OpName op);     // for int16 as well

// Axis of the weights along which output channels lie; nothing where they have none of their own.
std::optional<size_t> channel_axis(const Node& node);

// True for an activation that integer kernels compute along with the operator in front of it, by the range of their output.
bool is_clamp(const Node& node);

}  // namespace modelconv
