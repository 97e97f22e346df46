#include <cmath>
#include <limits>

#include "expect_values.h"
#include "run_op.h"

namespace modelconv {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();

Tensor cast(const Tensor& x, DType to, Attrs attrs = {}) {
  attrs.set("to", static_cast<int64_t>(to));
  return run_op("Cast", {x}, attrs)[0];
}

TEST(Cast, BetweenNumbers) {
  const Tensor x = Tensor::vector(std::vector<float>{-1.9F, 0, 2.5F, 300});
  expect_exact<int32_t>(cast(x, DType::int32), {-1, 0, 2, 300});
  expect_exact<double>(cast(x, DType::float64), {static_cast<double>(-1.9F), 0, 2.5, 300});
  EXPECT_EQ(bytes_of(cast(x, DType::boolean)), (std::vector<int>{1, 0, 1, 1}));
  const Tensor wide = Tensor::vector(std::vector<int64_t>{200, -1, 1 << 20, int64_t{1} << 40});
  expect_exact<int8_t>(cast(wide, DType::int8), {-56, -1, 0, 0});  // higher bits are discarded
  expect_exact<uint64_t>(cast(wide, DType::uint64), {200, ~uint64_t{0}, 1 << 20, uint64_t{1} << 40});
  const Tensor largest = Tensor::scalar(~uint64_t{0});
  expect_exact<float>(cast(largest, DType::float32), {18446744073709551616.0F});
}

TEST(Cast, FloatsOutsideTheRangeOfAnInteger) {
  const Tensor x = Tensor::vector(std::vector<float>{kNan, kInf, -kInf, 1e20F});
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();
  expect_exact<int64_t>(cast(x, DType::int64), {0, kMost, kLeast, kMost});
  expect_exact<uint8_t>(cast(x, DType::uint8), {0, 255, 0, 255});
}

TEST(Cast, DoublesAreRoundedOnce) {
  // Just above the middle between 1 and the next half: as a float it is the middle, which would round to 1.
  const double value = 1 + std::ldexp(1, -11) + std::ldexp(1, -40);
  EXPECT_EQ(cast(Tensor::scalar(value), DType::float16).data<Half>()[0].bits, 0x3C01);
  EXPECT_EQ(cast(Tensor::scalar(-value), DType::float16).data<Half>()[0].bits, 0xBC01);
  EXPECT_EQ(cast(Tensor::scalar(1e300), DType::bfloat16).data<BFloat16>()[0].bits, 0x7F80);
}

TEST(Cast, PackedIntegersWrap) {
  const Tensor x = Tensor::vector(std::vector<float>{-9, -8, 7, 8, 1.9F});
  EXPECT_EQ(bytes_of(cast(x, DType::int4)), (std::vector<int>{0x87, 0x87, 0x01}));
  const Tensor back = cast(cast(x, DType::int4), DType::int32);
  expect_exact<int32_t>(back, {7, -8, 7, -8, 1});
  expect_exact<float>(cast(cast(x, DType::uint2), DType::float32), {3, 0, 3, 0, 1});
}

TEST(Cast, ManyPackedElements) {
  std::vector<int32_t> values;
  for (int i = 0; i < 5000; ++i) values.push_back(i * 7 % 16 - 8);
  const Tensor x = Tensor::vector(values);
  expect_exact<int32_t>(cast(cast(x, DType::int4), DType::int32), values);
}

TEST(Cast, NarrowFloats) {
  const Tensor x = Tensor::vector(std::vector<float>{1, 1000, -kInf, kNan});
  EXPECT_EQ(bytes_of(cast(x, DType::float8e4m3fn)), (std::vector<int>{0x38, 0x7E, 0xFE, 0x7F}));
  EXPECT_EQ(bytes_of(cast(x, DType::float8e4m3fn, {{"saturate", int64_t{0}}})),
            (std::vector<int>{0x38, 0x7F, 0xFF, 0x7F}));
  const Tensor scales = Tensor::vector(std::vector<float>{1, 1.25F, 1.5F, 0});
  const auto row = [&](const char* mode) {
    return bytes_of(cast(scales, DType::float8e8m0, {{"round_mode", mode}}));
  };
  EXPECT_EQ(row("up"), (std::vector<int>{127, 128, 128, 0}));
  EXPECT_EQ(row("down"), (std::vector<int>{127, 127, 127, 0}));
  EXPECT_EQ(row("nearest"), (std::vector<int>{127, 127, 128, 0}));
  EXPECT_THROW(row("sideways"), MalformedModelError);
}

TEST(Cast, Strings) {
  const Tensor x = Tensor::vector(std::vector<float>{0.1F, 1, -1e-5F, kInf, kNan, 1e16F});
  expect_exact<std::string>(cast(x, DType::string), {"0.1", "1.0", "-1e-05", "inf", "nan", "1e+16"});
  const Tensor half = Tensor::scalar(Half::from_float(0.1F));
  expect_exact<std::string>(cast(half, DType::string), {"0.1"});
  expect_exact<std::string>(cast(Tensor::scalar(int64_t{-5}), DType::string), {"-5"});
  const Tensor texts = Tensor::vector(std::vector<std::string>{"3.14", " +INF", "-inf", "NaN", "1e-5"});
  expect_exact<float>(cast(texts, DType::float32), {3.14F, kInf, -kInf, kNan, 1e-5F});
  const Tensor whole = Tensor::vector(std::vector<std::string>{"9223372036854775807", "100.5", "-2"});
  expect_exact<int64_t>(cast(whole, DType::int64), {std::numeric_limits<int64_t>::max(), 100, -2});
  EXPECT_THROW(cast(Tensor::scalar(std::string("Hello")), DType::float32), BadArgument);
  EXPECT_THROW(cast(Tensor::scalar(std::string("")), DType::int32), BadArgument);
}

TEST(Cast, LikeAnotherTensor) {
  const Tensor x = Tensor::vector(std::vector<float>{1.5F}), like = Tensor::scalar(int16_t{0});
  expect_exact<int16_t>(run_op("CastLike", {x, like})[0], {1});
}

TEST(Cast, WrongTypesAreErrors) {
  const Tensor x = Tensor::scalar(1.0F);
  EXPECT_THROW(run_op("Cast", {x}, {{"to", int64_t{99}}}), MalformedModelError);
  EXPECT_THROW(run_op("Cast", {x}, {}), MalformedModelError);
  EXPECT_THROW(cast(x, DType::complex64), ShapeError);
}

TEST(BitCast, KeepsTheBits) {
  const auto bits = [](const Tensor& x, DType to) {
    return run_op("BitCast", {x}, {{"to", static_cast<int64_t>(to)}})[0];
  };
  expect_exact<uint32_t>(bits(Tensor::scalar(1.0F), DType::uint32), {0x3F800000U});
  EXPECT_THROW(bits(Tensor::scalar(1.0F), DType::float64), ShapeError);
  EXPECT_THROW(bits(Tensor::scalar(std::string("a")), DType::float64), ShapeError);
}

// Sizes computed by a model pass through Cast.
TEST(Cast, CarriesSymbolicSizes) {
  Graph graph;
  Value& x = graph.add_input("x", Type::tensor(DType::float32, {Dim::symbol("N"), 4}));
  Node& shape = graph.add_node("Shape", {&x});
  Node& cast32 = graph.add_node("Cast", {shape.output()}, {{"to", static_cast<int64_t>(DType::int32)}});
  infer_graph(graph);
  ASSERT_TRUE(cast32.output()->elements.has_value());
  EXPECT_EQ((*cast32.output()->elements)[0].str(), "N");
  EXPECT_TRUE((*cast32.output()->elements)[1].equals(4));
}

}  // namespace
}  // namespace modelconv
