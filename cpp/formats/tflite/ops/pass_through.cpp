// Conversions of the element type, and what is already done when operators are raised.
#include "formats/common/fake_quant.h"
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

void raise_identity(Translation& t) { t.set_output(0, t.add("Identity", {&t.required(0)})); }

// The output's own type where the option is missing, as in old files.
void raise_cast(Translation& t) {
  const DType wanted = t.node().output() ? t.node().output()->dtype() : DType::undefined;
  if (wanted == DType::undefined) t.refuse("the type of its output is not known");
  t.set_output(0, t.add("Cast", {&t.required(0)}, {{"to", static_cast<int64_t>(wanted)}}));
}

// Weights in half precision; quantised tensors have their DequantizeLinear in front already.
void raise_dequantize(Translation& t) {
  Value& x = t.required(0);
  t.set_output(0, x.dtype() == DType::float16 ? t.cast(x, DType::float32) : t.add("Identity", {&x}));
}

// The same bits as another type of that width.
void raise_bitcast(Translation& t) {
  const DType from = t.required(0).dtype(),
              to = t.node().output() ? t.node().output()->dtype() : DType::undefined;
  if (from == DType::undefined || to == DType::undefined || bit_width(from) != bit_width(to))
    t.refuse("it reads {} as {}", name_of(from), name_of(to));
  t.set_output(0, t.add("BitCast", {&t.required(0)}, {{"to", static_cast<int64_t>(to)}}));
}

void raise_fake_quantization(Translation& t) {
  const int64_t bits = int_of(t, "num_bits");
  if (bits < 2 || bits > 16) t.refuse("num_bits is {}", bits);
  raise_fake_quant(t, {float_of(t, "min")}, {float_of(t, "max")},
                   {bits, int_of(t, "narrow_range"), (int64_t{1} << bits) - 1}, false);
}

// Of explicit_quantization.h. ONNX's operators know integers of up to 32 bits, and 16 where they quantise: the others are
// said by arithmetic, in double precision.
void raise_dequantize_linear(Translation& t) {
  const auto inputs = t.node().inputs();
  Attrs attrs;
  if (const auto* axis = t.node().attrs.get<int64_t>("axis")) attrs.set("axis", *axis);
  if (t.required(0).dtype() != DType::int64) {
    Value& y = t.add("DequantizeLinear", {inputs.begin(), inputs.end()}, attrs);
    y.producer()->metadata = t.node().metadata;
    return t.set_output(0, y);
  }
  const Term scale = cast(input(t, 1), DType::float64);
  if (scale.rank() > 0 && t.rank(0) != 1) t.refuse("its integers of 64 bits are quantised per axis");
  Term x = cast(input(t, 0), DType::float64);
  if (t.input(2)) x = x - cast(input(t, 2), DType::float64);
  set_output(t, 0, cast(x * scale, DType::float32));
}

void raise_quantize_linear(Translation& t) {
  const auto inputs = t.node().inputs();
  const DType dtype = t.node().output() ? t.node().output()->dtype() : DType::undefined;
  Attrs attrs;
  if (const auto* axis = t.node().attrs.get<int64_t>("axis")) attrs.set("axis", *axis);
  if (dtype != DType::int32 && dtype != DType::int64)
    return t.set_output(0, t.add("QuantizeLinear", {inputs.begin(), inputs.end()}, attrs));
  const Term scale = cast(input(t, 1), DType::float64);
  if (scale.rank() > 0) t.refuse("its output of {} is quantised per axis", name_of(dtype));
  Term steps = compute("Round", {cast(input(t, 0), DType::float64) / scale});
  if (t.input(2)) steps = steps + cast(input(t, 2), DType::float64);
  set_output(t, 0, cast(steps, dtype));
}

}  // namespace

OpMappings pass_through_ops() {
  return {
      {"tflite.BITCAST", "BitCast", raise_bitcast, nullptr, "types of one width"},
      {"tflite.CAST", "Cast", raise_cast, nullptr, ""},
      {"tflite.DENSIFY", "Identity", raise_identity, nullptr,
       "sparse constants are expanded when the file is read"},
      {"tflite.DEQUANTIZE", "DequantizeLinear", raise_dequantize, nullptr, ""},
      {"tflite.DequantizeLinear", "DequantizeLinear", raise_dequantize_linear, nullptr,
       "how quantised inputs are read"},
      {"tflite.FAKE_QUANT", "QuantizeLinear", raise_fake_quantization, nullptr, ""},
      {"tflite.QUANTIZE", "QuantizeLinear", raise_identity, nullptr, ""},
      {"tflite.QuantizeLinear", "QuantizeLinear", raise_quantize_linear, nullptr,
       "how quantised outputs are read"},
  };
}

}  // namespace modelconv::tflite
