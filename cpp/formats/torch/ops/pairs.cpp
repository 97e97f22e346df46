// Functions of two and three tensors, element by element, that ONNX says with several operators.
#include <numbers>

#include "formats/common/angle.h"
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/formulas.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {
namespace {

Term log(const Term& x) { return compute("Log", {x}); }
Term is_nan(const Term& x) { return compute("IsNaN", {x}); }

// ln(base^a + base^b). Two equal infinities differ by 0, not by nan.
Term log_add(const Term& a, const Term& b, double ln_base) {
  const Term zero = number(a.translation(), a.dtype(), 0);
  const Term distance = where(equal(a, b), zero, compute("Abs", {a - b}));
  return maximum(a, b) + log(compute("Exp", {-(distance * ln_base)}) + 1.0) / ln_base;
}

Term hypotenuse(const Term& a, const Term& b) { return compute("Sqrt", {a * a + b * b}); }

// 0 * f = 0 whatever f is, but for nan.
Term unless_zero(const Term& a, const Term& factor) {
  const Term zero = number(a.translation(), a.dtype(), 0);
  return where(both(equal(a, 0.0), negated(is_nan(factor))), zero, a * factor);
}
Term x_log_y(const Term& a, const Term& b) { return unless_zero(a, log(b)); }
Term x_log1p_y(const Term& a, const Term& b) { return unless_zero(a, log_of_one_plus(b)); }

Term copy_sign(const Term& a, const Term& b) {
  const Term size = compute("Abs", {a});
  const Term is_negative = either(b < 0.0, both(equal(b, 0.0), compute("Reciprocal", {b}) < 0.0));
  return where(is_negative, -size, size);
}

Term heaviside(const Term& a, const Term& b) {
  if (a.dtype() == DType::boolean) return either(a, b);
  return where(equal(a, 0.0), b, cast(number(a.translation(), a.dtype(), 0) < a, a.dtype()));
}

// Of a number and nan it is the number.
Term unless_nan(const Term& a, const Term& b, Term (*extreme)(const Term&, const Term&)) {
  const Term y = cast(extreme(in_numbers(a), in_numbers(b)), a.dtype());
  return is_float(a.dtype()) ? where(is_nan(a), b, where(is_nan(b), a, y)) : y;
}
Term fmax(const Term& a, const Term& b) { return unless_nan(a, b, maximum); }
Term fmin(const Term& a, const Term& b) { return unless_nan(a, b, minimum); }

Term scaled_by_power(const Term& a, const Term& b) {
  return a * compute("Pow", {number(a.translation(), a.dtype(), 2), b});
}

void raise_float_power(Translation& t) {
  const Call call(t, "self:operand, exponent:operand");
  give(compute("Pow", {operand(call, "self", DType::float64), operand(call, "exponent", DType::float64)}));
}

void raise_lerp(Translation& t) {
  const Call call(t, "self, end, weight:operand");
  const Term x = tensor(call, "self"), end = tensor(call, "end");
  give(x + operand(call, "weight", x.dtype()) * (end - x));
}

// self + value * a (* or /) b
void raise_sum_of(Translation& t) {
  const Call call(t, "self, tensor1, tensor2, value:number=1");
  const DType dtype = result_type(call, {"self", "tensor1", "tensor2"});
  const Term a = operand(call, "tensor1", dtype), b = operand(call, "tensor2", dtype);
  Term term = t.target() == OpName("Div") ? a / b : a * b;
  if (call.has("value")) term = term * operand(call, "value", dtype);
  give(operand(call, "self", dtype) + term);
}

// |a - b| <= atol + rtol |b|, or the same infinity.
Term close(const Call& call) {
  Translation& t = call.translation();
  const auto [first, second] = promoted(call, "self", "other");
  const Term a(t, *first), b(t, *second), same = equal(a, b);
  const DType computed = is_float(a.dtype()) ? a.dtype() : DType::float64;
  const auto limit = [&](std::string_view name, double otherwise) {
    return call.has(name) ? call.number(name) : otherwise;
  };
  const Term x = cast(a, computed), y = cast(b, computed);
  const Term allowed = compute("Abs", {y}) * limit("rtol", 1e-5) + limit("atol", 1e-8);
  const Term near = both(compute("Abs", {x - y}) <= allowed, negated(compute("IsInf", {y})));
  const Term result = either(same, near);
  return call.flag("equal_nan") ? either(result, both(is_nan(x), is_nan(y))) : result;
}

constexpr std::string_view kClose = "self, other, rtol:number=None, atol:number=None, equal_nan:bool=false";

Term all_of(const Term& truth) {
  return cast(compute("ReduceMin", {cast(truth, DType::int32)}, {{"keepdims", int64_t{0}}}), DType::boolean);
}

void raise_isclose(Translation& t) { give(close(Call(t, kClose))); }
void raise_allclose(Translation& t) { give(all_of(close(Call(t, kClose)))); }

void raise_equal(Translation& t) {
  const Call call(t, "self, other");
  const Term a = tensor(call, "self"), b = tensor(call, "other");
  if (!a.value().shape().compatible_with(b.value().shape())) return give(number(t, DType::boolean, 0));
  give(all_of(equal(a, b)));
}

void raise_isin(Translation& t) {
  const Call call(t, "elements:operand, test_elements:operand, assume_unique:any=None, invert:bool=false");
  const DType dtype = result_type(call, {"elements", "test_elements"});
  const Term wanted = reshape(operand(call, "test_elements", dtype), {-1});
  const Term found = equal(unsqueeze(operand(call, "elements", dtype), {-1}), wanted);
  const Term any = cast(reduce("ReduceMax", cast(found, DType::int32), {-1}), DType::boolean);
  give(call.flag("invert") ? negated(any) : any);
}

}  // namespace

OpMappings pair_ops() {
  return {
      {"aten.addcdiv", "Div", raise_sum_of, nullptr, ""},
      {"aten.addcmul", "Mul", raise_sum_of, nullptr, ""},
      {"aten.allclose", "ReduceMin", raise_allclose, nullptr, ""},
      {"aten.arctan2", "Atan", raise_float_pair_formula<angle_of>, nullptr, ""},
      {"aten.atan2", "Atan", raise_float_pair_formula<angle_of>, nullptr, ""},
      {"aten.copysign", "Where", raise_float_pair_formula<copy_sign>, nullptr, ""},
      {"aten.equal", "ReduceMin", raise_equal, nullptr, "tensors of one shape"},
      {"aten.float_power", "Pow", raise_float_power, nullptr, ""},
      {"aten.fmax", "Max", raise_pair_formula<fmax>, nullptr, ""},
      {"aten.fmin", "Min", raise_pair_formula<fmin>, nullptr, ""},
      {"aten.heaviside", "Where", raise_pair_formula<heaviside>, nullptr, ""},
      {"aten.hypot", "Sqrt", raise_pair_formula<hypotenuse>, nullptr, ""},
      {"aten.isclose", "LessOrEqual", raise_isclose, nullptr, ""},
      {"aten.isin", "Equal", raise_isin, nullptr, ""},
      {"aten.ldexp", "Pow", raise_float_pair_formula<scaled_by_power>, nullptr, ""},
      {"aten.lerp", "Sub", raise_lerp, nullptr, ""},
      {"aten.logaddexp", "Log",
       raise_pair_formula<[](const Term& a, const Term& b) { return log_add(a, b, 1); }>, nullptr, ""},
      {"aten.logaddexp2", "Log",
       raise_pair_formula<[](const Term& a, const Term& b) { return log_add(a, b, std::numbers::ln2); }>,
       nullptr, ""},
      {"aten.special_xlog1py", "Log", raise_float_pair_formula<x_log1p_y>, nullptr, ""},
      {"aten.special_xlogy", "Log", raise_float_pair_formula<x_log_y>, nullptr, ""},
      {"aten.xlogy", "Log", raise_float_pair_formula<x_log_y>, nullptr, ""},
  };
}

}  // namespace modelconv::torch
