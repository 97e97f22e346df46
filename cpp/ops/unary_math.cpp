// Functions of one float: exponential, logarithm, trigonometry, square root, rounding.
#include <cmath>

#include "ops/all_ops.h"
#include "ops/unary_kernel.h"
#include "ops/vector_math.h"

namespace modelconv {
namespace {

#define MODELCONV_FUNCTION(Name, expression) \
  struct Name {                              \
    template <class T>                       \
    T operator()(T x) const {                \
      return expression;                     \
    }                                        \
  }

MODELCONV_FUNCTION(Sqrt, std::sqrt(x));
MODELCONV_FUNCTION(Log, std::log(x));
MODELCONV_FUNCTION(Sin, std::sin(x));
MODELCONV_FUNCTION(Cos, std::cos(x));
MODELCONV_FUNCTION(Tan, std::tan(x));
MODELCONV_FUNCTION(Asin, std::asin(x));
MODELCONV_FUNCTION(Acos, std::acos(x));
MODELCONV_FUNCTION(Atan, std::atan(x));
MODELCONV_FUNCTION(Sinh, std::sinh(x));
MODELCONV_FUNCTION(Cosh, std::cosh(x));
MODELCONV_FUNCTION(Asinh, std::asinh(x));
MODELCONV_FUNCTION(Acosh, std::acosh(x));
MODELCONV_FUNCTION(Atanh, std::atanh(x));
MODELCONV_FUNCTION(Reciprocal, T(1) / x);
MODELCONV_FUNCTION(Ceil, std::ceil(x));
MODELCONV_FUNCTION(Floor, std::floor(x));
MODELCONV_FUNCTION(Round, std::nearbyint(x));  // ties to even: the process runs in the default rounding mode

#undef MODELCONV_FUNCTION

struct Exp {
  double operator()(double x) const { return std::exp(x); }
  static void row(const float* x, float* y, int64_t n) { exp_array(x, y, n); }
};

struct Tanh {
  double operator()(double x) const { return std::tanh(x); }
  static void row(const float* x, float* y, int64_t n) { tanh_array(x, y, n); }
};

struct Erf {
  double operator()(double x) const { return std::erf(x); }
  static void row(const float* x, float* y, int64_t n) { erf_array(x, y, n); }
};

}  // namespace

OpDefs unary_math_ops() {
  return {float_function<Sqrt>("Sqrt"),   float_function<Exp>("Exp"),
          float_function<Log>("Log"),     float_function<Sin>("Sin"),
          float_function<Cos>("Cos"),     float_function<Tan>("Tan"),
          float_function<Asin>("Asin"),   float_function<Acos>("Acos"),
          float_function<Atan>("Atan"),   float_function<Sinh>("Sinh"),
          float_function<Cosh>("Cosh"),   float_function<Tanh>("Tanh"),
          float_function<Asinh>("Asinh"), float_function<Acosh>("Acosh"),
          float_function<Atanh>("Atanh"), float_function<Erf>("Erf"),
          float_function<Ceil>("Ceil"),   float_function<Floor>("Floor"),
          float_function<Round>("Round"), float_function<Reciprocal>("Reciprocal")};
}

}  // namespace modelconv
