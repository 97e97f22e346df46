// QuantizeLinear and DequantizeLinear. What they stand around becomes an integer operator in fold_quantization().
#include "formats/tflite/quantization.h"

#include <algorithm>

#include "formats/common/term.h"
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

using formula::Term;

Quantization parameters_of(Translation& t) {
  if (t.node().attrs.has("block_size") && int_attr(t.node(), "block_size") != 0) t.refuse("scales by blocks");
  Quantization q;
  const Tensor& scale = t.constant(1, "the scale");
  for (const double each : scale.to_double()) q.scales.push_back(static_cast<float>(each));
  q.zero_points =
      t.input(2) ? t.constant(2, "the zero point").to_int64() : std::vector<int64_t>(q.scales.size(), 0);
  if (q.is_per_axis()) q.axis = static_cast<int64_t>(normalize_axis(int_attr(t.node(), "axis"), t.rank(0)));
  const DType dtype = t.input(2) ? t.input(2)->dtype() : DType::undefined;
  const bool shifted =
      std::any_of(q.zero_points.begin(), q.zero_points.end(), [](int64_t zero) { return zero != 0; });
  if (dtype == DType::int16 && shifted) t.refuse("int16 with a zero point other than 0");
  return q;
}

// --- scales that the graph computes: formulas

bool has_computed_parameters(const Translation& t) {
  for (const size_t index : {size_t{1}, size_t{2}})
    if (const Value* value = t.input(index); value && !value->is_constant()) return true;
  return false;
}

Term clipped(const Term& steps, DType dtype) {
  const double low = dtype == DType::uint8 ? 0 : dtype == DType::int8 ? -128 : -32768;
  const double high = dtype == DType::uint8 ? 255 : dtype == DType::int8 ? 127 : 32767;
  if (dtype != DType::uint8 && dtype != DType::int8 && dtype != DType::int16)
    steps.translation().refuse("{} by a scale that the graph computes", name_of(dtype));
  return formula::cast(formula::clip(steps, low, high), dtype);
}

// One scale and zero point for all elements, as floats.
Term parameter(Translation& t, size_t index) {
  if (!t.required(index).shape().element_count().equals(1))
    t.refuse("several scales or zero points that the graph computes");
  return formula::cast(formula::reshape(formula::input(t, index), std::vector<int64_t>{}), DType::float32);
}

void lower_computed_quantize(Translation& t) {
  Term steps =
      formula::compute("Round", {formula::cast(formula::input(t, 0), DType::float32) / parameter(t, 1)});
  if (t.input(2)) steps = steps + parameter(t, 2);
  formula::set_output(t, 0, clipped(steps, t.node().output()->dtype()));
}

void lower_computed_dequantize(Translation& t) {
  Term whole = formula::cast(formula::input(t, 0), DType::float32);
  if (t.input(2)) whole = whole - parameter(t, 2);
  formula::set_output(t, 0, formula::cast(whole * parameter(t, 1), t.node().output()->dtype()));
}

// The range of the input, grown so that 0 is in it, in 255 steps.
void lower_dynamic_quantize(Translation& t) {
  const Term x = formula::input(t, 0), zero = formula::number(t, DType::float32, 0);
  const Attrs whole = {{"keepdims", int64_t{0}}};
  const Term high = formula::maximum(formula::compute("ReduceMax", {x}, whole), zero);
  const Term low = formula::minimum(formula::compute("ReduceMin", {x}, whole), zero);
  const Term scale = (high - low) / 255.0;
  const Term first = formula::compute("Round", {formula::clip(-low / scale, 0, 255)});
  formula::set_output(t, 0, clipped(formula::compute("Round", {x / scale}) + first, DType::uint8));
  formula::set_output(t, 1, scale);
  formula::set_output(t, 2, formula::cast(first, DType::uint8));
}

// --- scales that are known

void lower_quantize(Translation& t) {
  if (has_computed_parameters(t)) return lower_computed_quantize(t);
  const Quantization q = parameters_of(t);
  Value& y = emit(t, "QUANTIZE", {t.input(0)}, {}, t.node().output()->type);
  set_quantization(y, q);
  t.set_output(0, y);
}

// The parameters belong to the stored value. Another node may read it with other parameters, or with none.
void lower_dequantize(Translation& t) {
  if (has_computed_parameters(t)) return lower_computed_dequantize(t);
  Value* x = &t.required(0);
  const Quantization q = parameters_of(t);
  const auto known = quantization_of(*x);
  if (x->is_constant() && (!known || *known != q) && !(x->has_one_use() && !known))
    x = &t.constant(x->constant());
  if (known && *known != q && !x->is_constant()) t.refuse("'{}' is read with two scales", x->name());
  set_quantization(*x, q);
  Value& y = emit(t, "DEQUANTIZE", {x}, {}, t.node().output()->type);
  y.producer()->metadata = t.node().metadata;
  t.set_output(0, y);
}

// --- integer operators of ONNX, in floats

// Less the zero point, exact in float32 as long as sums stay below 2^24.
Value& centred(Translation& t, Value& x, Value* zero) {
  Value& wide = t.cast(x, DType::float32);
  return zero ? t.add("Sub", {&wide, &t.cast(*zero, DType::float32)}) : wide;
}

void lower_matmul_integer(Translation& t) {
  for (const size_t index : {size_t{2}, size_t{3}})
    if (const Value* zero = t.input(index); zero && !zero->shape().element_count().equals(1))
      t.refuse("zero points per row or column");
  Value& product =
      t.add("MatMul", {&centred(t, t.required(0), t.input(2)), &centred(t, t.required(1), t.input(3))});
  t.set_output(0, t.cast(product, DType::int32));
}

// The weights' zero points count by output channel; pads are what stands for 0.
Value& centred_weights(Translation& t) {
  const Tensor& weights = t.constant(1, "W");
  std::vector<double> values = weights.to_double();
  const std::vector<double> zeros =
      t.input(3) ? t.constant(3, "the zero point of W").to_double() : std::vector<double>{0};
  const size_t channel = values.size() / static_cast<size_t>(std::max<int64_t>(1, weights.dims().at(0)));
  std::vector<float> centred;
  for (size_t i = 0; i < values.size(); ++i)
    centred.push_back(static_cast<float>(values[i] - zeros.at(zeros.size() == 1 ? 0 : i / channel)));
  return t.constant(Tensor::of<float>(weights.dims(), centred));
}

void lower_conv_integer(Translation& t) {
  Value& sums =
      t.add("nhwc.Conv", {&centred(t, t.required(0), t.input(2)), &centred_weights(t)}, t.node().attrs);
  t.set_output(0, t.cast(sums, DType::int32));
}

}  // namespace

OpMappings lower_quantization() {
  return {
      {"tflite.CONV_2D", "nhwc.ConvInteger", nullptr, lower_conv_integer, "constant weights; in float32"},
      {"tflite.BATCH_MATMUL", "MatMulInteger", nullptr, lower_matmul_integer, "in float32"},
      {"tflite.QUANTIZE", "QuantizeLinear", nullptr, lower_quantize, "no blocks"},
      {"tflite.DEQUANTIZE", "DequantizeLinear", nullptr, lower_dequantize, "no blocks"},
      {"tflite.MUL", "DynamicQuantizeLinear", nullptr, lower_dynamic_quantize, "as a formula"},
  };
}

}  // namespace modelconv::tflite
