// Scales and zero points of the integer operators.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "ops/kernel.h"

namespace modelconv {

// The elements of an 8-bit tensor minus a zero point, as floats: what multiply_bytes takes. `zero(i)` is the zero
// point of element i.
template <class Zero>
std::vector<float> centered(const KernelContext& context, const Tensor& tensor, const Zero& zero) {
  std::vector<float> values(static_cast<size_t>(tensor.size()));
  const auto convert = [&](const auto* source) {
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(source[i]) - zero(static_cast<int64_t>(i));
  };
  if (tensor.dtype() == DType::int8)
    convert(tensor.data<int8_t>().data());
  else if (tensor.dtype() == DType::uint8)
    convert(tensor.data<uint8_t>().data());
  else
    context.fail("no kernel for {}", name_of(tensor.dtype()));
  return values;
}

// Input `index` as floats; {0} when it is left out.
inline std::vector<float> zero_points(const KernelContext& context, size_t index) {
  if (!context.has_input(index)) return {0};
  const std::vector<double> values = context.input(index).to_double();
  return std::vector<float>(values.begin(), values.end());
}

// round(x) + zero point within the type's range; halves round to even.
template <class T>
T saturate_rounded(float x, float zero_point) {
  const float rounded = std::nearbyint(x) + zero_point;
  if (!(rounded > static_cast<float>(std::numeric_limits<T>::lowest())))
    return std::numeric_limits<T>::lowest();
  if (rounded >= static_cast<float>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
  return static_cast<T>(rounded);
}

// How ONNX's DynamicQuantizeLinear maps floats to uint8: the range, widened to hold 0, becomes 0 ... 255.
struct ByteRange {
  float scale = 1, zero_point = 0;
};
ByteRange dynamic_range(const float* x, int64_t count);
// x rounded to that grid, minus the zero point: whole numbers.
std::vector<float> dynamically_centered(const float* x, int64_t count, const ByteRange& range);

// Input `index` times scale (input `scale`) and with zero point (input `zero`, may be left out) as floats.
std::vector<float> dequantized(const KernelContext& context, size_t index, size_t scale, size_t zero);
// Output 0 of dtype `dtype`, int8 or uint8, from real values.
void set_quantized(KernelContext& context, DType dtype, const Dims& dims, const std::vector<float>& values,
                   size_t scale, size_t zero);

}  // namespace modelconv
