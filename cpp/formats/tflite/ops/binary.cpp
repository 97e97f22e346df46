// Functions of two and more tensors, element by element with broadcasting.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

void raise_arithmetic(Translation& t) {
  t.set_output(0, activated(t, t.add(t.target(), {&t.required(0), &t.required(1)})));
}

void raise_squared_difference(Translation& t) {
  const Term difference = input(t, 0) - input(t, 1);
  set_output(t, 0, difference * difference);
}

void raise_not_equal(Translation& t) { set_output(t, 0, negated(equal(input(t, 0), input(t, 1)))); }

void raise_add_n(Translation& t) {
  Term sum = input(t, 0);
  for (size_t i = 1; i < t.input_count(); ++i) sum = sum + input(t, i);
  set_output(t, 0, sum);
}

// Division of integers rounds towards zero in ONNX and down here: what is left over is taken off first.
void raise_floor_div(Translation& t) {
  const Term x = input(t, 0), y = input(t, 1);
  if (is_float(x.dtype())) return set_output(t, 0, compute("Floor", {x / y}));
  set_output(t, 0, (x - modulo(x, y)) / y);
}

// The remainder has the sign of the divisor. For integers that is Mod; for floats Mod has the dividend's sign.
void raise_floor_mod(Translation& t) {
  const Term x = input(t, 0), y = input(t, 1);
  if (!is_float(x.dtype())) return set_output(t, 0, modulo(x, y));
  const Term rest = compute("Mod", {x, y}, {{"fmod", int64_t{1}}});
  const Term differs = compute("Xor", {rest < 0.0, y < 0.0});
  set_output(t, 0, where(both(differs, negated(equal(rest, 0.0))), rest + y, rest));
}

// The arc tangent of y / x is right on the right; half a turn is added on the left.
void raise_atan2(Translation& t) {
  constexpr double kHalfTurn = 3.14159265358979323846;
  const Term y = input(t, 0), x = input(t, 1);
  const Term is_origin = both(equal(x, 0.0), equal(y, 0.0));
  const Term angle = compute("Atan", {y / where(is_origin, number(t, x.dtype(), 1), x)});
  set_output(t, 0, where(x < 0.0, where(y < 0.0, angle - kHalfTurn, angle + kHalfTurn), angle));
}

// ONNX shifts unsigned integers only. Negative ones keep their sign: the complement is shifted.
void raise_right_shift(Translation& t) {
  const Term x = input(t, 0), count = input(t, 1);
  const DType dtype = x.dtype();
  const auto shift = [&](const Term& value, DType type) {
    const Attrs right = {{"direction", std::string("RIGHT")}};
    return cast(compute("BitShift", {cast(value, type), cast(count, type)}, right), dtype);
  };
  if (!is_signed(dtype)) return set_output(t, 0, shift(x, dtype));
  const DType wide = dtype == DType::int8    ? DType::uint8
                     : dtype == DType::int16 ? DType::uint16
                     : dtype == DType::int32 ? DType::uint32
                                             : DType::uint64;
  const Term is_negative = x < 0.0, complement = compute("BitwiseNot", {x});
  const Term shifted = shift(where(is_negative, complement, x), wide);
  set_output(t, 0, where(is_negative, compute("BitwiseNot", {shifted}), shifted));
}

// The condition may also be a vector that picks whole rows of tensors of a higher rank.
void raise_select(Translation& t) {
  Term condition = input(t, 0);
  const Term x = input(t, 1);
  if (condition.rank() == 1 && x.rank() > 1) {
    std::vector<int64_t> axes;
    for (size_t axis = 1; axis < x.rank(); ++axis) axes.push_back(static_cast<int64_t>(axis));
    condition = unsqueeze(condition, axes);
  }
  set_output(t, 0, where(condition, x, input(t, 2)));
}

}  // namespace

OpMappings binary_ops() {
  return {
      {"tflite.ADD", "Add", raise_arithmetic, nullptr, ""},
      {"tflite.ADD_N", "Add", raise_add_n, nullptr, ""},
      {"tflite.ATAN2", "Atan", raise_atan2, nullptr, ""},
      {"tflite.BITWISE_XOR", "BitwiseXor", translate_name, nullptr, ""},
      {"tflite.DIV", "Div", raise_arithmetic, nullptr, ""},
      {"tflite.EQUAL", "Equal", translate_name, nullptr, ""},
      {"tflite.FLOOR_DIV", "Div", raise_floor_div, nullptr, ""},
      {"tflite.FLOOR_MOD", "Mod", raise_floor_mod, nullptr, ""},
      {"tflite.GREATER", "Greater", translate_name, nullptr, ""},
      {"tflite.GREATER_EQUAL", "GreaterOrEqual", translate_name, nullptr, ""},
      {"tflite.LESS", "Less", translate_name, nullptr, ""},
      {"tflite.LESS_EQUAL", "LessOrEqual", translate_name, nullptr, ""},
      {"tflite.LOGICAL_AND", "And", translate_name, nullptr, ""},
      {"tflite.LOGICAL_OR", "Or", translate_name, nullptr, ""},
      {"tflite.MAXIMUM", "Max", translate_name, nullptr, ""},
      {"tflite.MINIMUM", "Min", translate_name, nullptr, ""},
      {"tflite.MUL", "Mul", raise_arithmetic, nullptr, ""},
      {"tflite.NOT_EQUAL", "Equal", raise_not_equal, nullptr, ""},
      {"tflite.POW", "Pow", translate_name, nullptr, ""},
      {"tflite.RIGHT_SHIFT", "BitShift", raise_right_shift, nullptr, ""},
      {"tflite.SELECT", "Where", raise_select, nullptr, ""},
      {"tflite.SELECT_V2", "Where", translate_name, nullptr, ""},
      {"tflite.SQUARED_DIFFERENCE", "Sub", raise_squared_difference, nullptr, ""},
      {"tflite.SUB", "Sub", raise_arithmetic, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
