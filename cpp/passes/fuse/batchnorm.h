// BatchNormalization at inference as y = scale * x + shift per channel.
#pragma once

#include <variant>

#include "rewrite/rule.h"

namespace modelconv {

struct Affine {
  Value* scale;  // constants [channels]
  Value* shift;
};

// For a match that binds constants "scale", "beta", "mean", "var" and, of the same dtype, the weights "w"; its root is the
// BatchNormalization. A refusal where it trains or the dtypes differ.
std::variant<Affine, Outcome> affine_of_batchnorm(const Match& match, Patch& patch);

}  // namespace modelconv
