// Comparisons, and the logic of bool and of bits.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

constexpr const char* kTwo = "self:operand, other:operand";

// ONNX orders no bool.
Operands ordered(const Call& call) {
  DType dtype = result_type(call, {"self", "other"});
  if (dtype == DType::boolean) dtype = DType::int32;
  return {&call.operand("self", dtype), &call.operand("other", dtype)};
}

void raise_order(Translation& t) {
  const Call call(t, kTwo);
  const auto [a, b] = ordered(call);
  t.set_output(0, t.add(t.target(), {a, b}));
}

void raise_equality(Translation& t) {
  const Call call(t, kTwo);
  const auto [a, b] = promoted(call, "self", "other");
  t.set_output(0, t.add("Equal", {a, b}));
}

void raise_inequality(Translation& t) {
  const Call call(t, kTwo);
  const auto [a, b] = promoted(call, "self", "other");
  t.set_output(0, t.add("Not", {&t.add("Equal", {a, b})}));
}

// Everything but zero counts as true.
void raise_logic(Translation& t) {
  const Call call(t, kTwo);
  t.set_output(
      0, t.add(t.target(), {&call.operand("self", DType::boolean), &call.operand("other", DType::boolean)}));
}

void raise_logical_not(Translation& t) {
  const Call call(t, "self");
  give(negated(cast(tensor(call, "self"), DType::boolean)));
}

// The target's name is that for bits of integers: "BitwiseAnd".
void raise_bits(Translation& t) {
  const Call call(t, kTwo);
  const auto [a, b] = promoted(call, "self", "other");
  const std::string name = t.target().name();
  t.set_output(
      0,
      t.add(a->dtype() == DType::boolean ? OpName(name.substr(sizeof("Bitwise") - 1)) : t.target(), {a, b}));
}

void raise_bitwise_not(Translation& t) {
  const Call call(t, "self");
  const Term x = tensor(call, "self");
  give(compute(x.dtype() == DType::boolean ? "Not" : "BitwiseNot", {x}));
}

// ONNX shifts unsigned numbers only. To the right the sign stays: rounded down.
void raise_shift_left(Translation& t) {
  const Call call(t, kTwo);
  const auto [a, b] = promoted(call, "self", "other");
  const Term base = number(t, a->dtype(), 2);
  give(Term(t, *a) * compute("Pow", {base, Term(t, *b)}));
}

void raise_shift_right(Translation& t) {
  const Call call(t, kTwo);
  const auto [a, b] = promoted(call, "self", "other");
  const Term x(t, *a), divisor = compute("Pow", {number(t, a->dtype(), 2), Term(t, *b)});
  give((x - modulo(x, divisor)) / divisor);
}

}  // namespace

OpMappings compare_ops() {
  OpMappings rows = {
      {"aten.bitwise_not", "BitwiseNot", raise_bitwise_not, nullptr, ""},
      {"aten.logical_not", "Not", raise_logical_not, nullptr, ""},
  };
  const auto add = [&](std::initializer_list<const char*> names, const char* canonical, TranslateFn raise) {
    for (const char* name : names) rows.push_back({OpName("aten", name), canonical, raise, nullptr, ""});
  };
  add({"eq"}, "Equal", raise_equality);
  add({"ne", "not_equal"}, "Equal", raise_inequality);
  add({"ge", "greater_equal"}, "GreaterOrEqual", raise_order);
  add({"gt", "greater"}, "Greater", raise_order);
  add({"le", "less_equal"}, "LessOrEqual", raise_order);
  add({"lt", "less"}, "Less", raise_order);
  add({"logical_and"}, "And", raise_logic);
  add({"logical_or"}, "Or", raise_logic);
  add({"logical_xor"}, "Xor", raise_logic);
  add({"bitwise_and", "__and__"}, "BitwiseAnd", raise_bits);
  add({"bitwise_or", "__or__"}, "BitwiseOr", raise_bits);
  add({"bitwise_xor", "__xor__"}, "BitwiseXor", raise_bits);
  add({"bitwise_left_shift", "__lshift__"}, "Mul", raise_shift_left);
  add({"bitwise_right_shift", "__rshift__"}, "Div", raise_shift_right);
  return rows;
}

}  // namespace modelconv::torch
