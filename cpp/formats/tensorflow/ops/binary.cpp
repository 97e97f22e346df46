// Functions of two and more tensors, element by element with broadcasting.
#include "formats/common/angle.h"
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

Value& zero(Translation& t) { return t.scalar(element_type(t), 0); }

void raise_add(Translation& t) {
  const OpName op = element_type(t) == DType::string ? OpName("StringConcat") : OpName("Add");
  t.set_output(0, t.add(op, {&t.required(0), &t.required(1)}));
}

void raise_add_n(Translation& t) {
  Value* sum = &t.required(0);
  for (size_t i = 1; i < t.input_count(); ++i) sum = &t.add("Add", {sum, &t.required(i)});
  t.set_output(0, *sum);
}

void raise_squared_difference(Translation& t) {
  Value& difference = t.add("Sub", {&t.required(0), &t.required(1)});
  t.set_output(0, t.add("Mul", {&difference, &difference}));
}

void raise_not_equal(Translation& t) {
  t.set_output(0, t.add("Not", {&t.add("Equal", {&t.required(0), &t.required(1)})}));
}

void raise_div_no_nan(Translation& t) {
  Value &x = t.required(0), &y = t.required(1);
  Value& quotient = t.add("Div", {&x, &y});
  t.set_output(0, t.add("Where", {&t.add("Equal", {&y, &zero(t)}), &zero(t), &quotient}));
}

// Division of integers rounds towards zero in ONNX and down in TensorFlow: what is left over is taken off first.
void raise_floor_div(Translation& t) {
  Value &x = t.required(0), &y = t.required(1);
  const DType dtype = element_type(t);
  if (is_float(dtype)) return t.set_output(0, t.add("Floor", {&t.add("Div", {&x, &y})}));
  if (!is_signed(dtype)) return t.set_output(0, t.add("Div", {&x, &y}));
  t.set_output(0, t.add("Div", {&t.add("Sub", {&x, &t.add("Mod", {&x, &y})}), &y}));
}

// The remainder has the sign of the divisor. For integers that is Mod; for floats Mod has the dividend's sign.
void raise_floor_mod(Translation& t) {
  Value &x = t.required(0), &y = t.required(1);
  if (!is_float(element_type(t))) return t.set_output(0, t.add("Mod", {&x, &y}));
  Value& rest = t.add("Mod", {&x, &y}, {{"fmod", int64_t{1}}});
  Value& signs_differ = t.add("Xor", {&t.add("Less", {&rest, &zero(t)}), &t.add("Less", {&y, &zero(t)})});
  Value& nonzero = t.add("Not", {&t.add("Equal", {&rest, &zero(t)})});
  t.set_output(0,
               t.add("Where", {&t.add("And", {&signs_differ, &nonzero}), &t.add("Add", {&rest, &y}), &rest}));
}

void raise_truncate_mod(Translation& t) {
  t.set_output(0, t.add("Mod", {&t.required(0), &t.required(1)}, {{"fmod", int64_t{1}}}));
}

void raise_shift(Translation& t) {
  if (is_signed(element_type(t))) t.refuse("ONNX shifts unsigned integers only");
  const std::string direction = t.node().op().name() == "LeftShift" ? "LEFT" : "RIGHT";
  t.set_output(0, t.add("BitShift", {&t.required(0), &t.required(1)}, {{"direction", direction}}));
}

void raise_approximate_equal(Translation& t) {
  Value& distance = t.add("Abs", {&t.add("Sub", {&t.required(0), &t.required(1)})});
  t.set_output(
      0, t.add("Less", {&distance, &t.scalar(element_type(t), double{float_of(t, "tolerance", 1e-5F)})}));
}

// Of two tensors of one shape; the condition may also be a vector that picks whole rows.
void raise_select(Translation& t) {
  Value* condition = &t.required(0);
  Value& x = t.required(1);
  const size_t condition_rank = t.rank(0);
  if (condition_rank == 1 && t.rank_of(x) > 1) {
    std::vector<int64_t> axes;
    for (size_t axis = 1; axis < t.rank_of(x); ++axis) axes.push_back(static_cast<int64_t>(axis));
    condition = &t.add("Unsqueeze", {condition, &t.ints(axes)});
  }
  t.set_output(0, t.add("Where", {condition, &x, &t.required(2)}));
}

// 0 where x is 0, whatever y: x * log(y), x * log(1 + y), x / y.
void raise_xlogy(Translation& t) {
  const Term x = input(t, 0), y = input(t, 1);
  const std::string_view name = t.node().op().name();
  const Term value = name == "Xdivy" ? x / y : x * compute("Log", {name == "Xlog1py" ? y + 1.0 : y});
  set_output(t, 0, where(equal(x, 0.0), number(t, x.dtype(), 0), value));
}

void raise_mul_no_nan(Translation& t) {
  const Term x = input(t, 0), y = input(t, 1);
  set_output(t, 0, where(equal(y, 0.0), number(t, x.dtype(), 0), x * y));
}

void raise_atan2(Translation& t) { set_output(t, 0, angle_of(input(t, 0), input(t, 1))); }

// Numbers are pairs in the last axis: (a + bi)(c + di) = (ac - bd) + (ad + bc)i.
void raise_mul(Translation& t) {
  const Term x = input(t, 0), y = input(t, 1);
  if (!is_complex(element_type(t))) return set_output(t, 0, x * y);
  const Term a = slice(x, -1, 0, 1), b = slice(x, -1, 1, 2), c = slice(y, -1, 0, 1), d = slice(y, -1, 1, 2);
  set_output(t, 0, concat({a * c - b * d, a * d + b * c}, -1));
}

}  // namespace

OpMappings binary_ops() {
  return {
      {"tf.Add", "Add", raise_add, nullptr, ""},
      {"tf.AddN", "Add", raise_add_n, nullptr, ""},
      {"tf.AddV2", "Add", raise_add, nullptr, ""},
      {"tf.ApproximateEqual", "Less", raise_approximate_equal, nullptr, ""},
      {"tf.Atan2", "Atan", raise_atan2, nullptr, ""},
      {"tf.BitwiseAnd", "BitwiseAnd", translate_name, nullptr, ""},
      {"tf.BitwiseOr", "BitwiseOr", translate_name, nullptr, ""},
      {"tf.BitwiseXor", "BitwiseXor", translate_name, nullptr, ""},
      {"tf.Div", "Div", translate_name, nullptr, ""},
      {"tf.DivNoNan", "Div", raise_div_no_nan, nullptr, ""},
      {"tf.Equal", "Equal", translate_name, nullptr, ""},
      {"tf.FloorDiv", "Div", raise_floor_div, nullptr, ""},
      {"tf.FloorMod", "Mod", raise_floor_mod, nullptr, ""},
      {"tf.Greater", "Greater", translate_name, nullptr, ""},
      {"tf.GreaterEqual", "GreaterOrEqual", translate_name, nullptr, ""},
      {"tf.LeftShift", "BitShift", raise_shift, nullptr, "unsigned integers"},
      {"tf.Less", "Less", translate_name, nullptr, ""},
      {"tf.LessEqual", "LessOrEqual", translate_name, nullptr, ""},
      {"tf.LogicalAnd", "And", translate_name, nullptr, ""},
      {"tf.LogicalOr", "Or", translate_name, nullptr, ""},
      {"tf.LogicalXor", "Xor", translate_name, nullptr, ""},
      {"tf.Maximum", "Max", translate_name, nullptr, ""},
      {"tf.Minimum", "Min", translate_name, nullptr, ""},
      {"tf.Mod", "Mod", raise_truncate_mod, nullptr, ""},
      {"tf.Mul", "Mul", raise_mul, nullptr, ""},
      {"tf.MulNoNan", "Mul", raise_mul_no_nan, nullptr, ""},
      {"tf.NotEqual", "Equal", raise_not_equal, nullptr, ""},
      {"tf.Pow", "Pow", translate_name, nullptr, ""},
      {"tf.RealDiv", "Div", translate_name, nullptr, ""},
      {"tf.RightShift", "BitShift", raise_shift, nullptr, "unsigned integers"},
      {"tf.Select", "Where", raise_select, nullptr, ""},
      {"tf.SelectV2", "Where", translate_name, nullptr, ""},
      {"tf.SquaredDifference", "Sub", raise_squared_difference, nullptr, ""},
      {"tf.Sub", "Sub", translate_name, nullptr, ""},
      {"tf.TruncateDiv", "Div", translate_name, nullptr, ""},
      {"tf.TruncateMod", "Mod", raise_truncate_mod, nullptr, ""},
      {"tf.Xdivy", "Div", raise_xlogy, nullptr, ""},
      {"tf.Xlog1py", "Mul", raise_xlogy, nullptr, ""},
      {"tf.Xlogy", "Mul", raise_xlogy, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
