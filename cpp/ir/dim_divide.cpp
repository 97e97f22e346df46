// Division of dimensions.
#include <algorithm>
#include <numeric>
#include <utility>

#include "ir/dim_sum.h"

namespace modelconv {
namespace {

using Sum = Dim::Sum;

constexpr int kMostSteps = 1000;  // of a long division

int64_t floor_of_quotient(int64_t coefficient, int64_t divisor) {
  return floor_quotient(coefficient, divisor);
}

int64_t exact_quotient(int64_t coefficient, int64_t divisor) {
  return coefficient % divisor == 0 ? coefficient / divisor : 0;
}

// Long division: takes multiples of `b` out of `a`, whose rest stays, and returns how many. b's leading coefficient
// must be positive. Sound for floor division with any integer quotient: floor((q*b + r)/b) = q + floor(r/b).
template <class Quotient>
Sum take_out(Sum& a, const Sum& b, const Quotient& quotient_of) {
  const Term& lead = b.terms[0];
  Sum quotient;
  int steps = 0;
  for (size_t i = 0; i < a.terms.size();) {
    if (++steps > kMostSteps) throw TooLarge();
    std::optional<Monomial> monomial = divide(a.terms[i].monomial, lead.monomial);
    const int64_t times = monomial ? quotient_of(a.terms[i].coefficient, lead.coefficient) : 0;
    if (times == 0) {
      ++i;
      continue;
    }
    // Changes only terms from i on: the products of b's other terms are smaller.
    const Term part{times, std::move(*monomial)};
    a = add(a, multiply(b, part), -1);
    quotient = add(quotient, Sum{{part}});
  }
  return quotient;
}

Sum negated(const Sum& sum) { return add({}, sum, -1); }

// Every symbol counts as at least 1 below a fraction's bar, because divisors are not zero.
bool is_positive(const Sum& divisor) { return lower_bound_of(divisor).value_or(-1) >= 0; }

// The greatest monomial that divides all terms.
Monomial common_monomial(const Sum& a, const Sum& b) {
  Monomial common = b.terms[0].monomial;
  const auto keep_factors_of = [&](const Monomial& other) {
    Monomial kept;
    for (const Factor& factor : common)
      for (const Factor& candidate : other)
        if (candidate.atom->text == factor.atom->text)
          kept.push_back({factor.atom, std::min(factor.power, candidate.power)});
    common = std::move(kept);
  };
  for (const Term& term : a.terms) keep_factors_of(term.monomial);
  for (const Term& term : b.terms) keep_factors_of(term.monomial);
  return common;
}

// The greatest number that divides b and all terms of a, its constant left out: floor((g*x + c)/(g*b)) is
// floor((x + floor(c/g))/b).
int64_t common_number(const Sum& a, const Sum& b) {
  int64_t common = 0;
  const auto include = [&](int64_t coefficient) {
    if (coefficient == INT64_MIN) throw TooLarge();  // its absolute value is not a number
    common = std::gcd(common, coefficient);
  };
  for (const Term& term : b.terms) include(term.coefficient);
  const bool round_constant = is_positive(b);
  for (const Term& term : a.terms)
    if (!term.monomial.empty() || !round_constant) include(term.coefficient);
  return common;
}

bool cancel_common_factors(Sum& a, Sum& b) {
  const Monomial monomial = common_monomial(a, b);
  const int64_t number = common_number(a, b);
  if (monomial.empty() && number == 1) return false;
  for (Sum* sum : {&a, &b}) {
    for (Term& term : sum->terms) {
      term.coefficient = floor_quotient(term.coefficient, number);
      term.monomial = *divide(term.monomial, monomial);
    }
    std::erase_if(sum->terms, [](const Term& term) { return term.coefficient == 0; });
  }
  return true;
}

// floor((floor(x/d) + y)/b) = floor((x + d*y)/(b*d)) for numbers b and d above 0.
bool merge_nested_floor(Sum& a, Sum& b) {
  const Atom* inner = nullptr;
  size_t position = 0;
  for (size_t i = 0; i < a.terms.size(); ++i) {
    const Atom* atom = single_atom(a.terms[i].monomial);
    if (!atom || atom->kind != Atom::Kind::floor || a.terms[i].coefficient != 1) continue;
    if (inner || !atom->arguments[1].is_known()) return false;
    inner = atom;
    position = i;
  }
  if (!inner || !b.is_constant()) return false;
  const int64_t divisor = inner->arguments[1].value();
  const Sum numerator = Sum::of(inner->arguments[0]);
  b = multiply(b, Term{divisor, {}});
  a.terms.erase(a.terms.begin() + static_cast<std::ptrdiff_t>(position));
  a = add(numerator, a, divisor);
  return true;
}

Dim floor_of(Sum a, Sum b) {
  if (b.terms[0].coefficient < 0) {
    a = negated(a);
    b = negated(b);
  }
  const Sum quotient = take_out(a, b, floor_of_quotient);
  if (a.terms.empty() || (a.is_constant() && b.is_constant())) return quotient.dim();
  if (cancel_common_factors(a, b) || merge_nested_floor(a, b))
    return quotient.dim() + floor_of(std::move(a), std::move(b));
  const bool below_one =
      lower_bound_of(a).value_or(-1) >= 0 && lower_bound_of(add(b, a, -1)).value_or(0) >= 1;
  if (below_one) return quotient.dim();
  Atom atom{.kind = Atom::Kind::floor,
            .text = {},
            .name = {},
            .arguments = {a.dim(), b.dim()},
            .depth = 0,
            .bounds = {}};
  return quotient.dim() + atom_of(std::move(atom));
}

Dim floor_of_numbers(int64_t a, int64_t b) {
  if (b < 0 && (a == INT64_MIN || b == INT64_MIN))
    return b == INT64_MIN ? Dim(a == b ? 1 : a > 0 ? -1 : 0) : Dim();
  return b < 0 ? floor_quotient(-a, -b) : floor_quotient(a, b);
}

}  // namespace

Dim floor_div(const Dim& a, const Dim& b) {
  if (a.is_unknown() || b.is_unknown() || b.equals(0)) return {};
  if (a.is_known() && b.is_known()) return floor_of_numbers(a.number_, b.number_);
  return unless_too_large([&] { return floor_of(Dim::sum_of(a), Dim::sum_of(b)); });
}

Dim ceil_div(const Dim& a, const Dim& b) {
  if (a.is_unknown() || b.is_unknown() || b.equals(0)) return {};
  if (a.is_known() && b.is_known()) {
    const Dim floor = floor_div(a, b);
    return floor * b == a ? floor : floor + 1;
  }
  if (const std::optional<Dim> exact = Dim::divide_exactly(a, b)) return *exact;
  // The first spelling is the readable one: floor((H + 31)/32).
  return b.lower_bound().value_or(-1) >= 0 ? floor_div(a + b - 1, b) : 0 - floor_div(0 - a, b);
}

Dim mod(const Dim& a, const Dim& b) {
  if (a.is_known() && b.is_known() && !b.equals(0)) {
    const int64_t rest = b.number_ == -1 ? 0 : a.number_ % b.number_;
    return rest != 0 && (rest < 0) != (b.number_ < 0) ? rest + b.number_ : rest;
  }
  return a - b * floor_div(a, b);
}

std::optional<Dim> Dim::divide_exactly(const Dim& a, const Dim& b) {
  if (a.is_unknown() || b.is_unknown() || b.equals(0)) return std::nullopt;
  try {
    Sum rest = sum_of(a), divisor = sum_of(b);
    if (divisor.terms[0].coefficient < 0) {
      rest = negated(rest);
      divisor = negated(divisor);
    }
    const Sum quotient = take_out(rest, divisor, exact_quotient);
    return rest.terms.empty() ? std::optional(quotient.dim()) : std::nullopt;
  } catch (const TooLarge&) {
    return std::nullopt;
  }
}

}  // namespace modelconv
