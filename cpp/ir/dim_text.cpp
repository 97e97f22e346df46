// Spelling of dimensions: printing and parsing.
#include <charconv>

#include "base/error.h"
#include "ir/dim_sum.h"
#include "ir/quote.h"

namespace modelconv {
namespace {

std::string product_text(uint64_t coefficient, const Monomial& monomial) {
  std::string text = coefficient == 1 && !monomial.empty() ? "" : std::to_string(coefficient);
  for (const Factor& factor : monomial) {
    for (int i = 0; i < factor.power; ++i) {
      if (!text.empty()) text += '*';
      text += factor.atom->text;
    }
  }
  return text;
}

// Recursive descent. Division is exact, or stands directly inside floor() or ceil().
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Dim parse() {
    if (take('?') && rest_is_empty()) return {};
    at_ = 0;
    const Dim dim = exact(sum());
    if (!rest_is_empty()) fail("an operator or the end");
    return dim;
  }

 private:
  struct Fraction {
    Dim above, below = 1;
  };

  bool rest_is_empty() {
    skip_spaces();
    return at_ == text_.size();
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  bool take(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void expect(char c) {
    if (!take(c)) fail(fmt::format("'{}'", c));
  }

  [[noreturn]] void fail(const std::string& expected) const {
    BadArgument error(fmt::format("'{}' is not a dimension", text_));
    error.because(fmt::format("character {} should be {}", at_ + 1, expected));
    throw error;
  }

  Dim exact(const Fraction& fraction) const {
    if (fraction.below.equals(1)) return fraction.above;
    if (fraction.above.is_unknown() || fraction.below.is_unknown()) return {};
    const std::optional<Dim> quotient = Dim::divide_exactly(fraction.above, fraction.below);
    if (!quotient) fail("the end of an exact division, or the division inside floor()");
    return *quotient;
  }

  Fraction sum() {
    if (++depth_ > kDeepest) fail("less deep inside parentheses");
    Fraction total = product(take('-'));
    while (true) {
      const bool minus = take('-');
      if (!minus && !take('+')) break;
      const Dim before = exact(total);
      total = {before + exact(product(minus))};
    }
    --depth_;
    return total;
  }

  // The sign is part of the first number, so that the lowest number can be written.
  Fraction product(bool negative) {
    Fraction result = {factor(negative)};
    while (true) {
      if (take('*'))
        result.above = result.above * factor(false);
      else if (take('/'))
        result.below = result.below * factor(false);
      else
        return result;
    }
  }

  Dim factor(bool negative) {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') return number(negative);
    const Dim dim = take('(') ? parenthesised() : atom();
    return negative ? 0 - dim : dim;
  }

  Dim parenthesised() {
    const Dim dim = exact(sum());
    expect(')');
    return dim;
  }

  Dim number(bool negative) {
    const std::string_view digits = text_.substr(at_);
    uint64_t magnitude = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude);
    const uint64_t limit = uint64_t{INT64_MAX} + (negative ? 1 : 0);
    if (error != std::errc() || magnitude > limit) fail("a number of at most 63 bits");
    at_ += static_cast<size_t>(end - digits.data());
    return negative ? Dim(static_cast<int64_t>(0 - magnitude)) : Dim(static_cast<int64_t>(magnitude));
  }

  Dim atom() {
    if (at_ == text_.size()) fail("a number, a name or '('");
    if (text_[at_] == '"') return quoted_symbol();
    const size_t start = at_;
    const bool anonymous = text_[at_] == '?';
    if (anonymous) ++at_;
    if (at_ == text_.size() || !(anonymous ? is_name_part(text_[at_]) : is_name_start(text_[at_])))
      fail("a number, a name or '('");
    while (at_ < text_.size() && is_name_part(text_[at_])) ++at_;
    const std::string name(text_.substr(start, at_ - start));
    return !anonymous && at_ < text_.size() && text_[at_] == '(' ? function(name) : Dim::symbol(name);
  }

  Dim quoted_symbol() {
    const std::optional<std::string> name = unquote(text_, at_);
    if (!name) fail("an escape or the closing quote of a name");
    if (name->empty()) fail("a name that is not empty");
    return Dim::symbol(*name);
  }

  Dim function(const std::string& name) {
    ++at_;
    const Fraction first = sum();
    Dim result;
    if (name == "floor") {
      result = floor_div(first.above, first.below);
    } else if (name == "ceil") {
      result = ceil_div(first.above, first.below);
    } else if (name == "mod" || name == "min" || name == "max") {
      result = exact(first);
      const auto combine = name == "mod" ? mod_of : name == "min" ? min_of : max_of;
      expect(',');
      do result = combine(result, exact(sum()));
      while (name != "mod" && take(','));
    } else {
      fail("behind one of floor, ceil, mod, min and max");
    }
    expect(')');
    return result;
  }

  static Dim mod_of(const Dim& a, const Dim& b) { return mod(a, b); }
  static Dim min_of(const Dim& a, const Dim& b) { return min(a, b); }
  static Dim max_of(const Dim& a, const Dim& b) { return max(a, b); }

  static constexpr int kDeepest = 100;
  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::string Dim::str() const {
  if (is_unknown()) return "?";
  if (is_known()) return std::to_string(number_);
  std::string text;
  for (const Term& term : sum_->terms) {
    const bool negative = term.coefficient < 0;
    text += text.empty() ? (negative ? "-" : "") : (negative ? " - " : " + ");
    const auto magnitude = static_cast<uint64_t>(term.coefficient);
    text += product_text(negative ? 0 - magnitude : magnitude, term.monomial);
  }
  return text;
}

Dim Dim::parse(const std::string& text) { return Parser(text).parse(); }

}  // namespace modelconv
