#include "ir/dim.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "ir/dim_sum.h"
#include "ir/quote.h"

namespace modelconv {
namespace {

using Symbols = std::set<std::string>;

void collect_symbols(const Dim::Sum& sum, Symbols& symbols) {
  for (const Term& term : sum.terms) {
    for (const Factor& factor : term.monomial) {
      if (factor.atom->kind == Atom::Kind::symbol) symbols.insert(factor.atom->name);
      for (const Dim& argument : factor.atom->arguments) collect_symbols(Dim::Sum::of(argument), symbols);
    }
  }
}

using Values = std::vector<std::pair<std::string, Dim>>;

Dim substituted(const Atom& atom, const Values& values) {
  if (atom.kind == Atom::Kind::symbol) {
    for (const auto& [name, value] : values)
      if (name == atom.name) return value;
    return Dim::symbol(atom.name);
  }
  std::vector<Dim> arguments;
  for (const Dim& argument : atom.arguments) arguments.push_back(argument.substitute(values));
  if (atom.kind == Atom::Kind::floor) return floor_div(arguments[0], arguments[1]);
  Dim result = arguments[0];
  for (const Dim& argument : arguments)
    result = atom.kind == Atom::Kind::minimum ? min(result, argument) : max(result, argument);
  return result;
}

// An anonymous symbol, "?0": bare too, so that it looks like the unknown dimension that it stands for.
bool stands_bare(const std::string& name) {
  if (is_plain_name(name)) return true;
  return name.size() > 1 && name[0] == '?' && std::all_of(name.begin() + 1, name.end(), is_name_part);
}

bool same_monomial(const Monomial& a, const Monomial& b) { return compare(a, b) == 0; }

}  // namespace

Dim::Sum Dim::sum_of(const Dim& dim) {
  if (dim.kind_ == Kind::symbolic) return *dim.sum_;
  Sum sum;
  if (dim.number_ != 0) sum.terms.push_back({dim.number_, {}});
  return sum;
}

Dim Dim::from_sum(Sum sum) {
  if (sum.is_constant()) return sum.constant();
  Dim dim;
  dim.kind_ = Kind::symbolic;
  dim.sum_ = std::make_shared<const Sum>(std::move(sum));
  return dim;
}

Dim Dim::symbol(const std::string& name) {
  if (name.empty()) return {};  // two dimensions without a name need not be the same
  Atom atom{.kind = Atom::Kind::symbol,
            .text = stands_bare(name) ? name : quote(name),
            .name = name,
            .arguments = {},
            .depth = 0,
            .bounds = {0, std::nullopt}};
  return unless_too_large([&] { return atom_of(std::move(atom)); });
}

int64_t Dim::value() const {
  ENSURE(is_known(), InternalError, "the dimension {} is used as a number", str());
  return number_;
}

std::optional<int64_t> Dim::known() const { return is_known() ? std::optional(number_) : std::nullopt; }

std::optional<std::string> Dim::as_symbol() const {
  const Atom* atom = is_symbolic() ? sum_->single_atom() : nullptr;
  return atom && atom->kind == Atom::Kind::symbol ? std::optional(atom->name) : std::nullopt;
}

std::vector<std::string> Dim::symbols() const {
  Symbols symbols;
  if (is_symbolic()) collect_symbols(*sum_, symbols);
  return {symbols.begin(), symbols.end()};
}

Dim Dim::substitute(const std::vector<std::pair<std::string, Dim>>& values) const {
  if (!is_symbolic()) return *this;
  Dim result = 0;
  for (const Term& term : sum_->terms) {
    Dim product = term.coefficient;
    for (const Factor& factor : term.monomial) {
      const Dim value = substituted(*factor.atom, values);
      for (int i = 0; i < factor.power; ++i) product = product * value;
    }
    result = result + product;
  }
  return result;
}

bool operator==(const Dim& a, const Dim& b) {
  if (a.kind_ != b.kind_ || a.is_unknown()) return false;
  if (a.is_known()) return a.number_ == b.number_;
  if (a.sum_ == b.sum_) return true;
  const auto &x = a.sum_->terms, &y = b.sum_->terms;
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const Term& s, const Term& t) {
    return s.coefficient == t.coefficient && same_monomial(s.monomial, t.monomial);
  });
}

Dim operator+(const Dim& a, const Dim& b) {
  if (a.is_unknown() || b.is_unknown()) return {};
  if (a.is_known() && b.is_known()) {
    int64_t sum = 0;
    return __builtin_add_overflow(a.number_, b.number_, &sum) ? Dim() : Dim(sum);
  }
  return unless_too_large([&] { return add(Dim::sum_of(a), Dim::sum_of(b)).dim(); });
}

Dim operator-(const Dim& a, const Dim& b) {
  if (a.is_unknown() || b.is_unknown()) return {};
  if (a.is_known() && b.is_known()) {
    int64_t difference = 0;
    return __builtin_sub_overflow(a.number_, b.number_, &difference) ? Dim() : Dim(difference);
  }
  return unless_too_large([&] { return add(Dim::sum_of(a), Dim::sum_of(b), -1).dim(); });
}

Dim operator*(const Dim& a, const Dim& b) {
  if (a.equals(0) || b.equals(0)) return 0;
  if (a.is_unknown() || b.is_unknown()) return {};
  if (a.is_known() && b.is_known()) {
    int64_t product = 0;
    return __builtin_mul_overflow(a.number_, b.number_, &product) ? Dim() : Dim(product);
  }
  return unless_too_large([&] { return multiply(Dim::sum_of(a), Dim::sum_of(b)).dim(); });
}

}  // namespace modelconv
