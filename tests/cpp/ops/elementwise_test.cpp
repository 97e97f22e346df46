#include <cmath>
#include <limits>

#include "expect_values.h"
#include "ops/op_def.h"
#include "run_op.h"

namespace modelconv {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();

Tensor floats(const std::vector<float>& values) { return Tensor::vector(values); }

TEST(Elementwise, FunctionsOfOneFloat) {
  struct Case {
    const char* op;
    Attrs attrs;
    std::vector<float> x;
    std::vector<double> y;
  };
  const Case cases[] = {
      {"Abs", {}, {-1.5F, -0.0F, kNan, -kInf}, {1.5, 0, kNan, kInf}},
      {"Sign", {}, {-3, -0.0F, 7, kNan}, {-1, 0, 1, kNan}},
      {"Round", {}, {0.5F, 1.5F, -2.5F, 2.6F, kInf}, {0, 2, -2, 3, kInf}},
      {"Reciprocal", {}, {4, -0.0F}, {0.25, -kInf}},
      {"Sqrt", {}, {4, -1}, {2, kNan}},
      {"Log", {}, {1, 0, -1}, {0, -kInf, kNan}},
      {"Relu", {}, {-1, 2, kNan}, {0, 2, kNan}},
      {"LeakyRelu", {}, {-1, 2, kNan}, {-0.009999999776482582, 2, kNan}},
      {"LeakyRelu", {{"alpha", 0.5F}}, {-1, 2}, {-0.5, 2}},
      {"Elu", {{"alpha", 2.0F}}, {-1, 2, -kInf}, {-1.2642411176571153, 2, -2}},
      {"Selu", {}, {-1, 1}, {-1.1113307378125628, 1.0507010221481323}},
      {"Celu", {{"alpha", 2.0F}}, {-1, 3}, {-0.7869386805747332, 3}},
      {"ThresholdedRelu", {}, {1, 1.5F, kNan}, {0, 1.5, kNan}},
      {"HardSigmoid", {}, {-10, 0, 1, 10}, {0, 0.5, 0.7, 1}},
      {"HardSwish", {}, {-4, 0, 1.5F, 4}, {0, 0, 1.125, 4}},
      {"Sigmoid", {}, {0, -50, 100, kNan}, {0.5, 1.9287498479639178e-22, 1, kNan}},
      {"Softplus", {}, {0, 100, -50}, {0.6931471805599453, 100, 1.9287498479639178e-22}},
      {"Softsign", {}, {-1, 3}, {-0.5, 0.75}},
      {"Gelu", {}, {1, -1}, {0.8413447460685429, -0.15865525393145707}},
      {"Gelu", {{"approximate", "tanh"}}, {1, -1}, {0.8411919906082768, -0.15880800939172324}},
      {"Mish", {}, {1, -1, 50}, {0.8650983882673103, -0.30340146137410895, 50}},
      {"Swish", {{"alpha", 2.0F}}, {1}, {0.8807970779778824}},
      {"Shrink", {{"lambd", 1.5F}, {"bias", 1.5F}}, {-2, 0, 2}, {-0.5, 0, 0.5}},
      {"Acosh", {}, {1, 2}, {0, 1.3169578969248166}},
      {"Erf", {}, {0.5F, -2}, {0.5204998778130465, -0.9953222650189527}},
  };
  for (const Case& c : cases) {
    expect_close(run_op(c.op, {floats(c.x)}, c.attrs)[0], c.y, c.op, 1e-6);
    const Tensor wide = Tensor::vector(std::vector<double>(c.x.begin(), c.x.end()));
    EXPECT_EQ(run_op(c.op, {wide}, c.attrs)[0].dtype(), DType::float64);
    expect_close(run_op(c.op, {wide}, c.attrs)[0], c.y, std::string(c.op) + " of double", 1e-6);
  }
}

TEST(Elementwise, HalfTypesAreComputedAsFloats) {
  const Tensor x = Tensor::vector(std::vector<Half>{Half::from_float(1), Half::from_float(-2)});
  const Tensor y = run_op("Exp", {x})[0];
  EXPECT_EQ(y.dtype(), DType::float16);
  EXPECT_EQ(y.data<Half>()[0].bits, Half::from_float(2.7182818F).bits);
}

TEST(Elementwise, IntegersAtTheirLimits) {
  constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
  const Tensor x = Tensor::vector(std::vector<int32_t>{kLeast, -7, 7, 5});
  const Tensor y = Tensor::vector(std::vector<int32_t>{-1, 2, -2, 0});
  expect_exact<int32_t>(run_op("Abs", {x})[0], {kLeast, 7, 7, 5});
  expect_exact<int32_t>(run_op("Neg", {x})[0], {kLeast, 7, -7, -5});
  expect_exact<int32_t>(run_op("Div", {x, y})[0], {kLeast, -3, -3, 0});
  expect_exact<int32_t>(run_op("Mod", {x, y})[0], {0, 1, -1, 0});
  expect_exact<int32_t>(run_op("Mod", {x, y}, {{"fmod", int64_t{1}}})[0], {0, -1, 1, 0});
  expect_exact<int32_t>(run_op("Sub", {x, y})[0], {kLeast + 1, -9, 9, 5});
  expect_exact<int32_t>(run_op("Add", {x, y})[0], {std::numeric_limits<int32_t>::max(), -5, 5, 5});
  const Tensor big = Tensor::vector(std::vector<uint16_t>{65535});
  expect_exact<uint16_t>(run_op("Mul", {big, big})[0], {1});
}

TEST(Elementwise, ModOfFloats) {
  const Tensor x = floats({-4.3F, 7.2F, 0.0F, 3, kInf, 3, -3}),
               y = floats({2.1F, -3.4F, -5, kInf, 2, 0, kInf});
  expect_close(run_op("Mod", {x, y})[0], {2, -3, 0, 3, kNan, kNan, kInf}, "", 1e-6);
  expect_close(run_op("Mod", {x, y}, {{"fmod", int64_t{1}}})[0], {-0.1, 0.4, 0, 3, kNan, kNan, -3}, "", 1e-5);
}

TEST(Elementwise, PowOfMixedTypes) {
  const Tensor base = floats({2, -2, 9, 0});
  expect_close(run_op("Pow", {base, Tensor::vector(std::vector<int64_t>{3, 3, -1, 0})})[0],
               {8, -8, 1.0 / 9, 1});
  expect_close(run_op("Pow", {base, Tensor::scalar(2.0F)})[0], {4, 4, 81, 0});
  expect_close(run_op("Pow", {base, Tensor::scalar(0.5)})[0], {1.4142135623730951, kNan, 3, 0});
  const Tensor integers = Tensor::vector(std::vector<int32_t>{2, -3, 0, 1});
  expect_exact<int32_t>(run_op("Pow", {integers, Tensor::scalar(int64_t{3})})[0], {8, -27, 0, 1});
  expect_exact<int32_t>(run_op("Pow", {integers, Tensor::scalar(int32_t{-1})})[0], {0, 0, 0, 1});
  expect_exact<int32_t>(run_op("Pow", {integers, Tensor::scalar(0.5F)})[0], {1, 0, 0, 1});
}

// Element by element from the definition of broadcasting.
std::vector<double> naive_broadcast(const Tensor& a, const Tensor& b, const Dims& dims,
                                    double (*f)(double, double)) {
  const auto xs = a.to_double(), ys = b.to_double();
  std::vector<double> result;
  const auto offset = [&](const Dims& own, int64_t position) {
    int64_t at = 0, stride = 1;
    for (size_t back = 1; back <= dims.size(); ++back) {
      const int64_t index = position % dims[dims.size() - back];
      position /= dims[dims.size() - back];
      if (back > own.size()) continue;
      const int64_t size = own[own.size() - back];
      if (size != 1) at += index * stride;
      stride *= size;
    }
    return static_cast<size_t>(at);
  };
  for (int64_t i = 0; i < element_count(dims); ++i)
    result.push_back(f(xs[offset(a.dims(), i)], ys[offset(b.dims(), i)]));
  return result;
}

TEST(Elementwise, Broadcasting) {
  const std::pair<Dims, Dims> cases[] = {
      {{2, 3, 4}, {2, 3, 4}},
      {{2, 3, 4}, {}},
      {{}, {5}},
      {{2, 3, 4}, {4}},
      {{2, 3, 4}, {3, 1}},
      {{2, 3, 4}, {2, 1, 1}},
      {{2, 1, 4}, {3, 1}},
      {{1, 3, 1, 2}, {4, 1, 5, 1}},
      {{7, 1}, {1, 9}},
      {{0, 3}, {1, 3}},
      {{0}, {1}},
      {{1, 1}, {1}},
      {{2, 3, 200, 300}, {3, 1, 1}},  // long enough for several threads
      {{1, 1, 200, 300}, {2, 3, 1, 300}},
  };
  for (const auto& [a, b] : cases)
    for (const int threads : {1, 3}) {
      const Tensor x = test_tensor<float>(a, 1), y = test_tensor<float>(b, 2);
      const Dims dims = broadcast(a, b);
      const std::string what = to_string(a) + " with " + to_string(b);
      const Tensor sum = run_op("Add", {x, y}, {}, 1, threads)[0];
      EXPECT_EQ(sum.dims(), dims);
      expect_close(sum, naive_broadcast(x, y, dims, [](double p, double q) { return p + q; }), what);
      const Tensor less = run_op("Less", {y, x}, {}, 1, threads)[0];
      expect_close(less, naive_broadcast(y, x, dims, [](double p, double q) { return p < q ? 1.0 : 0.0; }),
                   what);
      const Tensor largest = run_op("Max", {x, y, x}, {}, 1, threads)[0];
      expect_close(largest, naive_broadcast(x, y, dims, [](double p, double q) { return std::max(p, q); }),
                   what);
    }
}

TEST(Elementwise, MinAndMaxKeepNan) {
  const Tensor x = floats({1, kNan, 3}), y = floats({kNan, 2, 4});
  expect_exact<float>(run_op("Max", {x, y})[0], {kNan, kNan, 4});
  expect_exact<float>(run_op("Min", {x, y})[0], {kNan, kNan, 3});
  expect_exact<float>(run_op("Mean", {x, y, y})[0], {kNan, kNan, 11.0F / 3});
  expect_exact<float>(run_op("Sum", {x})[0], {1, kNan, 3});
}

TEST(Elementwise, SmallTensorsSpreadByALaterOne) {
  const Tensor one = Tensor::of<float>({1, 1}, {2}), row = Tensor::of<float>({1, 2}, {1, 5});
  const Tensor column = Tensor::of<float>({3, 1}, {0, 3, 9});
  expect_exact<float>(run_op("Sum", {one, row, column})[0], {3, 7, 6, 10, 12, 16});
  expect_exact<float>(run_op("Max", {one, one, column})[0], {2, 3, 9});
}

TEST(Elementwise, Comparisons) {
  const Tensor x = floats({1, kNan, 0.0F}), y = floats({2, kNan, -0.0F});
  EXPECT_EQ(bytes_of(run_op("Equal", {x, y})[0]), (std::vector<int>{0, 0, 1}));
  EXPECT_EQ(bytes_of(run_op("LessOrEqual", {x, y})[0]), (std::vector<int>{1, 0, 1}));
  EXPECT_EQ(bytes_of(run_op("IsNaN", {x})[0]), (std::vector<int>{0, 1, 0}));
  const Tensor far = floats({kInf, -kInf, 1});
  EXPECT_EQ(bytes_of(run_op("IsInf", {far}, {{"detect_negative", int64_t{0}}})[0]),
            (std::vector<int>{1, 0, 0}));
  const Tensor words = Tensor::vector(std::vector<std::string>{"a", "b"});
  EXPECT_EQ(bytes_of(run_op("Equal", {words, Tensor::scalar(std::string("b"))})[0]),
            (std::vector<int>{0, 1}));
}

TEST(Elementwise, BytesOtherThanOneAreTrueToo) {
  const auto keep =
      std::make_shared<std::vector<std::byte>>(std::vector<std::byte>{std::byte{2}, std::byte{0}});
  const Tensor odd = Tensor::view(DType::boolean, {2}, *keep, keep);
  const Tensor yes = Tensor::boolean(true);
  EXPECT_EQ(bytes_of(run_op("Equal", {odd, yes})[0]), (std::vector<int>{1, 0}));
  EXPECT_EQ(bytes_of(run_op("And", {odd, yes})[0]), (std::vector<int>{1, 0}));
  EXPECT_EQ(bytes_of(run_op("Xor", {odd, yes})[0]), (std::vector<int>{0, 1}));
  EXPECT_EQ(bytes_of(run_op("Not", {odd})[0]), (std::vector<int>{0, 1}));
}

TEST(Elementwise, BitShift) {
  const Tensor x = Tensor::vector(std::vector<int8_t>{-128, 3, -3, -1, 1});
  const Tensor by = Tensor::vector(std::vector<int8_t>{1, 1, 8, -1, 7});
  expect_exact<int8_t>(run_op("BitShift", {x, by}, {{"direction", "RIGHT"}})[0], {-64, 1, -1, -1, 0});
  expect_exact<int8_t>(run_op("BitShift", {x, by}, {{"direction", "LEFT"}})[0], {0, 6, 0, 0, -128});
  EXPECT_THROW(run_op("BitShift", {x, by}, {{"direction", "UP"}}), MalformedModelError);
}

TEST(Elementwise, ClipWithAndWithoutLimits) {
  const Tensor x = floats({-kInf, -1, 0.5F, 2, kNan});
  const Tensor low = Tensor::scalar(0.0F), high = Tensor::scalar(1.0F);
  expect_exact<float>(run_op("Clip", {x})[0], {-kInf, -1, 0.5F, 2, kNan});
  expect_exact<float>(run_op("Clip", {x, low})[0], {0, 0, 0.5F, 2, kNan});
  expect_exact<float>(run_op("Clip", {x, Tensor(), high})[0], {-kInf, -1, 0.5F, 1, kNan});
  expect_exact<float>(run_op("Clip", {x, high, low})[0], {0, 0, 0, 0, kNan});  // crossed: the upper one wins
  EXPECT_THROW(run_op("Clip", {x, Tensor::scalar(1.0)}), ShapeError);
}

TEST(Elementwise, WhereOfEveryWidth) {
  const Tensor condition = Tensor::of<uint8_t>({2, 1}, {1, 0}).with_dtype(DType::boolean);
  const Tensor x = Tensor::vector(std::vector<int64_t>{1, 2, 3}), y = Tensor::scalar(int64_t{9});
  expect_exact<int64_t>(run_op("Where", {condition, x, y})[0], {1, 2, 3, 9, 9, 9});
  const Tensor row = Tensor::of<uint8_t>({3}, {1, 0, 1}).with_dtype(DType::boolean);
  expect_exact<int64_t>(run_op("Where", {row, x, y})[0], {1, 9, 3});
  expect_exact<int64_t>(run_op("Where", {row, y, y})[0], {9, 9, 9});
  const Tensor words = Tensor::vector(std::vector<std::string>{"a", "b", "c"});
  expect_exact<std::string>(run_op("Where", {row, words, Tensor::scalar(std::string("-"))})[0],
                            {"a", "-", "c"});
  const Tensor complex = Tensor::scalar(std::complex<double>(1, 2));
  EXPECT_EQ(run_op("Where", {row, complex, complex})[0].data<std::complex<double>>()[1],
            std::complex<double>(1, 2));
}

TEST(Elementwise, WrongInputsAreErrors) {
  const Tensor x = Tensor::filled(DType::float32, {2, 3}, 1), y = Tensor::filled(DType::float32, {2, 4}, 1);
  EXPECT_THROW(run_op("Add", {x, y}), ShapeError);
  EXPECT_THROW(run_op("Add", {x, Tensor::scalar(1.0)}), ShapeError);
  EXPECT_THROW(run_op("And", {x, x}), ShapeError);
  EXPECT_THROW(run_op("Where", {x, x, x}), ShapeError);
  EXPECT_THROW(run_op("PRelu", {Tensor::filled(DType::float32, {3}, 1), x}), ShapeError);
  EXPECT_THROW(run_op("Sqrt", {Tensor::scalar(int32_t{4})}), ShapeError);
}

// Every operator of the table that is marked elementwise computes empty tensors as well.
TEST(Elementwise, EmptyTensors) {
  for (const char* op : {"Add", "Mul", "Max", "Less", "Pow", "PRelu"})
    EXPECT_EQ(run_op(op, {test_tensor<float>({0, 3}), test_tensor<float>({0, 3})})[0].size(), 0) << op;
  for (const char* op : {"Exp", "Relu", "Gelu", "IsNaN", "Clip"})
    EXPECT_EQ(run_op(op, {test_tensor<float>({3, 0})})[0].size(), 0) << op;
}

}  // namespace
}  // namespace modelconv
