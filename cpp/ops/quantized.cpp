#include "ops/quantized.h"

#include <algorithm>

namespace modelconv {

ByteRange dynamic_range(const float* x, int64_t count) {
  float low = 0, high = 0;
  for (int64_t i = 0; i < count; ++i) {
    low = std::min(low, x[i]);
    high = std::max(high, x[i]);
  }
  ByteRange range;
  if (low < high) range.scale = (high - low) / 255;
  range.zero_point = std::nearbyint(std::clamp(-low / range.scale, 0.0F, 255.0F));
  return range;
}

std::vector<float> dynamically_centered(const float* x, int64_t count, const ByteRange& range) {
  std::vector<float> result(static_cast<size_t>(count));
  for (size_t i = 0; i < result.size(); ++i)
    result[i] =
        std::clamp(std::nearbyint(x[i] / range.scale) + range.zero_point, 0.0F, 255.0F) - range.zero_point;
  return result;
}

std::vector<float> dequantized(const KernelContext& context, size_t index, size_t scale, size_t zero) {
  const std::vector<float> scales = zero_points(context, scale), zeros = zero_points(context, zero);
  if (scales.size() != 1 || zeros.size() != 1) context.fail("scale and zero point must be scalars");
  std::vector<float> values = centered(context, context.input(index), [&](int64_t) { return zeros[0]; });
  for (float& value : values) value *= scales[0];
  return values;
}

void set_quantized(KernelContext& context, DType dtype, const Dims& dims, const std::vector<float>& values,
                   size_t scale, size_t zero) {
  const std::vector<float> scales = zero_points(context, scale), zeros = zero_points(context, zero);
  if (scales.size() != 1 || zeros.size() != 1) context.fail("scale and zero point must be scalars");
  const auto write = [&](auto span) {
    using T = std::remove_reference_t<decltype(span[0])>;
    for (size_t i = 0; i < span.size(); ++i) span[i] = saturate_rounded<T>(values[i] / scales[0], zeros[0]);
  };
  Tensor& y = context.allocate(0, dtype, dims);
  if (dtype == DType::int8) return write(y.mutable_data<int8_t>());
  if (dtype == DType::uint8) return write(y.mutable_data<uint8_t>());
  context.fail("no kernel for {}", name_of(dtype));
}

}  // namespace modelconv
