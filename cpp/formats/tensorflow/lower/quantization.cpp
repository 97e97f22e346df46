// Quantised operators as arithmetic: the numbers are those of ONNX, rounding included.
#include <limits>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

struct Range {
  double low, high;
};

Range range_of(const Translation& t, DType dtype) {
  switch (dtype) {
    case DType::int8: return {-128, 127};
    case DType::uint8: return {0, 255};
    case DType::int16: return {-32768, 32767};
    case DType::uint16: return {0, 65535};
    case DType::int32: return {-2147483648.0, 2147483647.0};
    default: t.refuse("it quantises to {}", name_of(dtype));
  }
}

// A scale or zero point per element of an axis, brought to that axis.
Term along(const Term& parameter, size_t rank, int64_t axis, const Translation& t) {
  if (parameter.rank() == 0) return parameter;
  if (parameter.rank() != 1) t.refuse("its scales stand in blocks");
  const Dim count = parameter.value().shape()[0];
  if (count.equals(1)) return reshape(parameter, std::vector<int64_t>{});
  std::vector<int64_t> dims(rank, 1);
  dims[normalize_axis(axis, rank)] = -1;
  return reshape(parameter, dims);
}

Term quantized(const Term& steps, const Term* zero_point, DType dtype) {
  Translation& t = steps.translation();
  const Range range = range_of(t, dtype);
  Term shifted = compute("Round", {steps});
  if (zero_point) shifted = shifted + cast(*zero_point, shifted.dtype());
  return cast(clip(shifted, range.low, range.high), dtype);
}

int64_t axis_of(const Translation& t) { return t.node().attrs.get_or<int64_t>("axis", 1); }

void lower_quantize(Translation& t) {
  if (t.node().attrs.get_or<int64_t>("block_size", 0) != 0) t.refuse("its scales stand in blocks");
  Term x = input(t, 0), scale = input(t, 1);
  if (is_integer(x.dtype())) x = cast(x, DType::float32);
  const auto wide = static_cast<DType>(t.node().attrs.get_or<int64_t>("precision", 0));
  if (wide != DType::undefined) x = cast(x, wide);
  const DType dtype = t.node().output()->dtype();
  const Term steps = x / cast(along(scale, x.rank(), axis_of(t), t), x.dtype());
  if (!t.input(2)) return set_output(t, 0, quantized(steps, nullptr, dtype));
  const Term zero = along(input(t, 2), x.rank(), axis_of(t), t);
  set_output(t, 0, quantized(steps, &zero, dtype));
}

Term dequantized(const Term& x, const Term& scale, const Term* zero_point) {
  const Term whole = cast(x, DType::int32);
  const Term centred = zero_point ? whole - cast(*zero_point, DType::int32) : whole;
  return cast(centred, scale.dtype()) * scale;
}

void lower_dequantize(Translation& t) {
  if (t.node().attrs.get_or<int64_t>("block_size", 0) != 0) t.refuse("its scales stand in blocks");
  const Term x = input(t, 0), scale = along(input(t, 1), x.rank(), axis_of(t), t);
  if (!is_integer(x.dtype())) t.refuse("its input is {}", name_of(x.dtype()));
  const DType dtype = t.node().output()->dtype();
  if (!t.input(2)) return set_output(t, 0, cast(dequantized(x, scale, nullptr), dtype));
  const Term zero = along(input(t, 2), x.rank(), axis_of(t), t);
  set_output(t, 0, cast(dequantized(x, scale, &zero), dtype));
}

// The range of the input, grown so that 0 is in it, in 255 steps.
void lower_dynamic_quantize(Translation& t) {
  const Term x = input(t, 0), zero = number(t, x.dtype(), 0);
  const Attrs whole = {{"keepdims", int64_t{0}}};
  const Term high = maximum(compute("ReduceMax", {x}, whole), zero),
             low = minimum(compute("ReduceMin", {x}, whole), zero);
  const Term scale = (high - low) / 255.0;
  const Term first = compute("Round", {clip(-low / scale, 0, 255)});
  const Term zero_point = cast(first, DType::uint8);
  set_output(t, 0, quantized(x / scale, &zero_point, DType::uint8));
  set_output(t, 1, scale);
  set_output(t, 2, zero_point);
}

// --- products of integers
Term centred(const Term& x, const Value* zero_point, size_t rank, int64_t axis) {
  const Term whole = cast(x, DType::int32);
  if (!zero_point) return whole;
  Translation& t = x.translation();
  const Term zero = cast(Term(t, const_cast<Value&>(*zero_point)), DType::int32);
  if (zero.rank() == 0) return whole - zero;
  if (zero.rank() != 1) return whole - zero;
  return whole - along(zero, rank, axis, t);
}

// The rows of the left side and the columns of the right one have zero points of their own.
void lower_matmul_integer(Translation& t) {
  const Term a = input(t, 0), b = input(t, 1);
  const Term product =
      compute("MatMul", {centred(a, t.input(2), a.rank(), -2), centred(b, t.input(3), b.rank(), -1)});
  set_output(t, 0, product);
}

Attrs same_attrs(const Translation& t) {
  Attrs attrs;
  for (const auto& [name, value] : t.node().attrs) attrs.set(name, value);
  return attrs;
}

void lower_conv_integer(Translation& t) {
  const Term x = input(t, 0), w = input(t, 1);
  set_output(t, 0,
             compute("nhwc.Conv", {centred(x, t.input(2), x.rank(), -1), centred(w, t.input(3), w.rank(), 0)},
                     same_attrs(t)));
}

// x, its scale and zero point, w with its own, those of the result, and a bias in int32.
void lower_qlinear_conv(Translation& t) {
  const Term x = input(t, 0), w = input(t, 3);
  std::vector<Term> inputs = {centred(x, t.input(2), x.rank(), -1), centred(w, t.input(5), w.rank(), 0)};
  if (t.input(8)) inputs.push_back(input(t, 8));
  const Term sum = compute("nhwc.Conv", inputs, same_attrs(t));
  const Term scale = input(t, 1) * input(t, 4) / input(t, 6);
  const Term zero = input(t, 7);
  const Term by_channel = scale.rank() == 0 ? scale : reshape(scale, {-1});
  set_output(t, 0, quantized(cast(sum, DType::float32) * by_channel, &zero, zero.dtype()));
}

void lower_qlinear_matmul(Translation& t) {
  const Term a = input(t, 0), b = input(t, 3);
  const Term sum =
      compute("MatMul", {centred(a, t.input(2), a.rank(), -2), centred(b, t.input(5), b.rank(), -1)});
  const auto rank = std::max<size_t>(2, t.rank_of(sum.value()));
  const auto spread = [&](const Term& scale, int64_t axis) {
    return scale.rank() == 1 ? along(scale, rank, axis, t) : scale;
  };
  const DType wide = DType::float32;
  const Term scale = cast(spread(input(t, 1), -2), wide) * cast(spread(input(t, 4), -1), wide) /
                     cast(spread(input(t, 6), -2), wide);
  const Term zero = spread(input(t, 7), -2);
  set_output(t, 0, quantized(cast(sum, wide) * scale, &zero, zero.dtype()));
}

}  // namespace

OpMappings lower_quantization() {
  return {
      {"tf.Round", "QuantizeLinear", nullptr, lower_quantize, "integers of 8, 16, 32 bits; no blocks"},
      {"tf.Mul", "DequantizeLinear", nullptr, lower_dequantize, "integers of 8, 16, 32 bits; no blocks"},
      {"tf.Round", "DynamicQuantizeLinear", nullptr, lower_dynamic_quantize, ""},
      {"tf.MatMul", "MatMulInteger", nullptr, lower_matmul_integer, ""},
      {"tf.Conv2D", "nhwc.ConvInteger", nullptr, lower_conv_integer, ""},
      {"tf.Conv2D", "nhwc.QLinearConv", nullptr, lower_qlinear_conv, ""},
      {"tf.MatMul", "QLinearMatMul", nullptr, lower_qlinear_matmul, ""},
  };
}

}  // namespace modelconv::tensorflow
