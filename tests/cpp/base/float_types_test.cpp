#include "base/float_types.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/error.h"

namespace modelconv {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

static_assert(Half::from_float(1.0F).bits == 0x3C00);
static_assert(Half::from_float(65520.0F).bits == 0x7C00);  // the first number that rounds to infinity
static_assert(Half{0x0001}.to_float() == 0x1p-24F);
static_assert(BFloat16{0x0001}.to_float() == 0x1p-133F);

template <typename T>
uint32_t crc_of(const std::vector<T>& values) {
  return static_cast<uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(values.data()),
                                       static_cast<uInt>(values.size() * sizeof(T))));
}

template <typename T>
uint32_t decoded_crc(int bits) {
  std::vector<uint32_t> words;
  for (uint32_t i = 0; i < 1U << bits; ++i) {
    const float value = T{static_cast<decltype(T::bits)>(i)}.to_float();
    words.push_back(std::isnan(value) ? 0x7FC00000U : std::bit_cast<uint32_t>(value));
  }
  return crc_of(words);
}

// The same values as in tests/data/make_float_types.py.
template <typename T>
uint32_t encoded_crc() {
  std::vector<decltype(T::bits)> patterns;
  const auto add = [&](uint32_t word) {
    if ((word & 0x7FFFFFFFU) > 0x7F800000U) return;
    const auto value = std::bit_cast<float>(word);
    if constexpr (std::is_same_v<T, Float8E8M0>) {
      if (word >= 0x00800000U && word < 0x80000000U)
        patterns.push_back(T::from_float(value, false, ScaleRounding::nearest).bits);
    } else {
      patterns.push_back(T::from_float(value, false).bits);
    }
  };
  for (uint32_t i = 0; i < 1U << 16; ++i) add(i << 16 | ((i * 40503U) & 0xFFFFU));
  for (const uint32_t edge : {0x0000U, 0x0001U, 0x7FFFU, 0x8000U, 0x8001U, 0xFFFFU})
    for (uint32_t i = 0; i < 1U << 16; ++i) add(i << 16 | edge);
  return crc_of(patterns);
}

template <typename T>
void expect_as_in_table(const std::string& name, int bits) {
  std::ifstream table(MODELCONV_TEST_DATA "/float_types.txt");
  std::string type;
  uint32_t decoded = 0, encoded = 0;
  while (table >> type >> std::hex >> decoded >> encoded)
    if (type == name) {
      EXPECT_EQ(decoded_crc<T>(bits), decoded) << name;
      EXPECT_EQ(encoded_crc<T>(), encoded) << name;
      return;
    }
  FAIL() << name << " is not in the table";
}

TEST(FloatTypes, AgreeWithMlDtypes) {
  expect_as_in_table<Half>("float16", 16);
  expect_as_in_table<BFloat16>("bfloat16", 16);
  expect_as_in_table<Float8E4M3FN>("float8e4m3fn", 8);
  expect_as_in_table<Float8E4M3FNUZ>("float8e4m3fnuz", 8);
  expect_as_in_table<Float8E5M2>("float8e5m2", 8);
  expect_as_in_table<Float8E5M2FNUZ>("float8e5m2fnuz", 8);
  expect_as_in_table<Float8E8M0>("float8e8m0", 8);
  expect_as_in_table<Float6E2M3>("float6e2m3", 6);
  expect_as_in_table<Float6E3M2>("float6e3m2", 6);
  expect_as_in_table<Float4E2M1>("float4e2m1", 4);
}

// Between two neighbours every value goes to the nearer one, and the middle to the even one.
template <typename T>
void expect_nearest_even() {
  for (uint32_t low = 0; low < T::kLargest; ++low) {
    const T a{static_cast<typename T::Storage>(low)}, b{static_cast<typename T::Storage>(low + 1)};
    if (a.is_nan() || b.is_nan()) continue;
    const float middle = static_cast<float>((static_cast<double>(a.to_float()) + b.to_float()) / 2);
    ASSERT_EQ(T::from_float(a.to_float()).bits, a.bits);
    ASSERT_EQ(T::from_float(middle).bits, low % 2 == 0 ? a.bits : b.bits) << low;
    ASSERT_EQ(T::from_float(std::nextafter(middle, 0.0F)).bits, a.bits) << low;
    ASSERT_EQ(T::from_float(std::nextafter(middle, kInf)).bits, b.bits) << low;
  }
}

TEST(FloatTypes, RoundToNearestEven) {
  expect_nearest_even<Half>();
  expect_nearest_even<BFloat16>();
  expect_nearest_even<Float8E4M3FN>();
  expect_nearest_even<Float8E4M3FNUZ>();
  expect_nearest_even<Float8E5M2>();
  expect_nearest_even<Float8E5M2FNUZ>();
  expect_nearest_even<Float6E2M3>();
  expect_nearest_even<Float6E3M2>();
  expect_nearest_even<Float4E2M1>();
}

// The two tables of the ONNX operator Cast: 0, -0, NaN, Inf, -Inf, too large, too small.
template <typename T>
std::vector<int> cast_row(bool saturate) {
  std::vector<int> row;
  for (const float value : {0.0F, -0.0F, kNan, kInf, -kInf, 1e30F, -1e30F})
    row.push_back(T::from_float(value, saturate).bits);
  return row;
}

TEST(FloatTypes, SaturateAsOnnxCast) {
  using Row = std::vector<int>;
  EXPECT_EQ(cast_row<Float8E4M3FN>(true), (Row{0, 0x80, 0x7F, 0x7E, 0xFE, 0x7E, 0xFE}));
  EXPECT_EQ(cast_row<Float8E4M3FN>(false), (Row{0, 0x80, 0x7F, 0x7F, 0xFF, 0x7F, 0xFF}));
  EXPECT_EQ(cast_row<Float8E4M3FNUZ>(true), (Row{0, 0, 0x80, 0x7F, 0xFF, 0x7F, 0xFF}));
  EXPECT_EQ(cast_row<Float8E4M3FNUZ>(false), (Row{0, 0, 0x80, 0x80, 0x80, 0x80, 0x80}));
  EXPECT_EQ(cast_row<Float8E5M2>(true), (Row{0, 0x80, 0x7E, 0x7B, 0xFB, 0x7B, 0xFB}));
  EXPECT_EQ(cast_row<Float8E5M2>(false), (Row{0, 0x80, 0x7E, 0x7C, 0xFC, 0x7C, 0xFC}));
  EXPECT_EQ(cast_row<Float8E5M2FNUZ>(true), (Row{0, 0, 0x80, 0x7F, 0xFF, 0x7F, 0xFF}));
  EXPECT_EQ(cast_row<Float8E5M2FNUZ>(false), (Row{0, 0, 0x80, 0x80, 0x80, 0x80, 0x80}));
  EXPECT_EQ(cast_row<Float4E2M1>(false), (Row{0, 0x8, 0x8, 0x7, 0xF, 0x7, 0xF}));
  EXPECT_EQ(cast_row<Float6E2M3>(true), (Row{0, 0x20, 0x20, 0x1F, 0x3F, 0x1F, 0x3F}));
}

TEST(FloatTypes, ScalesAsOnnxCast) {
  const auto up = [](float x) { return static_cast<int>(Float8E8M0::from_float(x).bits); };
  EXPECT_EQ(up(1.0F), 127);
  EXPECT_EQ(up(1.01F), 128);
  EXPECT_EQ(up(0.0F), 0);
  EXPECT_EQ(up(0x1p-127F), 0);
  EXPECT_EQ(up(kInf), 254);
  EXPECT_EQ(up(3e38F), 254);
  EXPECT_EQ(up(kNan), 255);
  const auto plain = [](float x, ScaleRounding r) {
    return static_cast<int>(Float8E8M0::from_float(x, false, r).bits);
  };
  EXPECT_EQ(plain(1.9F, ScaleRounding::down), 127);
  EXPECT_EQ(plain(1.49F, ScaleRounding::nearest), 127);
  EXPECT_EQ(plain(1.5F, ScaleRounding::nearest), 128);
  EXPECT_EQ(plain(0.0F, ScaleRounding::nearest), 255);
  EXPECT_EQ(plain(kInf, ScaleRounding::nearest), 255);
}

TEST(FloatTypes, BulkConversionsRoundTrip) {
  const std::vector<float> values = {0.0F,  1.0F, -1.5F, 4.0F,
                                     -0.5F, 2.0F, 6.0F};  // all of them exact in 4 bits
  const auto n = static_cast<int64_t>(values.size());
  for (const DType dtype : {DType::float64, DType::float32, DType::float16, DType::bfloat16,
                            DType::float8e4m3fn, DType::float8e4m3fnuz, DType::float8e5m2,
                            DType::float8e5m2fnuz, DType::float6e2m3, DType::float6e3m2, DType::float4e2m1}) {
    std::vector<std::byte> stored(storage_bytes(dtype, n));  // no byte more: the sanitizer would tell
    std::vector<float> back(values.size());
    from_float(values.data(), n, dtype, stored.data());
    to_float(dtype, stored.data(), n, back.data());
    EXPECT_EQ(back, values) << name_of(dtype);
  }
}

TEST(FloatTypes, PackTheFirstElementLowest) {
  const std::vector<uint8_t> values = {1, 0xFE, 3, 0xFC, 5};
  std::vector<std::byte> packed(3);
  pack(values.data(), 5, DType::int4, packed.data());
  EXPECT_EQ(packed, (std::vector<std::byte>{std::byte{0xE1}, std::byte{0xC3}, std::byte{0x05}}));
  std::vector<uint8_t> back(5);
  unpack(DType::int4, packed.data(), 5, back.data());
  EXPECT_EQ(back, values);
  std::vector<float> floats(5);
  to_float(DType::int4, packed.data(), 5, floats.data());
  EXPECT_EQ(floats, (std::vector<float>{1, -2, 3, -4, 5}));
  to_float(DType::uint4, packed.data(), 5, floats.data());
  EXPECT_EQ(floats, (std::vector<float>{1, 14, 3, 12, 5}));
}

// byte0 = x0 | x1 << 6, byte1 = x1 >> 2 | x2 << 4, byte2 = x2 >> 4 | x3 << 2 (onnx.proto, TensorProto.raw_data).
TEST(FloatTypes, PackSixBitsAsOnnx) {
  const std::vector<uint8_t> values = {0x21, 0x32, 0x13, 0x3C, 0x15};
  std::vector<std::byte> packed(storage_bytes(DType::float6e2m3, 5));
  ASSERT_EQ(packed.size(), 4U);
  pack(values.data(), 5, DType::float6e2m3, packed.data());
  EXPECT_EQ(packed,
            (std::vector<std::byte>{std::byte{0xA1}, std::byte{0x3C}, std::byte{0xF1}, std::byte{0x15}}));
  std::vector<uint8_t> back(5);
  unpack(DType::float6e2m3, packed.data(), 5, back.data());
  EXPECT_EQ(back, values);
}

TEST(FloatTypes, RefuseOtherTypes) {
  float value = 0;
  std::byte byte{};
  EXPECT_THROW(to_float(DType::string, &byte, 1, &value), BadArgument);
  EXPECT_THROW(from_float(&value, 1, DType::int8, &byte), BadArgument);
  EXPECT_THROW(storage_bytes(DType::float32, -1), ShapeError);
}

}  // namespace
}  // namespace modelconv
