// One dimension of a shape: a number, an expression over named symbols, or unknown.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace modelconv {

// A symbolic size is kept in a normal form, a sum of products of atoms with integer coefficients, so that
// `N*4/2` and `2*N` are the same dimension. Atoms are symbols and the functions that a sum of products cannot
// say (floor division, modulo, minimum, maximum). Symbols stand for integers >= 0.
// The same class carries elements of shape computations, so values may be negative.
class Dim {
 public:
  struct Sum;  // the normal form, in dim_sum.h

  Dim() = default;                                             // unknown: equal to nothing, itself included
  Dim(int64_t value) : kind_(Kind::number), number_(value) {}  // NOLINT: a number is a dimension
  static Dim symbol(const std::string& name);                  // unknown when the name is empty
  static Dim unknown() { return {}; }

  bool is_known() const { return kind_ == Kind::number; }
  bool is_unknown() const { return kind_ == Kind::unknown; }
  bool is_symbolic() const { return kind_ == Kind::symbolic; }
  int64_t value() const;  // throws InternalError unless is_known()
  std::optional<int64_t> known() const;
  bool equals(int64_t number) const { return is_known() && number_ == number; }

  // The symbol's name when this is exactly one symbol, else nothing.
  std::optional<std::string> as_symbol() const;
  std::vector<std::string> symbols() const;  // all symbols inside, sorted, each once
  Dim substitute(const std::vector<std::pair<std::string, Dim>>& values) const;

  // "224", "N", "2*N + 1", "floor(H/32)", "?" when unknown. parse() reads the same spelling back; BadArgument for
  // anything else.
  std::string str() const;
  static Dim parse(const std::string& text);

  // Provably equal; false also when it is not known.
  friend bool operator==(const Dim& a, const Dim& b);

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  friend Dim floor_div(const Dim& a, const Dim& b);
  friend Dim ceil_div(const Dim& a, const Dim& b);
  friend Dim mod(const Dim& a, const Dim& b);  // a - b * floor(a/b)
  friend Dim min(const Dim& a, const Dim& b);
  friend Dim max(const Dim& a, const Dim& b);

  // a / b when the division is provably exact (b taken as not zero), else nothing.
  static std::optional<Dim> divide_exactly(const Dim& a, const Dim& b);

  // Lower bound that holds for every value of the symbols, if one is known.
  std::optional<int64_t> lower_bound() const;

 private:
  enum class Kind : uint8_t { unknown, number, symbolic };
  static Sum sum_of(const Dim& dim);
  static Dim from_sum(Sum sum);

  Kind kind_ = Kind::unknown;
  int64_t number_ = 0;
  std::shared_ptr<const Sum> sum_;
};

// Declared here too, so that they can be called with plain numbers.
Dim floor_div(const Dim& a, const Dim& b);
Dim ceil_div(const Dim& a, const Dim& b);
Dim mod(const Dim& a, const Dim& b);

}  // namespace modelconv
