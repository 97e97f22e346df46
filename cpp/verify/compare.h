// Comparing a tensor with a reference.
#pragma once

#include <cstdint>
#include <string>

#include "ir/tensor.h"

namespace modelconv {

// Floating-point values agree when none is further from the reference than
//     max(rtol * scale, atol * min(1, scale)),    scale = largest finite magnitude of the reference tensor.
// The error of a sum is proportional to its largest terms, so values near zero are held to the tensor's scale and not to
// their own; and below a scale of 1 atol shrinks with it, so that a tensor of tiny numbers is not passed by whatever it
// holds. NaN must meet NaN and an infinity the same infinity. Integers, booleans and strings must be equal.
struct Tolerance {
  double rtol = 1e-5;
  double atol = 1e-5;
};

struct Comparison {
  bool passed = false;
  std::string problem;  // dtype or shape that differs; empty otherwise
  int64_t elements = 0;
  int64_t mismatched = 0;  // elements beyond the tolerance, and NaN and infinities that meet something else
  int64_t non_finite_mismatched = 0;
  double max_abs = 0;  // largest |value - reference| of finite elements
  double max_rel = 0;  // max_abs / scale; 0 when both are 0
  double scale = 0;    // largest finite magnitude of the reference
  double cosine = 1;   // of the angle between the two; 1 when both are zero
  double snr_db = 0;   // 10 log10(sum ref^2 / sum error^2); infinite when they are equal
  double ulp_median = 0, ulp_p99 = 0,
         ulp_max = 0;        // distance in units in the last place of the reference's dtype
  int64_t worst_index = -1;  // flat index of the element with the largest error or the first mismatch
};

Comparison compare(const Tensor& value, const Tensor& reference, const Tolerance& tolerance = {});

}  // namespace modelconv
