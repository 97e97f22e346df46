#include "ops/vector_math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace modelconv {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

// Floats of all magnitudes and both signs, NaNs and infinities among them.
std::vector<float> sample_floats() {
  std::vector<float> floats = {0.0F, -0.0F, kInf, -kInf, 1.0F, -1.0F, 88.7F, 88.8F, -87.3F, -103.9F, -104.1F};
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 40961)
    floats.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  return floats;
}

struct Function {
  const char* name;
  void (*array)(const float*, float*, int64_t);
  double (*exact)(double);
  double worst;  // allowed error in units in the last place of the result
};

double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }

const Function kFunctions[] = {
    {"exp", exp_array, [](double x) { return std::exp(x); }, 1.5},
    {"tanh", tanh_array, [](double x) { return std::tanh(x); }, 2},
    {"erf", erf_array, [](double x) { return std::erf(x); }, 2.5},
    {"sigmoid", sigmoid_array, sigmoid, 2.5},
    {"elu", [](const float* x, float* y, int64_t n) { elu_array(x, y, n, 1, 1, 1); },
     [](double x) { return x > 0 ? x : std::expm1(x); }, 1.5},
};

TEST(VectorMath, StaysNearTheExactValue) {
  const std::vector<float> x = sample_floats();
  for (const Function& function : kFunctions) {
    std::vector<float> y(x.size());
    function.array(x.data(), y.data(), static_cast<int64_t>(x.size()));
    double worst = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double exact = function.exact(x[i]);
      const auto nearest = static_cast<float>(exact);
      if (!std::isfinite(nearest)) {
        EXPECT_TRUE(std::isnan(nearest) ? std::isnan(y[i]) : y[i] == nearest)
            << function.name << " of " << x[i];
        continue;
      }
      const float unit = std::nextafter(std::abs(nearest), kInf) - std::abs(nearest);
      const double error = std::abs(y[i] - exact) / unit;
      EXPECT_LE(error, function.worst) << function.name << " of " << x[i];
      worst = std::max(worst, error);
      if (nearest == 0) {
        EXPECT_EQ(std::signbit(y[i]), std::signbit(nearest)) << function.name << " of " << x[i];
      }
    }
    EXPECT_GT(worst, 0) << function.name << " was compared with itself";
  }
}

TEST(VectorMath, ComposedFunctionsStayNearRelativeToTheirInput) {
  const Function functions[] = {
      {"gelu", gelu_array, [](double x) { return x / 2 * std::erfc(-x / std::sqrt(2.0)); }, 0},
      {"mish", mish_array, [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }, 0},
      {"swish", [](const float* x, float* y, int64_t n) { swish_array(x, y, n, 1); },
       [](double x) { return x * sigmoid(x); }, 0},
      {"gelu by tanh", gelu_tanh_array,
       [](double x) {
         return x / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979) * (x + 0.044715 * x * x * x)));
       },
       0},
  };
  for (const Function& function : functions)
    for (double x = -30; x <= 30; x += 0.0137) {
      const auto in = static_cast<float>(x);
      float out = 0;
      function.array(&in, &out, 1);
      EXPECT_NEAR(out, function.exact(in), 3e-7 * std::abs(in)) << function.name << " of " << in;
    }
}

TEST(VectorMath, WorksInPlace) {
  std::vector<float> values(1000), wanted(1000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) * 0.01F - 5;
  exp_array(values.data(), wanted.data(), 1000);
  exp_array(values.data(), values.data(), 1000);
  EXPECT_EQ(values, wanted);
}

}  // namespace
}  // namespace modelconv
