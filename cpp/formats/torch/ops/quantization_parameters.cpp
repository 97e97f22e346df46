// Scales and zero points chosen from the values: dynamic quantisation.
// Source: torch/ao/quantization/fx/_decomposed.py and torch/ao/quantization/utils.py (determine_qparams).
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/quantization_range.h"

namespace modelconv::torch {
namespace {

const Attrs kWhole = {{"keepdims", int64_t{0}}};

Term constant(const Term& like, double value) { return number(like.translation(), like.dtype(), value); }

// 0 has to be among the values.
struct Extremes {
  Term low, high;
};
Extremes extremes_with_zero(const Term& low, const Term& high) {
  return {minimum(low, constant(low, 0)), maximum(high, constant(high, 0))};
}
Extremes extremes_of(const Term& x) {
  return extremes_with_zero(compute("ReduceMin", {x}, kWhole), compute("ReduceMax", {x}, kWhole));
}

void give_parameters(const Term& scale, const Term& zero_point) {
  give(cast(scale, DType::float64));
  give(cast(zero_point, DType::int64), 1);
}

// PyTorch's own have one axis, as the smallest scale has that they are compared with.
void give_vectors(const Term& scale, const Term& zero_point) {
  give_parameters(unsqueeze(scale, {0}), unsqueeze(zero_point, {0}));
}

constexpr const char* kForm = "input, quant_min:int, quant_max:int, eps:number, dtype:dtype";

void raise_choose(Translation& t) {
  const Call call(t, kForm);
  const Range range = range_of(call);
  const auto [low, high] = extremes_of(cast(tensor(call, "input"), DType::float32));
  const Term spread = (high - low) / static_cast<double>(range.high - range.low);
  const Term scale = maximum(spread, constant(low, call.number("eps")));
  const Term shift = static_cast<double>(range.low) - compute("Round", {low / scale});
  give_vectors(scale, clip(shift, range));
}

// The range is taken by the larger side; 0 stays 0, or the middle of what is unsigned.
void raise_choose_symmetric(Translation& t) {
  const Call call(t, kForm);
  const Range range = range_of(call);
  const auto [low, high] = extremes_of(cast(tensor(call, "input"), DType::float32));
  const Term spread = maximum(-low, high) / (static_cast<double>(range.high - range.low) / 2);
  const bool is_unsigned = call.dtype("dtype") == DType::uint8;
  give_vectors(maximum(spread, constant(low, call.number("eps"))),
               number(t, DType::int64, is_unsigned ? 128 : 0));
}

// One scale per row of the last axis, for int8.
void raise_choose_per_token(Translation& t) {
  const Call call(t, "input, dtype:dtype");
  const Term x = tensor(call, "input");
  if (call.dtype("dtype") != DType::int8) t.refuse("it is defined for int8 only");
  const Term largest = reduce("ReduceMax", compute("Abs", {x}), {-1}, true);
  const Term wide = x.dtype() == DType::float16 ? cast(largest, DType::float32) : largest;
  const Term scale = maximum(wide, constant(wide, 1e-5)) / 127.0;
  give(scale);
  give(filled(shape_of(scale), scale.dtype(), 0), 1);
}

// The zero point errs on the side where the smaller error is.
void raise_choose_per_token_asymmetric(Translation& t) {
  const Call call(t, "input, dtype:dtype");
  const Term x = tensor(call, "input");
  const Range range = {-128, 127};
  const auto [low, high] =
      extremes_with_zero(reduce("ReduceMin", x, {-1}, true), reduce("ReduceMax", x, {-1}, true));
  constexpr double kSmallest = 1.1920928955078125e-07;  // torch.finfo(torch.float32).eps
  const Term scale = maximum((high - low) / 255.0, constant(low, kSmallest));
  const Term bottom = low / scale, top = high / scale;
  const Term from_top = 127.0 - top, from_bottom = -128.0 - bottom;
  const Term is_at_bottom = constant(low, 0) < (bottom - 128.0) + (top + 127.0);
  give_parameters(scale, compute("Round", {clip(where(is_at_bottom, from_bottom, from_top), range)}));
}

}  // namespace

OpMappings quantization_parameter_ops() {
  return {
      {"quantized_decomposed._choose_qparams_per_token_asymmetric_impl", "ReduceMax",
       raise_choose_per_token_asymmetric, nullptr, ""},
      {"quantized_decomposed.choose_qparams", "ReduceMax", raise_choose, nullptr, ""},
      {"quantized_decomposed.choose_qparams_per_token", "ReduceMax", raise_choose_per_token, nullptr, ""},
      {"quantized_decomposed.choose_qparams_per_token_asymmetric", "ReduceMax",
       raise_choose_per_token_asymmetric, nullptr, ""},
      {"quantized_decomposed.choose_qparams_symmetric", "ReduceMax", raise_choose_symmetric, nullptr, ""},
  };
}

}  // namespace modelconv::torch
