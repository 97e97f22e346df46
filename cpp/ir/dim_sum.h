// The normal form of a symbolic Dim: a polynomial with integer coefficients over atoms. Only for cpp/ir/dim*.cpp.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/dim.h"

namespace modelconv {

// Thrown inside, when a coefficient leaves 64 bits or an expression grows without reason; outside it is "unknown".
struct TooLarge {};

// What is known of a value; no number: no bound.
struct Interval {
  std::optional<int64_t> low, high;
};

struct Atom {
  enum class Kind : uint8_t { symbol, floor, minimum, maximum };
  Kind kind;
  std::string text;  // its spelling, which also says whether two atoms are the same, and their order
  std::string name;  // of a symbol
  std::vector<Dim> arguments;  // of a function: numerator and denominator, or what the extremum is taken of
  int depth = 0;               // how deep functions are nested in it
  Interval bounds;
};
using AtomPtr = std::shared_ptr<const Atom>;

struct Factor {
  AtomPtr atom;
  int power;
};
using Monomial = std::vector<Factor>;  // atoms in order, each once; empty: 1

struct Term {
  int64_t coefficient;
  Monomial monomial;
};

struct Dim::Sum {
  std::vector<Term> terms;  // the greatest monomial first, no coefficient is zero; empty: 0

  static Sum of(const Dim& dim) { return sum_of(dim); }
  Dim dim() const { return from_sum(*this); }
  bool is_constant() const { return terms.empty() || (terms.size() == 1 && terms[0].monomial.empty()); }
  int64_t constant() const { return terms.empty() ? 0 : terms[0].coefficient; }  // if is_constant()
  const Atom* single_atom() const;  // when it is one atom and nothing else
};

// Graded lexicographic: by degree, then by the powers of the atoms in alphabetical order. It is kept by products,
// which is what makes long division end.
std::strong_ordering compare(const Monomial& a, const Monomial& b);
const Atom* single_atom(const Monomial& monomial);

Dim::Sum add(const Dim::Sum& a, const Dim::Sum& b, int64_t times_b = 1);
Dim::Sum multiply(const Dim::Sum& a, const Term& b);
Dim::Sum multiply(const Dim::Sum& a, const Dim::Sum& b);
std::optional<Monomial> divide(const Monomial& a, const Monomial& b);

Dim atom_of(Atom atom);  // fills in text, depth and bounds of a function
Interval bounds_of(const Dim::Sum& sum);
Interval bounds_of_function(const Atom& atom);
// The greatest lower bound that a few identities of floor, min and max can prove.
std::optional<int64_t> lower_bound_of(const Dim::Sum& sum);

int64_t checked_add(int64_t a, int64_t b);
int64_t checked_multiply(int64_t a, int64_t b);
int64_t floor_quotient(int64_t a, int64_t b);  // b > 0

// What `compute` returns, unknown when it grows too large.
template <class Compute>
Dim unless_too_large(const Compute& compute) {
  try {
    return compute();
  } catch (const TooLarge&) {
    return {};
  }
}

}  // namespace modelconv
