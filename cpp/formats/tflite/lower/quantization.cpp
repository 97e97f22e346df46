// QuantizeLinear and DequantizeLinear. What they stand around becomes an integer operator in fold_quantization().
#include "formats/tflite/quantization.h"

#include <algorithm>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

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

void lower_quantize(Translation& t) {
  const Quantization q = parameters_of(t);
  Value& y = emit(t, "QUANTIZE", {t.input(0)}, {}, t.node().output()->type);
  set_quantization(y, q);
  t.set_output(0, y);
}

// The parameters belong to the stored value. Another node may read it with other parameters, or with none.
void lower_dequantize(Translation& t) {
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

// --- integer operators of ONNX, as what they stand for; fold_quantization() makes TFLite's of that

Value& dequantized(Translation& t, size_t first) {
  return t.add("DequantizeLinear", {t.input(first), t.input(first + 1), t.input(first + 2)});
}

void lower_qlinear_matmul(Translation& t) {
  Value& product = t.add("MatMul", {&dequantized(t, 0), &dequantized(t, 3)});
  t.set_output(0, t.add("QuantizeLinear", {&product, t.input(6), t.input(7)}));
}

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

}  // namespace

OpMappings lower_quantization() {
  return {
      {"tflite.BATCH_MATMUL", "QLinearMatMul", nullptr, lower_qlinear_matmul, "constant parameters"},
      {"tflite.BATCH_MATMUL", "MatMulInteger", nullptr, lower_matmul_integer, "in float32"},
      {"tflite.QUANTIZE", "QuantizeLinear", nullptr, lower_quantize, "constant parameters"},
      {"tflite.DEQUANTIZE", "DequantizeLinear", nullptr, lower_dequantize, "constant parameters"},
  };
}

}  // namespace modelconv::tflite
