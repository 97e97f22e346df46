#include "formats/torch/ops/special.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace modelconv::torch {
namespace {

using std::numbers::pi;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Term log(const Term& x) { return compute("Log", {x}); }
Term sine(const Term& x) { return compute("Sin", {x}); }
Term doubles(const Term& x, double value) { return number(x.translation(), DType::float64, value); }

// How far x is from the nearest whole number: sin(pi x) and its kin keep their digits when given this.
Term from_nearest(const Term& x) { return x - compute("Round", {x}); }
Term is_whole(const Term& x) { return equal(compute("Floor", {x}), x); }

template <size_t N>
Term polynomial(const Term& x, const std::array<double, N>& coefficients) {  // the highest power first
  Term y = doubles(x, coefficients[0]);
  for (size_t i = 1; i < N; ++i) y = y * x + coefficients[i];
  return y;
}

// Lanczos's approximation for x >= 0.5: g = 7, nine terms, fifteen digits. Coefficients: P. Godfrey (2001).
Term log_gamma_of_large(const Term& x) {
  constexpr double kG = 7, kFirst = 0.99999999999980993;
  constexpr std::array kTerms = {676.5203681218851,     -1259.1392167224028,  771.32342877765313,
                                 -176.61502916214059,   12.507343278686905,   -0.13857109526572012,
                                 9.9843695780195716e-6, 1.5056327351493116e-7};
  Term sum = doubles(x, kFirst);
  for (size_t i = 0; i < kTerms.size(); ++i) sum = sum + doubles(x, kTerms[i]) / (x + static_cast<double>(i));
  const Term t = x + (kG - 0.5);
  return (x - 0.5) * log(t) - t + log(sum) + 0.5 * std::log(2 * pi);
}

// Giles, "Approximating the erfinv function" (GPU Computing Gems, 2011): the version for single precision.
Term inverse_erf_of(const Term& x) {
  constexpr std::array kCentral = {2.81022636e-08,  3.43273939e-07, -3.5233877e-06,
                                   -4.39150654e-06, 0.00021858087,  -0.00125372503,
                                   -0.00417768164,  0.246640727,    1.50140941};
  constexpr std::array kTail = {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
                                -0.0076224613,   0.00943887047,  1.00167406,    2.83297682};
  const Term w = -log((1.0 - x) * (x + 1.0));
  const Term central = polynomial(w - 2.5, kCentral), tail = polynomial(compute("Sqrt", {w}) - 3.0, kTail);
  const Term y = where(w < 5.0, central, tail) * x;
  return where(equal(compute("Abs", {x}), 1.0), x * kInfinity, y);
}

Term in_single(const Term& x, Term (*function)(const Term&)) {
  if (x.dtype() == DType::float64)
    x.translation().refuse("no formula of ONNX's operators has the digits of float64");
  return cast(function(cast(x, DType::float64)), x.dtype());
}

}  // namespace

// Below 0.5 by reflection: gamma(x) gamma(1 - x) = pi / sin(pi x).
Term log_gamma(const Term& given) {
  const Term x = cast(given, DType::float64), is_small = x < 0.5;
  const Term large = log_gamma_of_large(where(is_small, 1.0 - x, x));
  const Term reflected = std::log(pi) - log(compute("Abs", {sine(from_nearest(x) * pi)})) - large;
  const Term y = where(is_small, reflected, large);
  const Term is_pole = either(both(x <= 0.0, is_whole(x)), compute("IsInf", {x}));
  return cast(where(is_pole, doubles(x, kInfinity), y), given.dtype());
}

// Eight steps up by digamma(x) = digamma(x + 1) - 1 / x, then the asymptotic series; below 0 by reflection:
// digamma(x) = digamma(1 - x) - pi / tan(pi x).
Term digamma(const Term& given) {
  constexpr int kSteps = 8;
  // B(2k) / 2k of Bernoulli's numbers, the highest first.
  constexpr std::array kSeries = {-691.0 / 32760, 1.0 / 132, -1.0 / 240, 1.0 / 252,
                                  -1.0 / 120,     1.0 / 12,  0.0};
  const Term x = cast(given, DType::float64), is_negative = x < 0.0;
  const Term start = where(is_negative, 1.0 - x, x);
  const Term large = start + static_cast<double>(kSteps), inverse = compute("Reciprocal", {large});
  Term y = log(large) - inverse * 0.5 - polynomial(inverse * inverse, kSeries);
  for (int i = 0; i < kSteps; ++i) y = y - compute("Reciprocal", {start + static_cast<double>(i)});
  const Term angle = from_nearest(x) * pi;
  const Term cotangent = sine(angle + pi / 2) / sine(angle);
  const Term reflected = where(is_whole(x), doubles(x, kNan), y - cotangent * pi);
  return cast(where(is_negative, reflected, y), given.dtype());
}

Term inverse_erf(const Term& x) { return in_single(x, inverse_erf_of); }

Term normal_quantile(const Term& x) {
  return in_single(x, [](const Term& p) { return inverse_erf_of(p * 2.0 - 1.0) * std::numbers::sqrt2; });
}

Term log_multigamma(const Term& x, int64_t p) {
  Term y = log_gamma(x);
  for (int64_t i = 1; i < p; ++i) y = y + log_gamma(x - static_cast<double>(i) / 2);
  return y + static_cast<double>(p * (p - 1)) / 4 * std::log(pi);
}

}  // namespace modelconv::torch
