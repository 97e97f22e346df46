#include "ops/vector_math.h"

#include <bit>
#include <cmath>

#include "ops/elementwise.h"

#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

namespace modelconv {
namespace {

ALWAYS_INLINE float select(bool condition, float yes, float no) { return condition ? yes : no; }

ALWAYS_INLINE float magnitude(float x) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(x) & 0x7FFFFFFFU);
}

ALWAYS_INLINE float with_sign_of(float value, float sign) {
  return std::bit_cast<float>((std::bit_cast<uint32_t>(value) & 0x7FFFFFFFU) |
                              (std::bit_cast<uint32_t>(sign) & 0x80000000U));
}

// c[0] + c[1] x + ... by Horner's rule.
template <int kDegree>
ALWAYS_INLINE float polynomial(float x, const float (&c)[kDegree + 1]) {
  float sum = c[kDegree];
  for (int k = kDegree; k-- > 0;) sum = sum * x + c[k];
  return sum;
}

// exp(x) = 2^n exp(r), |r| <= ln(2)/2, split into `fraction` = exp(r) - 1 and two powers of two, whose product is 2^n:
// one alone could not reach subnormal results, and 2^128 is not a float.
struct SplitExp {
  float fraction, power, other_power;
};

ALWAYS_INLINE float power_of_two(uint32_t exponent) { return std::bit_cast<float>((exponent + 127U) << 23); }

ALWAYS_INLINE SplitExp split_exp(float x) {
  // Beyond these the result is 0 or infinity. The comparisons let NaN through.
  const float low = select(x < -104.0F, -104.0F, x);
  const float limited = select(low > 89.0F, 89.0F, low);
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the lowest bits: no conversion that NaN could upset.
  constexpr float kRound = 12582912.0F;
  const float shifted = limited * 1.44269504F + kRound;
  const float n = shifted - kRound;
  const auto integer =
      static_cast<int32_t>(std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(kRound));
  // ln(2) in two parts; n times the first is exact.
  const float r = (limited - n * 0.693359375F) + n * 2.12194440e-4F;
  // Taylor series; the next term is below 2^-27.
  const float higher = polynomial<5>(r, {1.0F / 2, 1.0F / 6, 1.0F / 24, 1.0F / 120, 1.0F / 720, 1.0F / 5040});
  const auto half = integer >> 1;
  return {r + r * r * higher, power_of_two(static_cast<uint32_t>(half)),
          power_of_two(static_cast<uint32_t>(integer - half))};
}

struct Exp {
  ALWAYS_INLINE float operator()(float x) const {
    const SplitExp e = split_exp(x);
    return (e.fraction + 1.0F) * e.power * e.other_power;
  }
};

// exp(x) - 1 for x <= 0, without the cancellation near 0. (At 0 the powers are 1, so the sum is `fraction` itself.)
struct ExpMinusOne {
  ALWAYS_INLINE float operator()(float x) const {
    const SplitExp e = split_exp(x);
    const float power = e.power * e.other_power;
    return e.fraction * power + (power - 1.0F);
  }
};

struct Sigmoid {
  ALWAYS_INLINE float operator()(float x) const {
    // With exp of a negative number only, neither end loses digits.
    const float e = Exp()(-magnitude(x));
    const float result = select(x < 0.0F, e, 1.0F) / (1.0F + e);
    return select(x == x, result, x);
  }
};

struct Tanh {
  ALWAYS_INLINE float operator()(float x) const {
    const float a = magnitude(x), square = x * x;
    // Polynomial in x^2 interpolated at the Chebyshev nodes of [0, 0.63^2]; relative error 7e-10.
    const float small = x + x * square *
                                polynomial<5>(square, {-0.33333333F, 0.133333F, -0.05395844F, 0.02176239F,
                                                       -0.00832289F, 0.00226924F});
    const float large = 1.0F - 2.0F / (Exp()(2.0F * a) + 1.0F);
    return with_sign_of(select(a < 0.625F, small, large), x);  // -0 too
  }
};

struct Erf {
  ALWAYS_INLINE float operator()(float x) const {
    const float a = magnitude(x), square = x * x;
    // Both polynomials are interpolated at Chebyshev nodes: erf(x)/x in x^2 on [0, 1], relative error 2e-9, and
    // erfc(x) exp(x^2) in t = 1/(1 + x/2) on [1, 4], absolute error of the product 3e-9.
    const float small = x * polynomial<6>(square, {1.128379166F, -0.376126267F, 0.112835947F, -0.0268542119F,
                                                   0.00518908728F, -0.000801686316F, 7.87587162e-05F});
    const float limited = select(a > 4.0F, 4.0F, a);  // erf(4) is 1 - 1.5e-8, which rounds to 1
    const float t = 1.0F / (1.0F + 0.5F * limited);
    const float tail = polynomial<6>(t, {0.000605118392F, 0.273634340F, 0.330757134F, 0.101495412F,
                                         0.403495054F, -0.0570652003F, -0.0536304280F});
    const float large = 1.0F - Exp()(-limited * limited) * tail;
    const float result = select(a < 1.0F, small, with_sign_of(large, x));
    return select(x == x, result, x);
  }
};

struct Swish {
  float alpha;
  ALWAYS_INLINE float operator()(float x) const { return x * Sigmoid()(alpha * x); }
};

// tanh(log(1 + e)) = (e^2 + 2e) / (e^2 + 2e + 2) with e = exp(x); from 20 on that is 1 in float.
struct Mish {
  ALWAYS_INLINE float operator()(float x) const {
    const float e = Exp()(select(x > 20.0F, 20.0F, x));
    const float n = e * (e + 2.0F);
    return x * (n / (n + 2.0F));
  }
};

struct Gelu {
  ALWAYS_INLINE float operator()(float x) const { return 0.5F * x * (1.0F + Erf()(x * 0.707106781F)); }
};

struct GeluTanh {
  ALWAYS_INLINE float operator()(float x) const {
    return 0.5F * x * (1.0F + Tanh()(0.797884561F * (x + 0.044715F * x * x * x)));
  }
};

struct Elu {
  float positive_scale, negative_scale, inner;
  ALWAYS_INLINE float operator()(float x) const {
    const float negative = negative_scale * ExpMinusOne()(select(x > 0.0F, 0.0F, x) * inner);
    return select(x < 0.0F, negative, positive_scale * x);
  }
};

template <class F>
ALWAYS_INLINE void loop(const float* x, float* y, int64_t n, const F& f) {
  MODELCONV_INDEPENDENT_LOOP
  for (int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

#if defined(__x86_64__) && defined(__GNUC__)
// Without FMA instructions, so that every machine computes the same bits.
template <class F>
__attribute__((target("avx2"))) void loop_avx2(const float* x, float* y, int64_t n, const F& f) {
  loop(x, y, n, f);
}
#endif

template <class F>
void apply(const float* x, float* y, int64_t n, const F& f) {
#if defined(__x86_64__) && defined(__GNUC__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return loop_avx2(x, y, n, f);
#endif
  loop(x, y, n, f);
}

}  // namespace

void exp_array(const float* x, float* y, int64_t n) { apply(x, y, n, Exp()); }
void tanh_array(const float* x, float* y, int64_t n) { apply(x, y, n, Tanh()); }
void erf_array(const float* x, float* y, int64_t n) { apply(x, y, n, Erf()); }
void sigmoid_array(const float* x, float* y, int64_t n) { apply(x, y, n, Sigmoid()); }
void swish_array(const float* x, float* y, int64_t n, float alpha) { apply(x, y, n, Swish{alpha}); }
void mish_array(const float* x, float* y, int64_t n) { apply(x, y, n, Mish()); }
void gelu_array(const float* x, float* y, int64_t n) { apply(x, y, n, Gelu()); }
void gelu_tanh_array(const float* x, float* y, int64_t n) { apply(x, y, n, GeluTanh()); }

void elu_array(const float* x, float* y, int64_t n, float positive_scale, float negative_scale, float inner) {
  apply(x, y, n, Elu{positive_scale, negative_scale, inner});
}

}  // namespace modelconv
