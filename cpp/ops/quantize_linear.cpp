// QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"
#include "ops/convert.h"
#include "ops/elementwise.h"
#include "ops/quantization.h"

namespace modelconv {
namespace {

const Tensor* optional_input(const KernelContext& context, size_t index) {
  return context.has_input(index) ? &context.input(index) : nullptr;
}

// Rounds to the type in which ONNX has the division done; nothing for float.
float rounded_to(float value, DType precision) {
  if (precision == DType::float16) return Half::from_float(value).to_float();
  if (precision == DType::bfloat16) return BFloat16::from_float(value).to_float();
  return value;
}

DType division_precision(const KernelContext& context) {
  const int64_t precision = int_attr(context.node(), "precision");
  if (precision == 0) return context.input(1).dtype();
  return dtype_attr(context.node(), "precision");
}

// x as floats of type T: its own memory where it has that type.
template <class T>
Tensor as_floats(KernelContext& context, const Tensor& x) {
  if (x.dtype() == dtype_of<T>) return x;
  Tensor wide = Tensor::allocate(dtype_of<T>, x.dims());
  convert_elements(x, wide, {}, context.threads());
  return wide;
}

struct QuantizeTarget {
  DType dtype;
  double low, high;  // of integers
  // Adding a zero point of 0 turns -0 into 0. The reference implementation adds it to floats below 8 bits only.
  bool adds_zero_point;
};

QuantizeTarget quantize_target(DType dtype, bool has_zero_point) {
  const int bits = bit_width(dtype);
  const double low = is_signed(dtype) ? -std::ldexp(1, bits - 1) : 0;
  return {dtype, low, low + std::ldexp(1, bits) - 1, has_zero_point && bits < 8};
}

// The quantised values, still as T: conversion to the target follows, which rounds them to narrow floats.
template <class T>
void quantize_run(const T* x, T* q, int64_t count, const float* scale, const float* zero, int64_t step,
                  const QuantizeTarget& target, DType precision) {
  const bool half = precision == DType::float16 || precision == DType::bfloat16;
  const bool integer = !is_float(target.dtype);
  const auto low = static_cast<T>(target.low), high = static_cast<T>(target.high);
  for (int64_t i = 0; i < count; ++i) {
    const auto s = static_cast<T>(scale[i * step]), z = static_cast<T>(zero[i * step]);
    T quotient;
    if (half)
      quotient = static_cast<T>(rounded_to(
          rounded_to(static_cast<float>(x[i]), precision) / rounded_to(static_cast<float>(s), precision),
          precision));
    else
      quotient = x[i] / s;
    if (!integer) {
      q[i] = target.adds_zero_point || z != 0 ? quotient + z : quotient;
      continue;
    }
    const T value = std::nearbyint(quotient) + z;
    q[i] = value < low ? low : value > high ? high : value;
  }
}

template <class T>
void quantize_as(KernelContext& context, DType dtype) {
  const Tensor& scale = context.input(1);
  const Tensor* zero_point = optional_input(context, 2);
  const Tensor x = as_floats<T>(context, context.input(0));
  const QuantizationLayout layout(context, x, scale, zero_point);
  const std::vector<float> scales = parameter_values(&scale, scale.size());
  const std::vector<float> zeros = parameter_values(zero_point, scale.size());
  const QuantizeTarget target = quantize_target(dtype, zero_point != nullptr);
  const DType precision = division_precision(context);
  Tensor quantized = Tensor::allocate(dtype_of<T>, x.dims());
  const T* source = elements<T>(x);
  T* values = mutable_elements<T>(quantized);
  layout.for_each_run(context.threads(), [&](int64_t first, int64_t count, int64_t at, int64_t step) {
    quantize_run(source + first, values + first, count, scales.data() + at, zeros.data() + at, step, target,
                 precision);
  });
  CastOptions options;
  options.saturate = int_attr(context.node(), "saturate") != 0;
  convert_elements(quantized, context.allocate(0, dtype, x.dims()), options, context.threads());
}

// The zero point's type, else output_dtype, else uint8.
DType quantized_type(const Node& node, DType zero_point) {
  if (zero_point != DType::undefined) return zero_point;
  return int_attr(node, "output_dtype") == 0 ? DType::uint8 : dtype_attr(node, "output_dtype");
}

void quantize_kernel(KernelContext& context) {
  const DType zero_point = context.has_input(2) ? context.input(2).dtype() : DType::undefined;
  const DType dtype = quantized_type(context.node(), zero_point);
  const bool possible = dtype == DType::boolean || is_integer(dtype) || is_float(dtype);
  if (!possible || bit_width(dtype) > 16) context.fail("elements cannot be quantized to {}", name_of(dtype));
  if (!can_convert(context.input(0).dtype(), DType::float32))
    context.fail("the first input holds no numbers");
  // Accumulators of 32 bits do not fit into a float.
  if (context.input(0).dtype() == DType::int32) return quantize_as<double>(context, dtype);
  quantize_as<float>(context, dtype);
}

void infer_quantize(InferContext& context) {
  const DType dtype =
      quantized_type(context.node(), context.has_input(2) ? context.input_dtype(2) : DType::undefined);
  context.set_output(0, dtype, context.input_shape(0));
}

DType dequantized_type(const Node& node, DType scale) {
  return int_attr(node, "output_dtype") == 0 ? scale : dtype_attr(node, "output_dtype");
}

void dequantize_run(float* y, int64_t count, const float* scale, const float* zero, int64_t step) {
  if (step == 0) {
    const float s = *scale, z = *zero;
    for (int64_t i = 0; i < count; ++i) y[i] = (y[i] - z) * s;
  } else {
    for (int64_t i = 0; i < count; ++i) y[i] = (y[i] - zero[i]) * scale[i];
  }
}

void dequantize_kernel(KernelContext& context) {
  const Tensor &x = context.input(0), &scale = context.input(1);
  const Tensor* zero_point = optional_input(context, 2);
  const DType dtype = dequantized_type(context.node(), scale.dtype());
  if (!is_float(dtype) || !can_convert(x.dtype(), DType::float32))
    context.fail("these types cannot be dequantized");
  const QuantizationLayout layout(context, x, scale, zero_point);
  const std::vector<float> scales = parameter_values(&scale, scale.size());
  const std::vector<float> zeros = parameter_values(zero_point, scale.size());
  Tensor wide = dtype == DType::float32 ? context.allocate(0, dtype, x.dims())
                                        : Tensor::allocate(DType::float32, x.dims());
  convert_elements(x, wide, {}, context.threads());
  float* y = mutable_elements<float>(wide);
  layout.for_each_run(context.threads(), [&](int64_t first, int64_t count, int64_t at, int64_t step) {
    dequantize_run(y + first, count, scales.data() + at, zeros.data() + at, step);
  });
  if (dtype != DType::float32)
    convert_elements(wide, context.allocate(0, dtype, x.dims()), {}, context.threads());
}

void infer_dequantize(InferContext& context) {
  context.set_output(0, dequantized_type(context.node(), context.input_dtype(1)), context.input_shape(0));
}

// To uint8, with a scale such that the range, extended to contain 0, just fits.
void dynamic_quantize_kernel(KernelContext& context) {
  const Tensor& x = context.input(0);
  if (x.dtype() != DType::float32) context.fail("the input must be float32");
  float low = 0, high = 0;
  for (const float value : x.data<float>()) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  const float scale = low == high ? 1.0F / 255.0F : (high - low) / 255.0F;
  const float zero = std::nearbyint(std::clamp(0.0F - low / scale, 0.0F, 255.0F));
  Tensor& y = context.allocate(0, DType::uint8, x.dims());
  const float* source = elements<float>(x);
  uint8_t* target = mutable_elements<uint8_t>(y);
  context.threads().parallel_for(y.size(), kElementsPerTask, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float value = std::nearbyint(source[i] / scale) + zero;
      target[i] = value > 0.0F ? static_cast<uint8_t>(std::min(value, 255.0F)) : uint8_t{0};
    }
  });
  context.set_output(1, Tensor::scalar(scale));
  context.set_output(2, Tensor::scalar(static_cast<uint8_t>(zero)));
}

void infer_dynamic_quantize(InferContext& context) {
  context.set_output(0, DType::uint8, context.input_shape(0));
  context.set_output(1, DType::float32, Shape::of({}));
  context.set_output(2, DType::uint8, Shape::of({}));
}

std::optional<AxisMove> axes_dynamic_quantize(const Node& node, size_t index, const Permutation& p) {
  std::optional<AxisMove> move = axes_follow_first(node, index, p);
  if (move)
    for (size_t i = 1; i < move->outputs.size(); ++i) move->outputs[i] = std::nullopt;
  return move;
}

}  // namespace

OpDefs quantize_linear_ops() {
  return {
      OpDef("QuantizeLinear").infer(infer_quantize).axes(axes_quantization).evaluate(quantize_kernel),
      OpDef("DequantizeLinear").infer(infer_dequantize).axes(axes_quantization).evaluate(dequantize_kernel),
      OpDef("DynamicQuantizeLinear")
          .infer(infer_dynamic_quantize)
          .axes(axes_dynamic_quantize)
          .evaluate(dynamic_quantize_kernel)};
}

}  // namespace modelconv
