// Functions of single elements: keras.ops of that name, and what TensorFlow calls them.
#include "formats/keras/ops/activations.h"
#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/operands.h"

namespace modelconv::keras {
namespace {

void raise_unary(Translation& t) { t.set_output(0, t.add(t.target(), {&main_operand(t)})); }
// Functions that give floating-point numbers whatever they get.
void raise_unary_float(Translation& t) {
  t.set_output(0, t.add(t.target(), {&to_float(t, main_operand(t))}));
}

void raise_binary(Translation& t) {
  const auto [a, b] = common_operands(t, "x1", "x2");
  t.set_output(0, t.add(t.target(), {a, b}));
}

void raise_divide(Translation& t) {
  const auto [a, b] = common_operands(t, "x1", "x2");
  t.set_output(0, t.add("Div", {&to_float(t, *a), &to_float(t, *b)}));
}

void raise_floor_divide(Translation& t) {
  const auto [a, b] = common_operands(t, "x1", "x2");
  if (is_float(a->dtype())) return t.set_output(0, t.add("Floor", {&t.add("Div", {a, b})}));
  Value& rest = t.add("Mod", {a, b});  // has the sign of b, as flooring has it
  t.set_output(0, t.add("Div", {&t.add("Sub", {a, &rest}), b}));
}

// The result has the sign of the divisor; ONNX's Mod has that for integers only.
void raise_mod(Translation& t) {
  const auto [a, b] = common_operands(t, "x1", "x2");
  if (!is_float(a->dtype())) return t.set_output(0, t.add("Mod", {a, b}));
  Value& times = t.add("Mul", {&t.add("Floor", {&t.add("Div", {a, b})}), b});
  t.set_output(0, t.add("Sub", {a, &times}));
}

void raise_not_equal(Translation& t) {
  const auto [a, b] = common_operands(t, "x1", "x2");
  t.set_output(0, t.add("Not", {&t.add("Equal", {a, b})}));
}

void raise_logical(Translation& t) {
  const auto as_bool = [&](const char* name) -> Value& {
    return t.cast(argument(t, name) ? *argument(t, name) : operand(t, name, main_operand(t)), DType::boolean);
  };
  t.set_output(0, t.add(t.target(), {&as_bool("x1"), &as_bool("x2")}));
}

void raise_logical_not(Translation& t) {
  t.set_output(0, t.add("Not", {&t.cast(main_operand(t), DType::boolean)}));
}

void raise_squared_difference(Translation& t) {
  const auto [a, b] = common_operands(t, "x1", "x2");
  Value& difference = t.add("Sub", {a, b});
  t.set_output(0, t.add("Mul", {&difference, &difference}));
}

void raise_square(Translation& t) {
  Value& x = main_operand(t);
  t.set_output(0, t.add("Mul", {&x, &x}));
}

void raise_rsqrt(Translation& t) {
  t.set_output(0, t.add("Reciprocal", {&t.add("Sqrt", {&to_float(t, main_operand(t))})}));
}

void raise_expm1(Translation& t) {
  Value& y = t.add("Exp", {&to_float(t, main_operand(t))});
  t.set_output(0, t.add("Sub", {&y, &t.scalar_like(y, 1)}));
}

void raise_log1p(Translation& t) {
  Value& x = to_float(t, main_operand(t));
  t.set_output(0, t.add("Log", {&t.add("Add", {&x, &t.scalar_like(x, 1)})}));
}

void raise_log2(Translation& t) {
  Value& y = t.add("Log", {&to_float(t, main_operand(t))});
  t.set_output(0, t.add("Mul", {&y, &t.scalar_like(y, 1.4426950408889634)}));
}

void raise_log10(Translation& t) {
  Value& y = t.add("Log", {&to_float(t, main_operand(t))});
  t.set_output(0, t.add("Mul", {&y, &t.scalar_like(y, 0.4342944819032518)}));
}

void raise_is_finite(Translation& t) {
  Value& x = main_operand(t);
  Value& infinite_or_nan = t.add("Or", {&t.add("IsNaN", {&x}), &t.add("IsInf", {&x})});
  t.set_output(0, t.add("Not", {&infinite_or_nan}));
}

void raise_clip(Translation& t) {
  Value* x = &main_operand(t);
  if (has_operand(t, "x_min")) x = &t.add("Max", {x, &operand(t, "x_min", *x)});
  if (has_operand(t, "x_max")) x = &t.add("Min", {x, &operand(t, "x_max", *x)});
  t.set_output(0, *x);
}

void raise_where(Translation& t) {
  if (!has_operand(t, "x1")) t.refuse("it gives the places that hold, whose number depends on the data");
  const auto [a, b] = common_operands(t, "x1", "x2");
  t.set_output(0, t.add("Where", {&t.cast(need_argument(t, "condition"), DType::boolean), a, b}));
}

void raise_cast(Translation& t) {
  const auto dtype = dtype_from_name(string_of(t, "dtype", ""));
  if (!dtype) t.refuse("the element type '{}' is not known", string_of(t, "dtype", ""));
  t.set_output(0, t.cast(main_operand(t), *dtype));
}

void raise_same(Translation& t) { t.set_output(0, main_operand(t)); }

void raise_zeros_like(Translation& t) {
  Value& x = main_operand(t);
  t.set_output(0, t.add("Expand", {&t.scalar_like(x, 0), &t.shape_of(x)}));
}

void raise_ones_like(Translation& t) {
  Value& x = main_operand(t);
  t.set_output(0, t.add("Expand", {&t.scalar_like(x, 1), &t.shape_of(x)}));
}

}  // namespace

OpMappings elementwise_operations() {
  OpMappings rows = {
      {"keras.absolute", "Abs", raise_unary, nullptr, ""},
      {"keras.add", "Add", raise_binary, nullptr, ""},
      {"keras.arccos", "Acos", raise_unary_float, nullptr, ""},
      {"keras.arccosh", "Acosh", raise_unary_float, nullptr, ""},
      {"keras.arcsin", "Asin", raise_unary_float, nullptr, ""},
      {"keras.arcsinh", "Asinh", raise_unary_float, nullptr, ""},
      {"keras.arctan", "Atan", raise_unary_float, nullptr, ""},
      {"keras.arctanh", "Atanh", raise_unary_float, nullptr, ""},
      {"keras.cast", "Cast", raise_cast, nullptr, ""},
      {"keras.ceil", "Ceil", raise_unary_float, nullptr, ""},
      {"keras.clip", "Clip", raise_clip, nullptr, ""},
      {"keras.cos", "Cos", raise_unary_float, nullptr, ""},
      {"keras.cosh", "Cosh", raise_unary_float, nullptr, ""},
      {"keras.divide", "Div", raise_divide, nullptr, ""},
      {"keras.equal", "Equal", raise_binary, nullptr, ""},
      {"keras.erf", "Erf", raise_unary, nullptr, ""},
      {"keras.exp", "Exp", raise_unary_float, nullptr, ""},
      {"keras.expm1", "Exp", raise_expm1, nullptr, ""},
      {"keras.floor", "Floor", raise_unary_float, nullptr, ""},
      {"keras.floor_divide", "Div", raise_floor_divide, nullptr, ""},
      {"keras.greater", "Greater", raise_binary, nullptr, ""},
      {"keras.greater_equal", "GreaterOrEqual", raise_binary, nullptr, ""},
      {"keras.identity", "Identity", raise_same, nullptr, ""},
      {"keras.isfinite", "IsInf", raise_is_finite, nullptr, ""},
      {"keras.isinf", "IsInf", raise_unary, nullptr, ""},
      {"keras.isnan", "IsNaN", raise_unary, nullptr, ""},
      {"keras.less", "Less", raise_binary, nullptr, ""},
      {"keras.less_equal", "LessOrEqual", raise_binary, nullptr, ""},
      {"keras.log", "Log", raise_unary_float, nullptr, ""},
      {"keras.log10", "Log", raise_log10, nullptr, ""},
      {"keras.log1p", "Log", raise_log1p, nullptr, ""},
      {"keras.log2", "Log", raise_log2, nullptr, ""},
      {"keras.logical_and", "And", raise_logical, nullptr, ""},
      {"keras.logical_not", "Not", raise_logical_not, nullptr, ""},
      {"keras.logical_or", "Or", raise_logical, nullptr, ""},
      {"keras.logical_xor", "Xor", raise_logical, nullptr, ""},
      {"keras.maximum", "Max", raise_binary, nullptr, ""},
      {"keras.minimum", "Min", raise_binary, nullptr, ""},
      {"keras.mod", "Mod", raise_mod, nullptr, ""},
      {"keras.multiply", "Mul", raise_binary, nullptr, ""},
      {"keras.negative", "Neg", raise_unary, nullptr, ""},
      {"keras.not_equal", "Equal", raise_not_equal, nullptr, ""},
      {"keras.ones_like", "Expand", raise_ones_like, nullptr, ""},
      {"keras.power", "Pow", raise_binary, nullptr, ""},
      {"keras.reciprocal", "Reciprocal", raise_unary_float, nullptr, ""},
      {"keras.round", "Round", raise_unary, nullptr, "to whole numbers"},
      {"keras.rsqrt", "Reciprocal", raise_rsqrt, nullptr, ""},
      {"keras.sign", "Sign", raise_unary, nullptr, ""},
      {"keras.sin", "Sin", raise_unary_float, nullptr, ""},
      {"keras.sinh", "Sinh", raise_unary_float, nullptr, ""},
      {"keras.sqrt", "Sqrt", raise_unary_float, nullptr, ""},
      {"keras.square", "Mul", raise_square, nullptr, ""},
      {"keras.squared_difference", "Mul", raise_squared_difference, nullptr, ""},
      {"keras.subtract", "Sub", raise_binary, nullptr, ""},
      {"keras.tan", "Tan", raise_unary_float, nullptr, ""},
      {"keras.true_divide", "Div", raise_divide, nullptr, ""},
      {"keras.where", "Where", raise_where, nullptr, "with two values to choose from"},
      {"keras.zeros_like", "Expand", raise_zeros_like, nullptr, ""},
  };
  // Activations are functions, too.
  for (const std::string& name : activation_names())
    if (name != "exponential" && name != "linear" && name != "swish" && name != "hard_swish")
      rows.push_back(
          {"keras." + name, "Relu", raise_activation_by_name, nullptr, "an activation as a function"});
  return rows;
}

}  // namespace modelconv::keras
