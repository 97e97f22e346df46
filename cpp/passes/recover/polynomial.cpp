#include "passes/recover/polynomial.h"

#include <cmath>

namespace modelconv {
namespace {

constexpr int kDeepest =
    8;  // operators from the value down to x; the longest form known (GELU by tanh) has 5

Polynomial plus(const Polynomial& a, const Polynomial& b, double sign) {
  Polynomial sum{};
  for (size_t i = 0; i < sum.size(); ++i) sum[i] = a[i] + sign * b[i];
  return sum;
}

std::optional<Polynomial> times(const Polynomial& a, const Polynomial& b) {
  Polynomial product{};
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < b.size(); ++j) {
      if (a[i] == 0 || b[j] == 0) continue;
      if (i + j >= product.size()) return std::nullopt;
      product[i + j] += a[i] * b[j];
    }
  return product;
}

std::optional<Polynomial> power(const Polynomial& base, const Value* exponent) {
  const auto number = number_in(exponent);
  if (number != 2.0 && number != 3.0) return std::nullopt;
  const auto square = times(base, base);
  return number == 2.0 || !square ? square : times(*square, base);
}

std::optional<Polynomial> read(const Value* value, const Value& x, int depth) {
  if (value == &x) return Polynomial{0, 1, 0, 0};
  if (!value || depth == kDeepest) return std::nullopt;
  if (value->is_constant()) {
    const auto number = number_in(value);
    const bool keeps_shape =
        x.shape().has_rank() ? value->shape().rank() <= x.shape().rank() : value->shape().rank() == 0;
    if (!number || !keeps_shape) return std::nullopt;
    return Polynomial{*number, 0, 0, 0};
  }
  const Node* node = value->producer();
  if (!node || &node->graph() != &x.graph()) return std::nullopt;
  const std::string& op = node->op().str();
  if (op != "Add" && op != "Sub" && op != "Mul" && op != "Div" && op != "Pow" && op != "Neg")
    return std::nullopt;
  const auto a = read(node->input(0), x, depth + 1);
  if (!a) return std::nullopt;
  if (op == "Neg") return plus({}, *a, -1);
  if (op == "Pow") return power(*a, node->input(1));
  const auto b = read(node->input(1), x, depth + 1);
  if (!b) return std::nullopt;
  if (op == "Add") return plus(*a, *b, 1);
  if (op == "Sub") return plus(*a, *b, -1);
  if (op == "Mul") return times(*a, *b);
  if ((*b)[0] == 0 || (*b)[1] != 0 || (*b)[2] != 0 || (*b)[3] != 0) return std::nullopt;
  return times(*a, {1 / (*b)[0], 0, 0, 0});
}

}  // namespace

std::optional<double> number_in(const Value* value) {
  if (!value || !value->is_constant() || value->constant().size() != 1) return std::nullopt;
  if (!is_float(value->dtype()) && !is_integer(value->dtype())) return std::nullopt;
  return value->constant().to_double()[0];
}

std::optional<Polynomial> polynomial_in(const Value& value, const Value& x) { return read(&value, x, 0); }

bool nearly(double a, double b) { return std::abs(a - b) <= 1e-5 * std::max(std::abs(a), std::abs(b)); }

bool nearly(const Polynomial& a, const Polynomial& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (!nearly(a[i], b[i])) return false;
  return true;
}

}  // namespace modelconv
