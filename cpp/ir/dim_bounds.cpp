// Bounds of dimensions, and the minimum and maximum that follow from them.
#include <algorithm>
#include <utility>

#include "ir/dim_sum.h"

namespace modelconv {
namespace {

using Sum = Dim::Sum;
using Bound = std::optional<int64_t>;

template <class Compute>
Bound unless_overflow(const Compute& compute) {
  try {
    return Bound(compute());
  } catch (const TooLarge&) {
    return std::nullopt;
  }
}

Bound sum_of_bounds(Bound a, Bound b) {
  return a && b ? unless_overflow([&] { return checked_add(*a, *b); }) : std::nullopt;
}

Bound scaled(Bound bound, int64_t factor) {
  return bound ? unless_overflow([&] { return checked_multiply(*bound, factor); }) : std::nullopt;
}

// Products of several atoms have bounds only when none of them can be negative.
Interval bounds_of_monomial(const Monomial& monomial) {
  if (const Atom* atom = single_atom(monomial)) return atom->bounds;
  Interval product{1, 1};
  for (const Factor& factor : monomial) {
    const Interval& bounds = factor.atom->bounds;
    if (bounds.low.value_or(-1) < 0) return {};
    for (int i = 0; i < factor.power; ++i) {
      product.low = scaled(product.low, *bounds.low);
      product.high = bounds.high ? scaled(product.high, *bounds.high) : std::nullopt;
    }
    if (!product.low) return {0, std::nullopt};
  }
  return product;
}

// A divisor is not zero, so that one which is not negative is at least 1.
Interval bounds_of_floor(const Dim& numerator, const Dim& denominator) {
  const Interval above = bounds_of(Sum::of(numerator));
  Interval bounds;
  if (denominator.is_known()) {
    if (above.low) bounds.low = floor_quotient(*above.low, denominator.value());
    if (above.high) bounds.high = floor_quotient(*above.high, denominator.value());
  } else if (denominator.lower_bound().value_or(-1) >= 0) {
    if (above.low) bounds.low = std::min<int64_t>(*above.low, 0);
    if (above.high) bounds.high = std::max<int64_t>(*above.high, -1);
  }
  return bounds;
}

Interval bounds_of_extremum(bool minimum, const std::vector<Dim>& arguments) {
  // For the minimum: as low as the lowest, but not above any upper bound. The maximum is its mirror image.
  Interval bounds = bounds_of(Sum::of(arguments[0]));
  for (const Dim& argument : arguments) {
    const Interval other = bounds_of(Sum::of(argument));
    Bound& loose = minimum ? bounds.low : bounds.high;
    Bound& tight = minimum ? bounds.high : bounds.low;
    const Bound &other_loose = minimum ? other.low : other.high,
                &other_tight = minimum ? other.high : other.low;
    const auto first = [&](int64_t a, int64_t b) { return minimum ? std::min(a, b) : std::max(a, b); };
    loose = loose && other_loose ? Bound(first(*loose, *other_loose)) : std::nullopt;
    tight = tight && other_tight ? Bound(first(*tight, *other_tight)) : tight ? tight : other_tight;
  }
  return bounds;
}

// The lower bounds of `sum` that follow when the function in one of its terms is replaced by what bounds it.
class Prover {
 public:
  Bound lower(const Sum& sum) {
    Bound best = bounds_of(sum).low;
    // Cases first: what bounds a function best can differ from case to case.
    for (const bool cases : {true, false}) {
      for (size_t i = 0; i < sum.terms.size() && --budget_ >= 0; ++i) {
        const Atom* atom = single_atom(sum.terms[i].monomial);
        if (!atom || atom->kind == Atom::Kind::symbol || splits_into_cases(sum.terms[i], *atom) != cases)
          continue;
        const Bound found = unless_overflow([&] { return without_function(sum, i, *atom); });
        if (found) return best ? std::max(best, found) : found;
      }
    }
    return best;
  }

 private:
  static bool splits_into_cases(const Term& term, const Atom& atom) {
    return atom.kind == (term.coefficient > 0 ? Atom::Kind::minimum : Atom::Kind::maximum);
  }

  Bound without_function(const Sum& sum, size_t position, const Atom& atom) {
    Sum rest = sum;
    rest.terms.erase(rest.terms.begin() + static_cast<std::ptrdiff_t>(position));
    const int64_t times = sum.terms[position].coefficient;
    return atom.kind == Atom::Kind::floor ? without_floor(rest, times, atom)
                                          : without_extremum(rest, times, atom);
  }

  // (a - b + 1)/b <= floor(a/b) <= a/b for a number b.
  Bound without_floor(const Sum& rest, int64_t times, const Atom& floor) {
    if (!floor.arguments[1].is_known()) return std::nullopt;
    const int64_t b = floor.arguments[1].value();
    Sum a = Sum::of(floor.arguments[0]);
    if (times > 0) a = add(a, Sum::of(Dim(1 - b)));
    const Bound found = lower(add(multiply(rest, Term{b, {}}), a, times));
    return found ? Bound(-floor_quotient(checked_multiply(*found, -1), b)) : std::nullopt;
  }

  // -min(a, b) is at least -a and at least -b; min(a, b) is at least the smaller of the two bounds.
  Bound without_extremum(const Sum& rest, int64_t times, const Atom& extremum) {
    const bool any = (times > 0) == (extremum.kind == Atom::Kind::maximum);
    Bound result;
    for (size_t i = 0; i < extremum.arguments.size(); ++i) {
      const Bound found = lower(add(rest, Sum::of(extremum.arguments[i]), times));
      if (!found && !any) return std::nullopt;
      if (found) result = !result ? *found : any ? std::max(*result, *found) : std::min(*result, *found);
    }
    return result;
  }

  int budget_ = 500;  // terms looked at
};

constexpr size_t kMostArguments = 16;

// `a` and `b`, or what they are the extremum of.
std::vector<Dim> flattened(Atom::Kind kind, const Dim& a, const Dim& b) {
  std::vector<Dim> arguments;
  for (const Dim& dim : {a, b}) {
    const Sum sum = Sum::of(dim);
    const Atom* atom = sum.single_atom();
    if (atom && atom->kind == kind)
      arguments.insert(arguments.end(), atom->arguments.begin(), atom->arguments.end());
    else
      arguments.push_back(dim);
  }
  return arguments;
}

Dim extremum(Atom::Kind kind, const Dim& a, const Dim& b) {
  if (a.is_unknown() || b.is_unknown()) return {};
  std::vector<Dim> kept;
  const auto beats = [kind](const Dim& x, const Dim& y) {
    const Dim lead = kind == Atom::Kind::minimum ? y - x : x - y;
    return lead.lower_bound().value_or(-1) >= 0;
  };
  for (const Dim& argument : flattened(kind, a, b)) {
    if (std::any_of(kept.begin(), kept.end(), [&](const Dim& other) { return beats(other, argument); }))
      continue;
    std::erase_if(kept, [&](const Dim& other) { return beats(argument, other); });
    kept.push_back(argument);
  }
  if (kept.size() == 1) return kept[0];
  if (kept.size() > kMostArguments) return {};
  std::sort(kept.begin(), kept.end(), [](const Dim& x, const Dim& y) {
    return std::pair(x.is_known(), x.str()) < std::pair(y.is_known(), y.str());
  });
  Atom atom{.kind = kind, .text = {}, .name = {}, .arguments = std::move(kept), .depth = 0, .bounds = {}};
  return unless_too_large([&] { return atom_of(std::move(atom)); });
}

}  // namespace

Interval bounds_of_function(const Atom& atom) {
  if (atom.kind == Atom::Kind::floor) return bounds_of_floor(atom.arguments[0], atom.arguments[1]);
  return bounds_of_extremum(atom.kind == Atom::Kind::minimum, atom.arguments);
}

Interval bounds_of(const Sum& sum) {
  Interval bounds{0, 0};
  for (const Term& term : sum.terms) {
    Interval part = bounds_of_monomial(term.monomial);
    if (term.coefficient < 0) std::swap(part.low, part.high);
    bounds.low = sum_of_bounds(bounds.low, scaled(part.low, term.coefficient));
    bounds.high = sum_of_bounds(bounds.high, scaled(part.high, term.coefficient));
  }
  return bounds;
}

std::optional<int64_t> lower_bound_of(const Sum& sum) { return Prover().lower(sum); }

std::optional<int64_t> Dim::lower_bound() const {
  if (is_unknown()) return std::nullopt;
  return is_known() ? number_ : lower_bound_of(*sum_);
}

Dim min(const Dim& a, const Dim& b) {
  if (a.is_known() && b.is_known()) return std::min(a.number_, b.number_);
  return extremum(Atom::Kind::minimum, a, b);
}

Dim max(const Dim& a, const Dim& b) {
  if (a.is_known() && b.is_known()) return std::max(a.number_, b.number_);
  return extremum(Atom::Kind::maximum, a, b);
}

}  // namespace modelconv
