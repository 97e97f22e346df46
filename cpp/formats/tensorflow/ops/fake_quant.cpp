// Rounding to a quantised type and back, as models trained for it have it.
#include <algorithm>
#include <cmath>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/quantized.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
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

struct Steps {
  int64_t bits, first, last;
};

Steps steps_of(const Translation& t) {
  const int64_t bits = int_of(t, "num_bits", 8);
  if (bits < 2 || bits > 16) t.refuse("num_bits is {}", bits);
  return {bits, flag_of(t, "narrow_range", false) ? 1 : 0, (int64_t{1} << bits) - 1};
}

Term float_vector(Translation& t, const std::vector<float>& values, bool per_channel) {
  return {t, t.constant(Tensor::of<float>(per_channel ? Dims{static_cast<int64_t>(values.size())} : Dims{},
                                          values))};
}

// Eight and sixteen bits are QuantizeLinear and DequantizeLinear; others are rounded by arithmetic.
void quantize(Translation& t, const std::vector<float>& lows, const std::vector<float>& highs,
              bool per_channel) {
  const Steps steps = steps_of(t);
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

void raise_args(Translation& t) { quantize(t, {float_of(t, "min", -6)}, {float_of(t, "max", 6)}, false); }

// The range comes with the data: the same arithmetic, in the graph.
void quantize_by_inputs(Translation& t) {
  const Steps steps = steps_of(t);
  const auto first = static_cast<double>(steps.first), last = static_cast<double>(steps.last);
  const Term x = input(t, 0), low = input(t, 1), high = input(t, 2);
  const Term is_empty = equal(low, high);
  const Term scale = where(is_empty, high * 0.0 + 1.0, (high - low) / (last - first));
  // Halves go up, as std::round does with what is not negative.
  const Term zero = compute("Floor", {clip(first - low / scale, first, last) + 0.5});
  const Term begin = (first - zero) * scale, end = (last - zero) * scale;
  const Term inside = minimum(maximum(x, begin), end);
  const Term y = compute("Floor", {(inside - begin) / scale + 0.5}) * scale + begin;
  set_output(t, 0, where(is_empty, x * 0.0, y));
}

std::vector<float> values_of(const Tensor& tensor) {
  std::vector<float> values;
  for (const double value : tensor.to_double()) values.push_back(static_cast<float>(value));
  return values;
}

void raise_vars(Translation& t) {
  const Value &low = t.required(1), &high = t.required(2);
  if (!low.is_constant() || !high.is_constant()) return quantize_by_inputs(t);
  const auto lows = values_of(low.constant()), highs = values_of(high.constant());
  ENSURE(lows.size() == highs.size() && !lows.empty(), MalformedModelError,
         "it has {} lowest and {} highest values", lows.size(), highs.size());
  const bool is_empty = std::any_of(lows.begin(), lows.end(), [&](const float& low_value) {
    return low_value == highs[static_cast<size_t>(&low_value - lows.data())];
  });
  if (is_empty) return quantize_by_inputs(t);
  quantize(t, lows, highs, t.node().op().name().ends_with("PerChannel"));
}

}  // namespace

OpMappings fake_quant_ops() {
  OpMappings rows = {
      {"tf.FakeQuantWithMinMaxArgs", "QuantizeLinear", raise_args, nullptr, ""},
      {"tf.FakeQuantWithMinMaxVars", "QuantizeLinear", raise_vars, nullptr, ""},
      {"tf.FakeQuantWithMinMaxVarsPerChannel", "QuantizeLinear", raise_vars, nullptr, ""},
  };
  for (OpMapping& row : quantized_ops()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace modelconv::tensorflow
