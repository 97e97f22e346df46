#include "ir/dim_sum.h"

#include <algorithm>
#include <utility>

namespace modelconv {
namespace {

// Far above what shapes of real models need.
constexpr size_t kMostTerms = 256, kLongestText = 4000;
constexpr int kHighestDegree = 64, kDeepest = 24;

int degree(const Monomial& monomial) {
  int sum = 0;
  for (const Factor& factor : monomial) sum += factor.power;
  return sum;
}

std::strong_ordering by_text(const Factor& a, const Factor& b) {
  return a.atom == b.atom ? std::strong_ordering::equal : a.atom->text.compare(b.atom->text) <=> 0;
}

Monomial multiply(const Monomial& a, const Monomial& b) {
  Monomial product;
  product.reserve(a.size() + b.size());
  auto x = a.begin(), y = b.begin();
  while (x != a.end() || y != b.end()) {
    const auto order = x == a.end()   ? std::strong_ordering::greater
                       : y == b.end() ? std::strong_ordering::less
                                      : by_text(*x, *y);
    if (order < 0)
      product.push_back(*x++);
    else if (order > 0)
      product.push_back(*y++);
    else
      product.push_back({x->atom, x++->power + y++->power});
  }
  if (degree(product) > kHighestDegree) throw TooLarge();
  return product;
}

int depth_of(const Dim::Sum& sum) {
  int deepest = 0;
  for (const Term& term : sum.terms)
    for (const Factor& factor : term.monomial) deepest = std::max(deepest, factor.atom->depth);
  return deepest;
}

// A denominator that needs parentheses is anything but one atom or a positive number.
std::string floor_text(const Dim& numerator, const Dim& denominator) {
  const auto parenthesised = [](const Dim& dim, bool bare) {
    return bare ? dim.str() : "(" + dim.str() + ")";
  };
  const bool bare_above = Dim::Sum::of(numerator).terms.size() <= 1;
  const bool bare_below =
      denominator.is_known() ? denominator.value() >= 0 : Dim::Sum::of(denominator).single_atom() != nullptr;
  return "floor(" + parenthesised(numerator, bare_above) + "/" + parenthesised(denominator, bare_below) + ")";
}

std::string call_text(const char* name, const std::vector<Dim>& arguments) {
  std::string text = name;
  for (size_t i = 0; i < arguments.size(); ++i) text += (i == 0 ? "(" : ", ") + arguments[i].str();
  return text + ")";
}

std::string text_of(const Atom& atom) {
  switch (atom.kind) {
    case Atom::Kind::floor: return floor_text(atom.arguments[0], atom.arguments[1]);
    case Atom::Kind::minimum: return call_text("min", atom.arguments);
    case Atom::Kind::maximum: return call_text("max", atom.arguments);
    case Atom::Kind::symbol: break;
  }
  return atom.text;
}

}  // namespace

int64_t checked_add(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) throw TooLarge();
  return sum;
}

int64_t checked_multiply(int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) throw TooLarge();
  return product;
}

int64_t floor_quotient(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

const Atom* single_atom(const Monomial& monomial) {
  return monomial.size() == 1 && monomial[0].power == 1 ? monomial[0].atom.get() : nullptr;
}

const Atom* Dim::Sum::single_atom() const {
  return terms.size() == 1 && terms[0].coefficient == 1 ? modelconv::single_atom(terms[0].monomial) : nullptr;
}

std::strong_ordering compare(const Monomial& a, const Monomial& b) {
  if (const auto order = degree(a) <=> degree(b); order != 0) return order;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    // The one that has the alphabetically earlier atom, which the other lacks, is the greater.
    if (const auto order = by_text(b[i], a[i]); order != 0) return order;
    if (const auto order = a[i].power <=> b[i].power; order != 0) return order;
  }
  return a.size() <=> b.size();
}

Dim::Sum add(const Dim::Sum& a, const Dim::Sum& b, int64_t times_b) {
  Dim::Sum sum;
  sum.terms.reserve(a.terms.size() + b.terms.size());
  auto x = a.terms.begin(), y = b.terms.begin();
  while (x != a.terms.end() || y != b.terms.end()) {
    const auto order = x == a.terms.end()   ? std::strong_ordering::less
                       : y == b.terms.end() ? std::strong_ordering::greater
                                            : compare(x->monomial, y->monomial);
    if (order > 0) {
      sum.terms.push_back(*x++);
      continue;
    }
    int64_t coefficient = checked_multiply(y->coefficient, times_b);
    if (order == 0) coefficient = checked_add(coefficient, x++->coefficient);
    if (coefficient != 0) sum.terms.push_back({coefficient, y->monomial});
    ++y;
  }
  if (sum.terms.size() > kMostTerms) throw TooLarge();
  return sum;
}

Dim::Sum multiply(const Dim::Sum& a, const Term& b) {
  Dim::Sum product;
  product.terms.reserve(a.terms.size());
  for (const Term& term : a.terms)  // products keep the order
    product.terms.push_back(
        {checked_multiply(term.coefficient, b.coefficient), multiply(term.monomial, b.monomial)});
  return product;
}

Dim::Sum multiply(const Dim::Sum& a, const Dim::Sum& b) {
  Dim::Sum product;
  for (const Term& term : b.terms) product = add(product, multiply(a, term));
  return product;
}

std::optional<Monomial> divide(const Monomial& a, const Monomial& b) {
  Monomial quotient;
  auto y = b.begin();
  for (const Factor& factor : a) {
    int power = factor.power;
    if (y != b.end() && by_text(*y, factor) == 0) power -= y++->power;
    if (power < 0) return std::nullopt;
    if (power > 0) quotient.push_back({factor.atom, power});
  }
  return y == b.end() ? std::optional(std::move(quotient)) : std::nullopt;
}

Dim atom_of(Atom atom) {
  atom.text = text_of(atom);
  if (atom.kind != Atom::Kind::symbol) atom.bounds = bounds_of_function(atom);
  for (const Dim& argument : atom.arguments)
    atom.depth = std::max(atom.depth, 1 + depth_of(Dim::Sum::of(argument)));
  if (atom.text.size() > kLongestText || atom.depth > kDeepest) throw TooLarge();
  Dim::Sum sum;
  sum.terms.push_back({1, {{std::make_shared<const Atom>(std::move(atom)), 1}}});
  return sum.dim();
}

}  // namespace modelconv
