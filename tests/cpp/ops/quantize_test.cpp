#include <limits>

#include "expect_values.h"
#include "run_op.h"

namespace modelconv {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

Tensor floats(const Dims& dims, const std::vector<float>& values) { return Tensor::of(dims, values); }

TEST(QuantizeLinear, PerTensor) {
  const Tensor x = floats({6}, {0, 2, 3, 1000, -254, -kInf});
  const Tensor scale = Tensor::scalar(2.0F);
  expect_exact<uint8_t>(run_op("QuantizeLinear", {x, scale, Tensor::scalar(uint8_t{128})})[0],
                        {128, 129, 130, 255, 1, 0});
  expect_exact<uint8_t>(run_op("QuantizeLinear", {x, scale})[0], {0, 1, 2, 255, 0, 0});  // 1.5 to even
  expect_exact<int16_t>(run_op("QuantizeLinear", {x, scale, Tensor::scalar(int16_t{-1})})[0],
                        {-1, 0, 1, 499, -128, -32768});
  const Attrs int8{{"output_dtype", static_cast<int64_t>(DType::int8)}};
  expect_exact<int8_t>(run_op("QuantizeLinear", {x, scale}, int8)[0], {0, 1, 2, 127, -127, -128});
}

TEST(QuantizeLinear, PerAxisOnEveryAxis) {
  const Tensor x = floats({2, 3, 1}, {1, 2, 3, 4, 5, 6});
  const Tensor two = floats({2}, {1, 2}), three = floats({3}, {1, 2, 4});
  expect_exact<uint8_t>(run_op("QuantizeLinear", {x, two}, {{"axis", int64_t{0}}})[0], {1, 2, 3, 2, 2, 3});
  expect_exact<uint8_t>(run_op("QuantizeLinear", {x, three}, {{"axis", int64_t{-2}}})[0], {1, 1, 1, 4, 2, 2});
  const Tensor wide = floats({1, 3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor zero = Tensor::vector(std::vector<int8_t>{0, 1, 2});
  expect_exact<int8_t>(run_op("QuantizeLinear", {wide, three, zero})[0], {1, 2, 3, 3, 3, 4});
  EXPECT_THROW(run_op("QuantizeLinear", {wide, three}, {{"axis", int64_t{2}}}), ShapeError);
  EXPECT_THROW(run_op("QuantizeLinear", {wide, three}, {{"axis", int64_t{3}}}), ShapeError);
}

TEST(QuantizeLinear, Blocked) {
  const Attrs attrs{{"axis", int64_t{1}}, {"block_size", int64_t{2}}};
  const Tensor x = floats({2, 3}, {1, 2, 3, 4, 5, 6}), scale = floats({2, 2}, {1, 3, 2, 6});
  expect_exact<uint8_t>(run_op("QuantizeLinear", {x, scale}, attrs)[0], {1, 2, 1, 2, 2, 1});
  const Tensor deep = floats({1, 3, 2}, {1, 2, 3, 4, 5, 6}), scales = floats({1, 2, 2}, {1, 2, 5, 6});
  expect_exact<uint8_t>(run_op("QuantizeLinear", {deep, scales}, attrs)[0], {1, 1, 3, 2, 1, 1});
  EXPECT_THROW(run_op("QuantizeLinear", {x, x}, attrs), ShapeError);
  EXPECT_THROW(run_op("QuantizeLinear", {x, scale}, {{"axis", int64_t{1}}}), ShapeError);
}

TEST(QuantizeLinear, PackedAndNarrowTargets) {
  const Tensor x = floats({5}, {-20, -1, 0.6F, 7, 20}), scale = Tensor::scalar(1.0F);
  const auto quantized = [&](DType dtype) {
    return run_op("QuantizeLinear", {x, scale}, {{"output_dtype", static_cast<int64_t>(dtype)}})[0];
  };
  EXPECT_EQ(bytes_of(quantized(DType::int4)), (std::vector<int>{0xF8, 0x71, 0x07}));
  EXPECT_EQ(bytes_of(quantized(DType::uint2)), (std::vector<int>{0b11010000, 0b11}));
  EXPECT_EQ(bytes_of(quantized(DType::float8e4m3fn)), (std::vector<int>{0xDA, 0xB8, 0x32, 0x4E, 0x5A}));
  for (const DType dtype : {DType::int4, DType::float4e2m1, DType::float6e2m3, DType::float6e3m2}) {
    const Tensor back = run_op("DequantizeLinear", {quantized(dtype), scale})[0];
    EXPECT_EQ(back.data<float>()[1], -1) << name_of(dtype);
  }
}

TEST(QuantizeLinear, LargeAccumulatorsAreDividedExactly) {
  const Tensor x = Tensor::vector(std::vector<int32_t>{16777217 * 3, -2147483647 - 1});
  const Attrs attrs{{"output_dtype", static_cast<int64_t>(DType::int16)}};
  expect_exact<int16_t>(run_op("QuantizeLinear", {x, Tensor::scalar(16777217)}, attrs)[0], {3, -128});
}

TEST(DequantizeLinear, EveryGranularity) {
  const Tensor x = Tensor::of<int8_t>({2, 3}, {-128, 0, 127, 1, 2, 3});
  const Tensor scale = Tensor::scalar(0.5F), zero = Tensor::scalar(int8_t{2});
  expect_exact<float>(run_op("DequantizeLinear", {x, scale, zero})[0], {-65, -1, 62.5F, -0.5F, 0, 0.5F});
  expect_exact<float>(run_op("DequantizeLinear", {x, floats({3}, {1, 2, 3})})[0], {-128, 0, 381, 1, 4, 9});
  const Attrs blocked{{"axis", int64_t{1}}, {"block_size", int64_t{2}}};
  expect_exact<float>(run_op("DequantizeLinear", {x, floats({2, 2}, {1, 2, 3, 4})}, blocked)[0],
                      {-128, 0, 254, 3, 6, 12});
  const Tensor bias = Tensor::vector(std::vector<int32_t>{-3, 1000});
  expect_exact<float>(run_op("DequantizeLinear", {bias, scale})[0], {-1.5F, 500});
}

TEST(DequantizeLinear, TypeOfTheResult) {
  const Tensor x = Tensor::vector(std::vector<uint8_t>{3}), scale = Tensor::scalar(Half::from_float(0.5F));
  EXPECT_EQ(run_op("DequantizeLinear", {x, scale})[0].data<Half>()[0].bits, Half::from_float(1.5F).bits);
  const Attrs attrs{{"output_dtype", static_cast<int64_t>(DType::float32)}};
  expect_exact<float>(run_op("DequantizeLinear", {x, scale}, attrs)[0], {1.5F});
}

TEST(DynamicQuantizeLinear, RangeContainsZero) {
  const auto result = run_op("DynamicQuantizeLinear", {floats({3}, {0, 2, -3})}, {}, 3);
  expect_exact<uint8_t>(result[0], {153, 255, 0});
  expect_exact<float>(result[1], {5.0F / 255.0F});
  expect_exact<uint8_t>(result[2], {153});
  const auto positive = run_op("DynamicQuantizeLinear", {floats({2}, {1, 2})}, {}, 3);
  expect_exact<uint8_t>(positive[0], {127, 255});  // 1 / (2 / 255) is 127.49999 in float
  const auto constant = run_op("DynamicQuantizeLinear", {floats({2}, {0, 0})}, {}, 3);
  expect_exact<uint8_t>(constant[0], {0, 0});
}

}  // namespace
}  // namespace modelconv
