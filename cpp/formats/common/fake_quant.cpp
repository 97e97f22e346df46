#include "formats/common/fake_quant.h"

#include <cmath>

#include "formats/common/term.h"

namespace modelconv {

using namespace formula;

namespace {

// The range moved so that zero is one of its steps (tensorflow/core/kernels/fake_quant_ops_functor.h, Nudge), in the
// single precision that TensorFlow uses.
struct Nudged {
  float scale = 1, low = 0, high = 0;
  int64_t zero_point = 0;
};

Nudged nudge(const Translation& t, float low, float high, int64_t first, int64_t last) {
  if (!(low < high) || !std::isfinite(low) || !std::isfinite(high))
    t.refuse("its range is {} to {}", low, high);
  const auto first_step = static_cast<float>(first), last_step = static_cast<float>(last);
  Nudged result;
  result.scale = (high - low) / (last_step - first_step);
  const float zero = first_step - low / result.scale;
  const float rounded = zero < first_step ? first_step : zero > last_step ? last_step : std::round(zero);
  result.zero_point = static_cast<int64_t>(rounded);
  result.low = (first_step - rounded) * result.scale;
  result.high = (last_step - rounded) * result.scale;
  return result;
}

Term float_vector(Translation& t, const std::vector<float>& values, bool per_channel) {
  return {t, t.constant(Tensor::of<float>(per_channel ? Dims{static_cast<int64_t>(values.size())} : Dims{},
                                          values))};
}

}  // namespace

void raise_fake_quant(Translation& t, const std::vector<float>& lows, const std::vector<float>& highs,
                      const FakeQuantSteps& steps, bool per_channel) {
  std::vector<float> scales, firsts, lasts;
  std::vector<int64_t> zero_points;
  for (size_t i = 0; i < lows.size(); ++i) {
    const Nudged nudged = nudge(t, lows[i], highs[i], steps.first, steps.last);
    scales.push_back(nudged.scale);
    firsts.push_back(nudged.low);
    lasts.push_back(nudged.high);
    zero_points.push_back(nudged.zero_point);
  }
  const Term scale = float_vector(t, scales, per_channel), low = float_vector(t, firsts, per_channel);
  const bool is_type = steps.bits == 8 || steps.bits == 16;
  Term x = input(t, 0);
  if (!is_type || steps.first != 0) x = minimum(maximum(x, low), float_vector(t, lasts, per_channel));
  if (!is_type) return set_output(t, 0, compute("Floor", {(x - low) / scale + 0.5}) * scale + low);
  const DType type = steps.bits == 8 ? DType::uint8 : DType::uint16;
  Tensor zero = Tensor::allocate(type, per_channel ? Dims{static_cast<int64_t>(zero_points.size())} : Dims{});
  for (size_t i = 0; i < zero_points.size(); ++i) {
    if (steps.bits == 8)
      zero.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(zero_points[i]);
    else
      zero.mutable_data<uint16_t>()[i] = static_cast<uint16_t>(zero_points[i]);
  }
  const Term zero_point = {t, t.constant(zero)};
  Attrs attrs;
  if (per_channel) attrs.set("axis", static_cast<int64_t>(t.rank(0)) - 1);
  const Term stored = compute("QuantizeLinear", {x, scale, zero_point}, attrs);
  set_output(t, 0, compute("DequantizeLinear", {stored, scale, zero_point}, attrs));
}

}  // namespace modelconv
