#include "passes/quantize/parameters.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace modelconv {

ActivationParameters activation_parameters(const Range& range, bool int16) {
  const double low = std::min(0.0, static_cast<double>(range.low)),
               high = std::max(0.0, static_cast<double>(range.high));
  if (int16) {
    const double most = std::max(-low, high);
    return {most > 0 ? static_cast<float>(std::max(most / 32767, 1e-8)) : 1.0f, 0};
  }
  if (low == high) return {1.0f, 0};
  // What never leaves the neighbourhood of 0 gets this step: kernels count the limits of activations in steps, in 32 bits.
  constexpr double kSmallestStep = 1e-8;
  const double scale = std::max((high - low) / 255, kSmallestStep);
  const double zero = std::clamp(std::nearbyint(-128 - low / scale), -128.0, 127.0);
  return {static_cast<float>(scale), static_cast<int64_t>(zero)};
}

ActivationParameters fixed_parameters(float low, float high, bool int16) {
  if (int16) return {std::max(-low, high) / 32768, 0};
  const float scale = (high - low) / 256;
  return {scale, static_cast<int64_t>(std::nearbyint(-128 - low / scale))};
}

Range range_of(const Tensor& tensor) {
  Range range{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  const Tensor aligned = tensor.aligned();
  for (const float value : aligned.data<float>()) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  return range.low <= range.high ? range : Range{};
}

QuantizedWeights quantize_weights(const Tensor& weights, std::optional<size_t> axis) {
  const Tensor aligned = weights.aligned();
  const std::span<const float> from = aligned.data<float>();
  const Dims& dims = weights.dims();
  const int64_t channels = axis ? dims[*axis] : 1;
  int64_t inner = 1;  // elements between two channels
  for (size_t i = axis ? *axis + 1 : dims.size(); i < dims.size(); ++i) inner *= dims[i];
  const auto channel_of = [&](size_t i) {
    return axis ? static_cast<size_t>(static_cast<int64_t>(i) / inner % channels) : size_t{0};
  };
  std::vector<double> most(static_cast<size_t>(channels), 0);
  for (size_t i = 0; i < from.size(); ++i)
    if (std::isfinite(from[i]))
      most[channel_of(i)] = std::max(most[channel_of(i)], std::abs(static_cast<double>(from[i])));
  QuantizedWeights result{Tensor::allocate(DType::int8, dims), {}};
  for (const double each : most) result.scales.push_back(each > 0 ? static_cast<float>(each / 127) : 1.0f);
  const std::span<int8_t> to = result.values.mutable_data<int8_t>();
  for (size_t i = 0; i < from.size(); ++i) {
    const float steps = std::nearbyint(from[i] / result.scales[channel_of(i)]);
    to[i] = static_cast<int8_t>(std::clamp(std::isfinite(steps) ? steps : 0.0f, -127.0f, 127.0f));
  }
  return result;
}

Tensor quantize_bias(const Tensor& bias, const std::vector<float>& scales) {
  const Tensor aligned = bias.aligned();
  const std::span<const float> from = aligned.data<float>();
  Tensor result = Tensor::allocate(DType::int32, bias.dims());
  const std::span<int32_t> to = result.mutable_data<int32_t>();
  for (size_t i = 0; i < from.size(); ++i) {
    const double scale = static_cast<double>(scales.size() > 1 ? scales[i] : scales[0]);
    const double steps = std::nearbyint(static_cast<double>(from[i]) / scale);
    to[i] = static_cast<int32_t>(std::clamp(std::isfinite(steps) ? steps : 0.0, -2147483647.0, 2147483647.0));
  }
  return result;
}

}  // namespace modelconv
