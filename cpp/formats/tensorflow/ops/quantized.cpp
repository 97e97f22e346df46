#include "formats/tensorflow/ops/quantized.h"

#include <cmath>
#include <limits>

#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

Term rounded(const Translation& t, const Term& x) {
  return string_of(t, "round_mode", "HALF_TO_EVEN") == "HALF_UP" ? compute("Floor", {x + 0.5})
                                                                 : compute("Round", {x});
}

struct Steps {
  double first, last;
};

Steps steps_of(const Translation& t, int64_t bits) {
  if (bits < 2 || bits > 24) t.refuse("num_bits is {}", bits);
  const bool is_signed_type = flag_of(t, "signed_input", true), is_narrow = flag_of(t, "narrow_range", false);
  if (!is_signed_type) return {0, std::ldexp(1.0, static_cast<int>(bits)) - 1};
  const double half = std::ldexp(1.0, static_cast<int>(bits) - 1);
  return {is_narrow ? 1 - half : -half, half - 1};
}

// Rounded to as many steps as the type has and back, by the one of two scales that fits the whole range
// (tensorflow/core/kernels/quantize_and_dequantize_op.h).
void quantize_and_back(Translation& t, int64_t bits) {
  const Steps steps = steps_of(t, bits);
  const Term x = input(t, 0);
  const int64_t axis = int_of(t, "axis", -1);
  const bool is_given = flag_of(t, "range_given", true);
  const bool per_channel = axis >= 0;
  std::vector<int64_t> others;
  for (size_t i = 0; i < x.rank(); ++i)
    if (axis < 0 || static_cast<int64_t>(i) != axis) others.push_back(static_cast<int64_t>(i));
  if (is_given && per_channel) t.refuse("a range for each channel is given");
  const Term low = is_given ? input(t, 1) : reduce("ReduceMin", x, others, per_channel);
  const Term high = is_given ? input(t, 2) : reduce("ReduceMax", x, others, per_channel);
  const Term none = number(t, x.dtype(), std::numeric_limits<float>::max());
  const Term one = number(t, x.dtype(), 1);
  const auto side = [&](double step, const Term& end) {
    const Term counts = number(t, x.dtype(), 0) < end * step;
    return where(counts, number(t, x.dtype(), step) / where(counts, end, one), none);
  };
  const Term by_low = side(steps.first, low), by_high = side(steps.last, high);
  const Term from_low = by_low < by_high;
  const Term scale = where(from_low, by_low, by_high);
  const Term step = where(from_low, low / (steps.first == 0 ? 1.0 : steps.first), high / steps.last);
  Term inside = x;
  if (is_given) inside = maximum(minimum(x, step * steps.last), step * steps.first);
  set_output(t, 0, rounded(t, inside * scale) * step);
}

void raise_quantize_and_back(Translation& t) { quantize_and_back(t, int_of(t, "num_bits", 8)); }

void raise_quantize_and_back_v3(Translation& t) {
  const auto bits = t.constant_ints(3, "the number of bits");
  ENSURE(bits.size() == 1, MalformedModelError, "the number of bits is given as {} numbers", bits.size());
  quantize_and_back(t, bits[0]);
}

// Lowest and highest value of a type of at most 16 bits.
Steps limits_of(const Translation& t, DType dtype) {
  if (!is_integer(dtype) || storage_bytes(dtype, 1) > 2) t.refuse("its type has more than 16 bits");
  const int bits = static_cast<int>(storage_bytes(dtype, 1)) * 8;
  if (!is_signed(dtype)) return {0, std::ldexp(1.0, bits) - 1};
  return {-std::ldexp(1.0, bits - 1), std::ldexp(1.0, bits - 1) - 1};
}

// From steps to numbers: the whole range in equal steps, or a scale alone.
void raise_dequantize(Translation& t) {
  const std::string mode = string_of(t, "mode", "MIN_COMBINED");
  if (int_of(t, "axis", -1) != -1) t.refuse("it has a range for each channel");
  const Steps steps = limits_of(t, t.required(0).dtype());
  const Term x = cast(input(t, 0), DType::float32), low = input(t, 1), high = input(t, 2);
  Term y = x;
  if (mode == "MIN_COMBINED") {
    const double half = steps.first < 0 ? (steps.last - steps.first + 1) / 2 : 0;
    y = (x + half) * ((high - low) / (steps.last - steps.first)) + low;
  } else if (mode == "SCALED") {
    const bool is_narrow = flag_of(t, "narrow_range", false);
    const Term by_high = high / steps.last;
    y = x * (steps.first < 0 ? maximum(low / (is_narrow ? steps.first + 1 : steps.first), by_high) : by_high);
  } else {
    t.refuse("its mode is {}", mode);
  }
  set_output(t, 0, cast(y, type_of(t, "dtype", DType::float32)));
}

}  // namespace

OpMappings quantized_ops() {
  return {
      {"tf.Dequantize", "Mul", raise_dequantize, nullptr, "MIN_COMBINED and SCALED; one range"},
      {"tf.QuantizeAndDequantizeV2", "Round", raise_quantize_and_back, nullptr, ""},
      {"tf.QuantizeAndDequantizeV3", "Round", raise_quantize_and_back_v3, nullptr, "constant number of bits"},
      {"tf.QuantizeAndDequantizeV4", "Round", raise_quantize_and_back, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
