// Two constants in a row: (x * a) * b, (x + a) + b, min(max(x, a), b).
#include <algorithm>
#include <cmath>

#include "passes/fold/evaluate.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

const OpName kMul("Mul"), kDiv("Div"), kAdd("Add"), kSub("Sub");

// A node of two operands, the second constant (the first too, where the operands may change places).
struct WithConstant {
  Value* x;
  Value* number;
};

std::optional<WithConstant> with_constant(const Node* node, const std::vector<OpName>& ops, bool commutes) {
  if (!node || std::find(ops.begin(), ops.end(), node->op()) == ops.end() || node->input_count() != 2)
    return std::nullopt;
  if (node->input(1)->is_constant() && !node->input(0)->is_constant())
    return WithConstant{node->input(0), node->input(1)};
  if (commutes && node->input(0)->is_constant() && !node->input(1)->is_constant())
    return WithConstant{node->input(1), node->input(0)};
  return std::nullopt;
}

// Constants are merged while they stay small: [3] * [64, 1] would be a constant of 192 numbers.
bool grows(const Value& a, const Value& b, const Value& merged) {
  return merged.constant().nbytes() > std::max(a.constant().nbytes(), b.constant().nbytes()) + 64;
}

// Every merged number is as well behaved as the two were: nothing has become infinite, subnormal or zero.
bool is_safe_product(const Value& a, const Value& b, const Value& merged) {
  const double smallest = a.dtype() == DType::float64 ? 1e-290 : a.dtype() == DType::float32 ? 1e-30 : 1e-4;
  const double largest = a.dtype() == DType::float64 ? 1e290 : a.dtype() == DType::float32 ? 1e30 : 1e4;
  for (const Value* value : {&a, &b, &merged})
    for (const double number : value->constant().to_double())
      if (!(std::abs(number) >= smallest && std::abs(number) <= largest)) return false;
  return true;
}

bool all_of_sign(const Value& value, bool negative) {
  for (const double number : value.constant().to_double())
    if (!std::isfinite(number) || std::signbit(number) != negative) return false;
  return true;
}

Outcome fuse_products(Node& node, Patch& patch) {
  const auto outer = with_constant(&node, {kMul, kDiv}, node.op() == kMul);
  const Node* before = outer ? outer->x->producer() : nullptr;
  const auto inner = with_constant(before, {kMul, kDiv}, before && before->op() == kMul);
  if (!outer || !inner) return no_match();
  if (!outer->x->has_one_use()) return refuse("'{}' has other uses", outer->x->name());
  const bool divides = node.op() == kDiv, divided = before->op() == kDiv;
  if (is_integer(node.output()->dtype())) {
    if (divides || divided) return refuse("integers are divided with a remainder");
  } else if (!is_float(node.output()->dtype())) {
    return refuse("it multiplies {}", name_of(node.output()->dtype()));
  }
  // (x * a) / b = x * (a / b), (x / a) * b = x * (b / a), (x / a) / b = x / (a * b).
  Value& merged = divides == divided ? fold(patch, kMul, {inner->number, outer->number})
                  : divides          ? fold(patch, kDiv, {inner->number, outer->number})
                                     : fold(patch, kDiv, {outer->number, inner->number});
  if (grows(*inner->number, *outer->number, merged)) return refuse("the merged constant would be larger");
  if (is_float(node.output()->dtype()) && !is_safe_product(*inner->number, *outer->number, merged))
    return refuse("the merged constant is zero, not finite or of extreme size");
  return replace_root(patch, patch.add(divides && divided ? kDiv : kMul, {inner->x, &merged}));
}

// Numbers of one sign: otherwise x + 1e8 - 1e8 would keep digits that the original loses.
Outcome fuse_sums(Node& node, Patch& patch) {
  const auto outer = with_constant(&node, {kAdd, kSub}, node.op() == kAdd);
  const Node* before = outer ? outer->x->producer() : nullptr;
  const auto inner = with_constant(before, {kAdd, kSub}, before && before->op() == kAdd);
  if (!outer || !inner) return no_match();
  if (!outer->x->has_one_use()) return refuse("'{}' has other uses", outer->x->name());
  const DType dtype = node.output()->dtype();
  if (!is_integer(dtype) && !is_float(dtype)) return refuse("it adds {}", name_of(dtype));
  const bool subtracts = node.op() == kSub, subtracted = before->op() == kSub;
  if (inner->number->constant().size() == 0) return refuse("there is nothing to add");
  if (is_float(dtype)) {
    const bool negative = std::signbit(inner->number->constant().to_double().at(0));
    if (!all_of_sign(*inner->number, negative) ||
        !all_of_sign(*outer->number, negative != (subtracts != subtracted)))
      return refuse("the constants are not of one sign: digits would be kept that are lost now");
  }
  Value& merged = fold(patch, subtracts == subtracted ? kAdd : kSub, {inner->number, outer->number});
  if (grows(*inner->number, *outer->number, merged)) return refuse("the merged constant would be larger");
  return replace_root(patch, patch.add(subtracted ? kSub : kAdd, {inner->x, &merged}));
}

bool holds_nan(const Value& value) {
  for (const double number : value.constant().to_double())
    if (std::isnan(number)) return true;
  return false;
}

// Min(Min(x, a), b) = Min(x, min(a, b)), likewise Max; one of each is a Clip.
Outcome fuse_limits(Node& node, Patch& patch) {
  const OpName kMin("Min"), kMax("Max");
  const auto outer = with_constant(&node, {kMin, kMax}, true);
  const Node* before = outer ? outer->x->producer() : nullptr;
  const auto inner = with_constant(before, {kMin, kMax}, true);
  if (!outer || !inner) return no_match();
  if (!outer->x->has_one_use()) return refuse("'{}' has other uses", outer->x->name());
  if (holds_nan(*inner->number) || holds_nan(*outer->number)) return refuse("a limit is NaN");
  if (before->op() == node.op()) {
    Value& merged = fold(patch, node.op(), {inner->number, outer->number});
    if (grows(*inner->number, *outer->number, merged)) return refuse("the merged constant would be larger");
    return replace_root(patch, patch.add(node.op(), {inner->x, &merged}));
  }
  if (inner->number->constant().size() != 1 || outer->number->constant().size() != 1)
    return refuse("the limits are not single numbers");
  if (!inner->x->shape().equals(node.output()->shape())) return refuse("a limit may broadcast x");
  Value& low = node.op() == kMax ? *outer->number : *inner->number;
  Value& high = node.op() == kMax ? *inner->number : *outer->number;
  const double lowest = low.constant().to_double()[0], highest = high.constant().to_double()[0];
  if (!(lowest <= highest)) return refuse("the limits are crossed");
  Value& scalar_low = fold(patch, "Reshape", {&low, &patch.ints({})});
  Value& scalar_high = fold(patch, "Reshape", {&high, &patch.ints({})});
  return replace_root(patch, patch.add("Clip", {inner->x, &scalar_low, &scalar_high}));
}

}  // namespace

Rules fuse_constant_chain_rules() {
  return {
      Rule("fuse_products")
          .describe(
              "products and quotients with two constants in a row are one (not where it could overflow)")
          .on({"Mul", "Div"}, fuse_products),
      Rule("fuse_sums")
          .describe("sums with two constants in a row are one (floats: constants of one sign)")
          .on({"Add", "Sub"}, fuse_sums),
      Rule("fuse_limits")
          .describe("Min and Max with constants in a row are one, or a Clip")
          .on({"Min", "Max"}, fuse_limits),
  };
}

}  // namespace modelconv
