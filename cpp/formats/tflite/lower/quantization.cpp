// QuantizeLinear and DequantizeLinear. What they stand around becomes an integer operator in fold_quantization().
#include "formats/tflite/quantization.h"

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

}  // namespace

OpMappings lower_quantization() {
  return {
      {"tflite.QUANTIZE", "QuantizeLinear", nullptr, lower_quantize, "constant parameters"},
      {"tflite.DEQUANTIZE", "DequantizeLinear", nullptr, lower_dequantize, "constant parameters"},
  };
}

}  // namespace modelconv::tflite
