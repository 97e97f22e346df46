// Functions of one tensor, element by element, that ONNX says with several operators.
#include <cmath>
#include <limits>
#include <numbers>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/complex.h"
#include "formats/torch/ops/formulas.h"
#include "formats/torch/ops/special.h"

namespace modelconv::torch {
namespace {

using std::numbers::pi;

Term log(const Term& x) { return compute("Log", {x}); }
Term exp(const Term& x) { return compute("Exp", {x}); }
Term truncated(const Term& x) { return compute("Sign", {x}) * compute("Floor", {compute("Abs", {x})}); }
Term is_nan(const Term& x) { return compute("IsNaN", {x}); }

Term everywhere(const Term& x, bool value) { return filled(shape_of(x), DType::boolean, value ? 1 : 0); }

Term is_infinite(const Term& x, bool positive, bool negative) {
  if (!is_float(x.dtype())) return everywhere(x, false);
  return compute("IsInf", {x},
                 {{"detect_positive", int64_t{positive}}, {"detect_negative", int64_t{negative}}});
}

Term is_finite(const Term& x) {
  return is_float(x.dtype()) ? negated(either(is_nan(x), is_infinite(x, true, true))) : everywhere(x, true);
}

Term sinc(const Term& x) {
  const Term angle = x * pi, one = number(x.translation(), x.dtype(), 1), is_zero = equal(x, 0.0);
  return where(is_zero, one, compute("Sin", {angle}) / where(is_zero, one, angle));
}

// -0.0 has a sign, too.
Term has_sign(const Term& x) {
  if (!is_float(x.dtype())) return x.dtype() == DType::boolean ? everywhere(x, false) : x < 0.0;
  return either(x < 0.0, both(equal(x, 0.0), compute("Reciprocal", {x}) < 0.0));
}

Term sign(const Term& x) {
  return x.dtype() == DType::boolean ? compute("Identity", {x}) : compute("Sign", {x});
}

// Whole numbers stay as they are.
Term if_float(const Term& x, Term (*function)(const Term&)) {
  return is_float(x.dtype()) ? function(x) : compute("Identity", {x});
}

// -x ln x, 0 at 0, -inf below.
Term entropy(const Term& x) {
  const Term is_zero = equal(x, 0.0), is_below = x < 0.0;
  const Term inside = where(either(is_zero, is_below), number(x.translation(), x.dtype(), 1), x);
  const Term value =
      where(is_below, number(x.translation(), x.dtype(), -std::numeric_limits<double>::infinity()),
            -(inside * log(inside)));
  return where(is_zero, x, value);
}

Term normal_distribution(const Term& x) {
  return (compute("Erf", {x * std::numbers::sqrt2 / 2.0}) + 1.0) * 0.5;
}

// Of a real number: 0 or pi.
Term angle(const Term& x) {
  const Term half =
      where(x < 0.0, number(x.translation(), x.dtype(), pi), number(x.translation(), x.dtype(), 0));
  return is_float(x.dtype()) ? where(is_nan(x), x, half) : half;
}

void raise_round(Translation& t) {
  const Call call(t, "self, decimals:int=0");
  const Term x = tensor(call, "self");
  const int64_t decimals = call.integer("decimals");
  if (!is_float(x.dtype())) return give(x);
  if (decimals == 0) return give(compute("Round", {x}));
  const double factor = std::pow(10.0, static_cast<double>(std::abs(decimals)));
  give(decimals > 0 ? compute("Round", {x * factor}) / factor : compute("Round", {x / factor}) * factor);
}

void raise_logit(Translation& t) {
  const Call call(t, "self, eps:number=None");
  const Term x = {t, as_float(t, call.tensor("self"))};
  const Term inside = call.has("eps") ? clip(x, call.number("eps"), 1 - call.number("eps")) : x;
  give(log(inside / (1.0 - inside)));
}

double largest(DType dtype) {
  if (dtype == DType::float64) return std::numeric_limits<double>::max();
  if (dtype == DType::float16) return 65504;
  return dtype == DType::bfloat16 ? 3.3895313892515355e38
                                  : static_cast<double>(std::numeric_limits<float>::max());
}

void raise_nan_to_num(Translation& t) {
  const Call call(t, "self, nan:number=None, posinf:number=None, neginf:number=None");
  const Term x = tensor(call, "self");
  if (!is_float(x.dtype())) return give(x);
  const auto value = [&](std::string_view name, double otherwise) {
    return number(t, x.dtype(), call.has(name) ? call.number(name) : otherwise);
  };
  const Term y = where(is_nan(x), value("nan", 0), x);
  const Term z = where(is_infinite(x, true, false), value("posinf", largest(x.dtype())), y);
  give(where(is_infinite(x, false, true), value("neginf", -largest(x.dtype())), z));
}

void raise_multigamma(Translation& t) {
  const Call call(t, "self, p:int");
  const int64_t p = call.integer("p");
  if (p < 1 || p > 64) t.refuse("order {} is not written out", p);
  give(log_multigamma({t, as_float(t, call.tensor("self"))}, p));
}

// x = mantissa * 2^exponent, the mantissa from 0.5 on and below 1. The logarithm may be off by one at powers of two.
void raise_frexp(Translation& t) {
  const Term given = tensor(Call(t, "self"), "self"), x = cast(given, DType::float64);
  const Term size = compute("Abs", {x}), two = number(t, DType::float64, 2);
  const Term is_plain = both(negated(size <= 0.0), size < std::numeric_limits<double>::infinity());
  const Term inside = where(is_plain, size, number(t, DType::float64, 1));
  const Term guess = compute("Floor", {log(inside) / std::numbers::ln2}) + 1.0;
  const Term part = inside / compute("Pow", {two, guess});
  const Term step = cast(negated(part < 1.0), DType::float64) - cast(part < 0.5, DType::float64);
  const Term exponent = guess + step, mantissa = compute("Sign", {x}) * part / compute("Pow", {two, step});
  give(cast(where(is_plain, mantissa, x), given.dtype()), 0);
  give(cast(where(is_plain, exponent, number(t, DType::float64, 0)), DType::int32), 1);
}

struct Row {
  std::initializer_list<const char*> names;
  const char* canonical;
  TranslateFn raise;
  const char* note = "";
};

}  // namespace

// ln(1 + x) = 2 artanh(x / (x + 2)) up to a half: then 1 + x has the digits. ONNX Runtime has no Atanh of float64, of which
// the series has sixteen digits up to 1e-4, and twelve are left there.
Term log_of_one_plus(const Term& x) {
  const bool is_double = x.dtype() == DType::float64;
  const Term near =
      is_double ? x * (1.0 - x * (0.5 - x * (1.0 / 3 - x * 0.25))) : compute("Atanh", {x / (x + 2.0)}) * 2.0;
  return where(compute("Abs", {x}) < (is_double ? 1e-4 : 0.5), near, log(x + 1.0));
}

// e^x - 1 = tanh(x / 2) (e^x + 1)
Term exp_minus_one(const Term& x) { return compute("Tanh", {x * 0.5}) * (exp(x) + 1.0); }

OpMappings function_ops() {
  OpMappings rows;
  const Row kRows[] = {
      {{"absolute"}, "Abs", raise_formula<[](const Term& x) { return compute("Abs", {x}); }>},
      {{"angle"}, "Where", by_numbers<raise_float_formula<angle>, raise_complex_angle>},
      {{"deg2rad"}, "Mul", raise_float_formula<[](const Term& x) { return x * (pi / 180); }>},
      {{"digamma", "special_digamma", "special_psi"}, "Log", raise_float_formula<digamma>},
      {{"erfc", "special_erfc"},
       "Erf",
       raise_float_formula<[](const Term& x) { return 1.0 - compute("Erf", {x}); }>},
      {{"erfinv", "special_erfinv"}, "Log", raise_float_formula<inverse_erf>, "up to float32"},
      {{"exp2", "special_exp2"},
       "Exp",
       raise_float_formula<[](const Term& x) { return exp(x * std::numbers::ln2); }>},
      {{"expm1", "special_expm1"}, "Tanh", raise_float_formula<exp_minus_one>},
      {{"fix", "trunc"}, "Floor", raise_formula<[](const Term& x) { return if_float(x, truncated); }>},
      {{"frac"}, "Sub", raise_formula<[](const Term& x) { return x - truncated(x); }>},
      {{"frexp"}, "Log", raise_frexp},
      {{"isfinite"}, "IsInf", raise_formula<is_finite>},
      {{"isinf"}, "IsInf", raise_formula<[](const Term& x) { return is_infinite(x, true, true); }>},
      {{"isnan"},
       "IsNaN",
       raise_formula<[](const Term& x) { return is_float(x.dtype()) ? is_nan(x) : everywhere(x, false); }>},
      {{"isneginf"}, "IsInf", raise_formula<[](const Term& x) { return is_infinite(x, false, true); }>},
      {{"isposinf"}, "IsInf", raise_formula<[](const Term& x) { return is_infinite(x, true, false); }>},
      {{"isreal"}, "ConstantOfShape", raise_formula<[](const Term& x) { return everywhere(x, true); }>},
      {{"lgamma", "special_gammaln"}, "Log", raise_float_formula<log_gamma>},
      {{"log10"}, "Log", raise_float_formula<[](const Term& x) { return log(x) / std::numbers::ln10; }>},
      {{"log1p", "special_log1p"}, "Atanh", raise_float_formula<log_of_one_plus>},
      {{"log2"}, "Log", raise_float_formula<[](const Term& x) { return log(x) / std::numbers::ln2; }>},
      {{"logit", "special_logit"}, "Log", raise_logit},
      {{"mvlgamma", "special_multigammaln"}, "Log", raise_multigamma},
      {{"nan_to_num"}, "Where", raise_nan_to_num},
      {{"negative"}, "Neg", raise_formula<[](const Term& x) { return -x; }>},
      {{"rad2deg"}, "Mul", raise_float_formula<[](const Term& x) { return x * (180 / pi); }>},
      {{"round", "special_round"}, "Round", raise_round},
      {{"sgn", "sign"}, "Sign", raise_formula<sign>},
      {{"signbit"}, "Less", raise_formula<has_sign>},
      {{"sinc", "special_sinc"}, "Sin", raise_float_formula<sinc>},
      {{"special_entr"}, "Log", raise_float_formula<entropy>},
      {{"special_ndtr"}, "Erf", raise_float_formula<normal_distribution>},
      {{"special_ndtri"}, "Log", raise_float_formula<normal_quantile>, "up to float32"},
      {{"square"}, "Mul", raise_formula<[](const Term& x) {
         return x.dtype() == DType::boolean ? cast(x, DType::int64) : x * x;
       }>},
  };
  for (const Row& row : kRows)
    for (const char* name : row.names)
      rows.push_back({OpName("aten", name), row.canonical, row.raise, nullptr, row.note});
  return rows;
}

}  // namespace modelconv::torch
