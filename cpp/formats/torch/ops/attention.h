// Scaled dot-product attention.
#pragma once

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

struct Attention {
  Term query, key, value;       // [..., steps, features]
  std::optional<Term> mask;     // bool: true may be seen; float: added to the scores
  bool is_causal = false;       // step i sees the keys up to i
  std::optional<double> scale;  // of the scores; 1 / sqrt(features)
};
struct Attended {
  Term output, probabilities;
};
Attended attend(const Attention& attention);

}  // namespace modelconv::torch
