#include "base/error.h"
#include "run_op.h"

namespace modelconv {
namespace {

struct Case {
  Dims x, w;  // two spatial axes
  int64_t group;
  std::vector<int64_t> strides, dilations, pads;
};

// Straight from the definition.
std::vector<double> naive_conv(const Tensor& x, const Tensor& w, const Tensor& bias, const Case& c,
                               const Dims& y) {
  const auto xs = x.to_double(), ws = w.to_double(), bs = bias.to_double();
  std::vector<double> result;
  const int64_t per_group = y[1] / c.group;
  for (int64_t n = 0; n < y[0]; ++n)
    for (int64_t m = 0; m < y[1]; ++m)
      for (int64_t row = 0; row < y[2]; ++row)
        for (int64_t column = 0; column < y[3]; ++column) {
          double sum = bs[static_cast<size_t>(m)];
          for (int64_t i = 0; i < c.w[1]; ++i)
            for (int64_t p = 0; p < c.w[2]; ++p)
              for (int64_t q = 0; q < c.w[3]; ++q) {
                const int64_t h = row * c.strides[0] - c.pads[0] + p * c.dilations[0];
                const int64_t v = column * c.strides[1] - c.pads[1] + q * c.dilations[1];
                if (h < 0 || h >= c.x[2] || v < 0 || v >= c.x[3]) continue;
                const int64_t channel = m / per_group * c.w[1] + i;
                sum += xs[static_cast<size_t>(((n * c.x[1] + channel) * c.x[2] + h) * c.x[3] + v)] *
                       ws[static_cast<size_t>(((m * c.w[1] + i) * c.w[2] + p) * c.w[3] + q)];
              }
          result.push_back(sum);
        }
  return result;
}

TEST(Conv, EqualsItsDefinition) {
  const Case cases[] = {
      {{1, 3, 8, 9}, {4, 3, 3, 3}, 1, {1, 1}, {1, 1}, {1, 1, 1, 1}},
      {{2, 4, 7, 5}, {6, 2, 3, 2}, 2, {2, 1}, {1, 2}, {0, 1, 2, 3}},
      {{2, 5, 9, 9}, {5, 1, 3, 3}, 5, {1, 1}, {1, 1}, {1, 1, 1, 1}},     // depthwise
      {{1, 3, 11, 40}, {6, 1, 3, 5}, 3, {2, 3}, {2, 1}, {2, 2, 2, 2}},   // two outputs for each input channel
      {{2, 17, 6, 6}, {20, 17, 1, 1}, 1, {1, 1}, {1, 1}, {0, 0, 0, 0}},  // pointwise
      {{1, 6, 6, 6}, {3, 6, 1, 1}, 1, {2, 2}, {1, 1}, {1, 0, 0, 1}},
      {{1, 40, 20, 30},
       {9, 40, 3, 3},
       1,
       {1, 1},
       {1, 1},
       {1, 1, 1, 1}},                                                   // more than one block of the product
      {{1, 2, 3, 3}, {3, 2, 3, 3}, 1, {1, 1}, {1, 1}, {5, 5, 5, 5}},    // windows in the padding only
      {{1, 2, 6, 6}, {3, 2, 3, 3}, 1, {1, 1}, {1, 1}, {-1, 0, 0, -1}},  // negative pads crop
  };
  for (const Case& c : cases)
    for (int threads : {1, 3}) {
      const Tensor x = test_tensor<float>(c.x, 1), w = test_tensor<float>(c.w, 2);
      const Tensor bias = test_tensor<float>({c.w[0]}, 3);
      const Attrs attrs{
          {"group", c.group}, {"strides", c.strides}, {"dilations", c.dilations}, {"pads", c.pads}};
      const Tensor y = run_op("Conv", {x, w, bias}, attrs, 1, threads)[0];
      EXPECT_EQ(y.to_double(), naive_conv(x, w, bias, c, y.dims())) << to_string(c.x) << to_string(c.w);
    }
}

TEST(Conv, OneAndThreeAxes) {
  const Tensor line = run_op(
      "Conv", {Tensor::of<double>({1, 1, 4}, {1, 2, 3, 4}), Tensor::of<double>({1, 1, 2}, {1, 10})})[0];
  EXPECT_EQ(line.to_double(), (std::vector<double>{21, 32, 43}));
  const Tensor cube = run_op(
      "Conv", {test_tensor<float>({1, 1, 2, 3, 3}), Tensor::filled(DType::float32, {1, 1, 2, 3, 3}, 1)})[0];
  double sum = 0;
  for (double v : test_tensor<float>({1, 1, 2, 3, 3}).to_double()) sum += v;
  EXPECT_EQ(cube.to_double(), std::vector<double>{sum});
}

TEST(Conv, SymbolicSizes) {
  const Type x = Type::tensor(DType::float32, {Dim::symbol("N"), 3, Dim::symbol("H"), 9});
  const Type w = Type::tensor(DType::float32, {8, 3, 3, 3});
  const std::vector<int64_t> two{2, 2}, one{1, 1, 1, 1};
  const Dim h = Dim::symbol("H");
  const Shape explicit_pads = infer_op("Conv", {x, w}, {{"strides", two}, {"pads", one}}).shape;
  EXPECT_EQ(explicit_pads[2], floor_div(h + Dim(-1), Dim(2)) + Dim(1));
  EXPECT_EQ(explicit_pads[3], Dim(5));
  const Shape same =
      infer_op("Conv", {x, w}, {{"strides", two}, {"auto_pad", std::string("SAME_UPPER")}}).shape;
  EXPECT_EQ(same[2], ceil_div(h, Dim(2)));
  EXPECT_EQ(same[0], Dim::symbol("N"));
}

TEST(Conv, RefusesWhatMakesNoSense) {
  const Tensor x = test_tensor<float>({1, 4, 5, 5}), w = test_tensor<float>({6, 2, 3, 3});
  using Ints = std::vector<int64_t>;
  const Attrs cases[] = {
      {},  // weights for half of the channels
      {{"group", int64_t{0}}},
      {{"group", int64_t{4}}},
      {{"group", int64_t{2}}, {"strides", Ints{0, 1}}},
      {{"group", int64_t{2}}, {"strides", Ints{1}}},
      {{"group", int64_t{2}}, {"dilations", Ints{3, 3}}},  // larger than the input
      {{"group", int64_t{2}}, {"dilations", Ints{int64_t{1} << 62, 1}}},
      {{"group", int64_t{2}}, {"pads", Ints{INT64_MAX, 0, 0, 0}}},
      {{"group", int64_t{2}}, {"kernel_shape", Ints{3, 2}}},
      {{"group", int64_t{2}}, {"auto_pad", std::string("SOME")}},
  };
  for (const Attrs& attrs : cases) EXPECT_THROW(run_op("Conv", {x, w}, attrs), ShapeError);
}

}  // namespace
}  // namespace modelconv
