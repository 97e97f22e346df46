// Rounding to a quantised type and back, as models trained for it have it.
#include "formats/common/fake_quant.h"

#include <algorithm>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/quantized.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

FakeQuantSteps steps_of(const Translation& t) {
  const int64_t bits = int_of(t, "num_bits", 8);
  if (bits < 2 || bits > 16) t.refuse("num_bits is {}", bits);
  return {bits, flag_of(t, "narrow_range", false) ? 1 : 0, (int64_t{1} << bits) - 1};
}

void raise_args(Translation& t) {
  raise_fake_quant(t, {float_of(t, "min", -6)}, {float_of(t, "max", 6)}, steps_of(t), false);
}

// The range comes with the data: the same arithmetic, in the graph.
void quantize_by_inputs(Translation& t) {
  const FakeQuantSteps steps = steps_of(t);
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
  raise_fake_quant(t, lows, highs, steps_of(t), t.node().op().name().ends_with("PerChannel"));
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
