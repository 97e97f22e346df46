// Arithmetic of two operands, each a tensor or a number.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/complex.h"

namespace modelconv::torch {
namespace {

// Of bool, the larger is "or".
void raise_binary(Translation& t) {
  const Call call(t, "self:operand, other:operand");
  const auto [a, b] = promoted(call, "self", "other");
  OpName op = t.target();
  if (a->dtype() == DType::boolean) op = op == OpName("Max") ? "Or" : "And";
  t.set_output(0, t.add(op, {a, b}));
}

// self + alpha * other. Bool is added as "or", multiplied as "and".
void raise_sum(Translation& t) {
  const Call call(t, "self:operand, other:operand, alpha:number=1");
  auto [a, b] = promoted(call, "self", "other");
  const bool is_bool = a->dtype() == DType::boolean;
  if (call.has("alpha") && !(call.is_integral("alpha") && call.known_integer("alpha") == 1)) {
    b = &t.add(is_bool ? "And" : "Mul", {b, &call.operand("alpha", b->dtype())});
  }
  if (is_bool && t.target() == OpName("Sub")) t.refuse("bool cannot be subtracted");
  t.set_output(0, t.add(is_bool ? OpName("Or") : t.target(), {a, b}));
}

void raise_rsub(Translation& t) {
  const Call call(t, "self:operand, other:operand, alpha:number=1");
  auto [a, b] = promoted(call, "self", "other");
  if (call.has("alpha")) a = &t.add("Mul", {a, &call.operand("alpha", a->dtype())});
  t.set_output(0, t.add("Sub", {b, a}));
}

void raise_mul(Translation& t) {
  const Call call(t, "self:operand, other:operand");
  const auto [a, b] = promoted(call, "self", "other");
  t.set_output(0, t.add(a->dtype() == DType::boolean ? "And" : "Mul", {a, b}));
}

// ONNX's integer Div truncates; floor differs where the signs differ and something remains.
Value& floor_divide(Translation& t, Value& a, Value& b) {
  Value& quotient = t.add("Div", {&a, &b});
  if (is_float(a.dtype())) return t.add("Floor", {&quotient});
  Value& zero = t.scalar_like(a, 0);
  Value& remains = t.add("Not", {&t.add("Equal", {&t.add("Mul", {&quotient, &b}), &a})});
  Value& signs_differ = t.add("Xor", {&t.add("Less", {&a, &zero}), &t.add("Less", {&b, &zero})});
  Value& correction = t.cast(t.add("And", {&remains, &signs_differ}), a.dtype());
  return t.add("Sub", {&quotient, &correction});
}

Value& truncate(Translation& t, Value& x) {
  return t.add("Mul", {&t.add("Sign", {&x}), &t.add("Floor", {&t.add("Abs", {&x})})});
}

void raise_div(Translation& t) {
  const Call call(t, "self:operand, other:operand, rounding_mode:text=None");
  const std::string mode = call.text("rounding_mode");
  if (mode.empty()) {
    const auto [a, b] = promoted_to_float(call, "self", "other");
    return t.set_output(0, t.add("Div", {a, b}));
  }
  const auto [a, b] = promoted(call, "self", "other");
  if (mode == "floor") return t.set_output(0, floor_divide(t, *a, *b));
  if (mode != "trunc") t.refuse("there is no rounding mode '{}'", mode);
  Value& quotient = t.add("Div", {a, b});
  t.set_output(0, is_float(a->dtype()) ? truncate(t, quotient) : quotient);
}

void raise_floor_divide(Translation& t) {
  const Call call(t, "self:operand, other:operand");
  const auto [a, b] = promoted(call, "self", "other");
  t.set_output(0, floor_divide(t, *a, *b));
}

// The sign of the divisor, as Python's %; ONNX's Mod says so for integers only.
void raise_remainder(Translation& t) {
  const Call call(t, "self:operand, other:operand");
  const auto [a, b] = promoted(call, "self", "other");
  if (!is_float(a->dtype())) return t.set_output(0, t.add("Mod", {a, b}));
  Value& zero = t.scalar_like(*a, 0);
  Value& rest = t.add("Mod", {a, b}, {{"fmod", int64_t{1}}});  // exact, unlike a - floor(a / b) * b
  Value& signs_differ = t.add("Xor", {&t.add("Less", {&rest, &zero}), &t.add("Less", {b, &zero})});
  Value& wrong = t.add("And", {&signs_differ, &t.add("Not", {&t.add("Equal", {&rest, &zero})})});
  t.set_output(0, t.add("Where", {&wrong, &t.add("Add", {&rest, b}), &rest}));
}

// The sign of the dividend, as C's fmod.
void raise_fmod(Translation& t) {
  const Call call(t, "self:operand, other:operand");
  const auto [a, b] = promoted(call, "self", "other");
  t.set_output(0, t.add("Mod", {a, b}, {{"fmod", int64_t{1}}}));
}

void raise_pow(Translation& t) {
  const Call call(t, "self:operand, exponent:operand");
  const auto [a, b] = promoted(call, "self", "exponent");
  const bool may_be_negative = call.is_tensor("exponent") && is_signed(b->dtype()) && !is_float(b->dtype());
  if (!may_be_negative) return t.set_output(0, t.add("Pow", {a, b}));
  // Of integers: a power below 0 is 0 but for 1 and -1, whose powers alternate as those above 0 do.
  const Term base(t, *a), exponent(t, *b), size = compute("Abs", {exponent});
  const Term is_lost = both(exponent < 0.0, negated(compute("Abs", {base}) <= 1.0));
  give(where(is_lost, number(t, base.dtype(), 0), compute("Pow", {base, size})));
}

}  // namespace

OpMappings arithmetic_ops() {
  return {
      {"aten.add", "Add", by_numbers<raise_sum, raise_complex_sum>, nullptr, ""},
      {"aten.div", "Div", by_numbers<raise_div, raise_complex_quotient>, nullptr, ""},
      {"aten.divide", "Div", raise_div, nullptr, ""},
      {"aten.floor_divide", "Div", raise_floor_divide, nullptr, ""},
      {"aten.fmod", "Mod", raise_fmod, nullptr, ""},
      {"aten.maximum", "Max", raise_binary, nullptr, ""},
      {"aten.minimum", "Min", raise_binary, nullptr, ""},
      {"aten.mul", "Mul", by_numbers<raise_mul, raise_complex_product>, nullptr, ""},
      {"aten.multiply", "Mul", raise_mul, nullptr, ""},
      {"aten.pow", "Pow", raise_pow, nullptr, ""},
      {"aten.remainder", "Mod", raise_remainder, nullptr, ""},
      {"aten.rsub", "Sub", raise_rsub, nullptr, ""},
      {"aten.sub", "Sub", by_numbers<raise_sum, raise_complex_sum>, nullptr, ""},
      {"aten.subtract", "Sub", raise_sum, nullptr, ""},
      {"aten.true_divide", "Div", raise_div, nullptr, ""},
  };
}

}  // namespace modelconv::torch
