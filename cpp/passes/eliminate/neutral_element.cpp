#include <cmath>

#include "passes/eliminate/eliminate.h"

namespace modelconv {
namespace {

// All elements of a numeric constant are `wanted`; -0.0 and 0.0 are different here.
bool all_equal(const Value* value, double wanted) {
  if (!value || !value->is_constant()) return false;
  const Tensor& tensor = value->constant();
  // A neutral element is written as a scalar or a small vector; weights of megabytes are not read for this.
  constexpr int64_t kMostElements = 65536;
  if (tensor.dtype() == DType::string || is_complex(tensor.dtype()) || tensor.size() > kMostElements)
    return false;
  for (const double element : tensor.to_double())
    if (element != wanted || std::signbit(element) != std::signbit(wanted)) return false;
  return true;
}

bool is_floating(const Value& value) { return is_float(value.dtype()); }

// `kept` may stand for the result: the other operand does not broadcast it to a larger shape.
Outcome replace_by_operand(Node& node, Patch& patch, size_t kept) {
  Value& operand = *node.input(kept);
  const Shape& other = node.input(1 - kept)->shape();
  const bool cannot_grow = other.is_static() && operand.shape().has_rank() &&
                           other.rank() <= operand.shape().rank() && other.element_count().equals(1);
  if (!cannot_grow && !operand.shape().equals(node.output()->shape()))
    return refuse("'{}' {} may broadcast '{}' to a larger shape", node.input(1 - kept)->name(), other.str(),
                  operand.name());
  patch.replace(*node.output(), operand);
  return Outcome::applied();
}

Outcome eliminate_mul_one(Node& node, Patch& patch) {
  if (all_equal(node.input(1), 1)) return replace_by_operand(node, patch, 0);
  if (all_equal(node.input(0), 1)) return replace_by_operand(node, patch, 1);
  return no_match();
}

Outcome eliminate_div_one(Node& node, Patch& patch) {
  if (!all_equal(node.input(1), 1)) return no_match();
  return replace_by_operand(node, patch, 0);
}

// x + (-0.0) is x for every x; x + 0.0 turns -0.0 into 0.0, so in floating point only the former may go.
Outcome eliminate_add_zero(Node& node, Patch& patch) {
  const double zero = is_floating(*node.output()) ? -0.0 : 0.0;
  if (all_equal(node.input(1), zero)) return replace_by_operand(node, patch, 0);
  if (all_equal(node.input(0), zero)) return replace_by_operand(node, patch, 1);
  if (all_equal(node.input(0), 0.0) || all_equal(node.input(1), 0.0))
    return refuse("no operand is the constant -0.0 (x + 0.0 loses the sign of -0.0)");
  return no_match();
}

Outcome eliminate_sub_zero(Node& node, Patch& patch) {
  if (!all_equal(node.input(1), 0)) return no_match();
  return replace_by_operand(node, patch, 0);
}

Outcome eliminate_pow_one(Node& node, Patch& patch) {
  if (!all_equal(node.input(1), 1)) return no_match();
  return replace_by_operand(node, patch, 0);
}

Outcome eliminate_logical(Node& node, Patch& patch) {
  const double neutral = node.op() == OpName("And") ? 1 : 0;
  if (all_equal(node.input(1), neutral)) return replace_by_operand(node, patch, 0);
  if (all_equal(node.input(0), neutral)) return replace_by_operand(node, patch, 1);
  return no_match();
}

}  // namespace

Rules eliminate_neutral_element_rules() {
  return {
      Rule("eliminate_mul_one").describe("x * 1 is x").on({"Mul"}, eliminate_mul_one),
      Rule("eliminate_div_one").describe("x / 1 is x").on({"Div"}, eliminate_div_one),
      Rule("eliminate_add_zero")
          .describe("x + 0 is x for integers, x + (-0.0) for floats")
          .on({"Add"}, eliminate_add_zero),
      Rule("eliminate_sub_zero").describe("x - 0 is x").on({"Sub"}, eliminate_sub_zero),
      Rule("eliminate_pow_one").describe("x ** 1 is x").on({"Pow"}, eliminate_pow_one),
      Rule("eliminate_logical_neutral")
          .describe("x and true, x or false, x xor false are x")
          .on({"And", "Or", "Xor"}, eliminate_logical),
  };
}

}  // namespace modelconv
