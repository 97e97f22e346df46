// Scales and zero points, and constants in integers.
#pragma once

#include <optional>
#include <vector>

#include "ir/graph.h"
#include "passes/quantize/quantize.h"

namespace modelconv {

struct ActivationParameters {
  float scale = 1;
  int64_t zero_point = 0;
  bool operator==(const ActivationParameters&) const = default;
};

// int8: the range, widened to contain 0, in 255 steps; int16: symmetric, zero point 0.
ActivationParameters activation_parameters(const Range& range, bool int16);
// For outputs with a fixed range [low, high): 256 steps of int8 or, symmetric, 65536 of int16.
ActivationParameters fixed_parameters(float low, float high, bool int16);

// Smallest and largest element; infinities and NaN count as nothing.
Range range_of(const Tensor& tensor);

struct QuantizedWeights {
  Tensor values;              // int8
  std::vector<float> scales;  // one, or one per index of the axis
};
// Symmetric, within [-127, 127].
QuantizedWeights quantize_weights(const Tensor& weights, std::optional<size_t> axis);

// int32: round(bias / (input_scale * weight_scale)).
Tensor quantize_bias(const Tensor& bias, const std::vector<float>& scales);

}  // namespace modelconv
