// Activation functions of one float, and Relu and Shrink of any number.
#include <cmath>
#include <limits>

#include "ops/all_ops.h"
#include "ops/unary_kernel.h"
#include "ops/vector_math.h"

namespace modelconv {
namespace {

// NaN passes through each of these, as in the reference implementation.
struct Relu {
  template <class T>
  T operator()(T x) const {
    return x < 0 ? T(0) : x;
  }
};

struct LeakyRelu {
  explicit LeakyRelu(const Node& node) : alpha(float_attr(node, "alpha")) {}
  template <class T>
  T operator()(T x) const {
    return x < 0 ? T(alpha) * x : x;
  }
  float alpha;
};

struct ThresholdedRelu {
  explicit ThresholdedRelu(const Node& node) : alpha(float_attr(node, "alpha")) {}
  template <class T>
  T operator()(T x) const {
    return x <= T(alpha) ? T(0) : x;
  }
  float alpha;
};

struct HardSigmoid {
  explicit HardSigmoid(const Node& node) : alpha(float_attr(node, "alpha")), beta(float_attr(node, "beta")) {}
  template <class T>
  T operator()(T x) const {
    const T y = T(alpha) * x + T(beta);
    return y < 0 ? T(0) : y > 1 ? T(1) : y;
  }
  float alpha, beta;
};

struct HardSwish {
  template <class T>
  T operator()(T x) const {
    const T gate = x * T(1.0 / 6) + T(0.5);
    return x * (gate < 0 ? T(0) : gate > 1 ? T(1) : gate);
  }
};

struct Sigmoid {
  double operator()(double x) const {
    const double e = std::exp(-std::abs(x));
    return (x < 0 ? e : 1) / (1 + e);
  }
  static void row(const float* x, float* y, int64_t n) { sigmoid_array(x, y, n); }
};

struct Softplus {
  template <class T>
  T operator()(T x) const {
    return (x < 0 ? T(0) : x) + std::log1p(std::exp(-std::abs(x)));
  }
};

struct Softsign {
  template <class T>
  T operator()(T x) const {
    return x / (T(1) + std::abs(x));
  }
};

// positive_scale * x for x > 0, else negative_scale * (exp(inner * x) - 1): the shape of Elu, Selu and Celu.
struct ExponentialUnit {
  ExponentialUnit(float positive, float negative, float inside)
      : positive_scale(positive), negative_scale(negative), inner(inside) {}
  double operator()(double x) const {
    return x > 0 ? positive_scale * x : negative_scale * std::expm1(inner * x);
  }
  void row(const float* x, float* y, int64_t n) const {
    elu_array(x, y, n, positive_scale, negative_scale, inner);
  }
  float positive_scale, negative_scale, inner;
};

struct Elu : ExponentialUnit {
  explicit Elu(const Node& node) : ExponentialUnit(1, float_attr(node, "alpha"), 1) {}
};

struct Selu : ExponentialUnit {
  explicit Selu(const Node& node)
      : ExponentialUnit(float_attr(node, "gamma"), float_attr(node, "gamma") * float_attr(node, "alpha"), 1) {
  }
};

struct Celu : ExponentialUnit {
  explicit Celu(const Node& node)
      : ExponentialUnit(1, float_attr(node, "alpha"), 1 / float_attr(node, "alpha")) {}
};

struct Gelu {
  explicit Gelu(const Node& node) {
    const std::string form = string_attr(node, "approximate");
    ENSURE(form == "none" || form == "tanh", MalformedModelError,
           "{}: approximate is '{}', it must be none or tanh", node.describe(), form);
    by_tanh = form == "tanh";
  }
  double operator()(double x) const {
    constexpr double kSqrtHalf = 0.70710678118654752, kSqrtTwoByPi = 0.79788456080286536;
    return 0.5 * x *
           (1 + (by_tanh ? std::tanh(kSqrtTwoByPi * (x + 0.044715 * x * x * x)) : std::erf(x * kSqrtHalf)));
  }
  void row(const float* x, float* y, int64_t n) const {
    by_tanh ? gelu_tanh_array(x, y, n) : gelu_array(x, y, n);
  }
  bool by_tanh;
};

struct Mish {
  double operator()(double x) const { return x * std::tanh(Softplus()(x)); }
  static void row(const float* x, float* y, int64_t n) { mish_array(x, y, n); }
};

struct Swish {
  explicit Swish(const Node& node) : alpha(float_attr(node, "alpha")) {}
  double operator()(double x) const { return x * Sigmoid()(alpha * x); }
  void row(const float* x, float* y, int64_t n) const { swish_array(x, y, n, alpha); }
  float alpha;
};

struct Shrink {
  explicit Shrink(const Node& node) : bias(float_attr(node, "bias")), lambd(float_attr(node, "lambd")) {}
  template <class T>
  T operator()(T x) const {
    using Real = std::conditional_t<std::is_same_v<T, float>, float, double>;
    const auto real = static_cast<Real>(x);
    const Real y = real < -Real(lambd) ? real + Real(bias) : real > Real(lambd) ? real - Real(bias) : Real(0);
    if constexpr (std::is_integral_v<T>) {
      // The upper limit of 64-bit integers is not a double; the comparison rounds it up to one that is too large.
      if (y <= static_cast<Real>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
      if (y >= static_cast<Real>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    }
    return static_cast<T>(y);
  }
  float bias, lambd;
};

using ReluTypes = decltype(join(FloatTypes(), SignedTypes()));

}  // namespace

OpDefs activations_ops() {
  return {unary_op<Relu, ReluTypes>("Relu"),
          unary_op<Shrink, NumericTypes>("Shrink"),
          float_function<Celu>("Celu"),
          float_function<Elu>("Elu"),
          float_function<Gelu>("Gelu"),
          float_function<HardSigmoid>("HardSigmoid"),
          float_function<HardSwish>("HardSwish"),
          float_function<LeakyRelu>("LeakyRelu"),
          float_function<Mish>("Mish"),
          float_function<Selu>("Selu"),
          float_function<Sigmoid>("Sigmoid"),
          float_function<Softplus>("Softplus"),
          float_function<Softsign>("Softsign"),
          float_function<Swish>("Swish"),
          float_function<ThresholdedRelu>("ThresholdedRelu")};
}

}  // namespace modelconv
