// Functions of one tensor, element by element.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void raise_square(Translation& t) {
  Value& x = t.required(0);
  t.set_output(0, t.add("Mul", {&x, &x}));
}

void raise_rsqrt(Translation& t) { t.set_output(0, t.add("Reciprocal", {&t.add("Sqrt", {&t.required(0)})})); }

void raise_log1p(Translation& t) {
  t.set_output(0, t.add("Log", {&t.add("Add", {&t.required(0), &t.scalar(element_type(t), 1)})}));
}

void raise_expm1(Translation& t) {
  t.set_output(0, t.add("Sub", {&t.add("Exp", {&t.required(0)}), &t.scalar(element_type(t), 1)}));
}

void raise_erfc(Translation& t) {
  t.set_output(0, t.add("Sub", {&t.scalar(element_type(t), 1), &t.add("Erf", {&t.required(0)})}));
}

// Both round halves to even. TensorFlow also takes integers, which are round already.
void raise_round(Translation& t) {
  t.set_output(0, is_float(element_type(t)) ? t.add("Round", {&t.required(0)}) : t.required(0));
}

void raise_is_finite(Translation& t) {
  Value& x = t.required(0);
  t.set_output(0, t.add("Not", {&t.add("Or", {&t.add("IsNaN", {&x}), &t.add("IsInf", {&x})})}));
}

// Of a scalar whether it is not zero, of other tensors whether they have elements.
void raise_to_bool(Translation& t) {
  const Term x = input(t, 0);
  const Term tested = x.rank() == 0 ? x : compute("Size", {x});
  if (tested.dtype() == DType::string) t.refuse("its input is a string");
  set_output(t, 0, cast(tested, DType::boolean));
}

}  // namespace

OpMappings unary_ops() {
  OpMappings rows;
  for (const char* name : {"Abs",        "Acos",    "Acosh", "Asin", "Asinh", "Atan",  "Atanh", "Ceil",
                           "Cos",        "Cosh",    "Erf",   "Exp",  "Floor", "IsInf", "Log",   "Neg",
                           "Reciprocal", "Sigmoid", "Sign",  "Sin",  "Sinh",  "Sqrt",  "Tan",   "Tanh"})
    rows.push_back({OpName("tf", name), name, translate_name, nullptr, ""});
  rows.push_back({"tf.Erfc", "Erf", raise_erfc, nullptr, ""});
  rows.push_back({"tf.Expm1", "Exp", raise_expm1, nullptr, ""});
  rows.push_back({"tf.Inv", "Reciprocal", translate_name, nullptr, ""});
  rows.push_back({"tf.Invert", "BitwiseNot", translate_name, nullptr, ""});
  rows.push_back({"tf.IsFinite", "IsInf", raise_is_finite, nullptr, ""});
  rows.push_back({"tf.IsNan", "IsNaN", translate_name, nullptr, ""});
  rows.push_back({"tf.Log1p", "Log", raise_log1p, nullptr, ""});
  rows.push_back({"tf.LogicalNot", "Not", translate_name, nullptr, ""});
  rows.push_back({"tf.Rint", "Round", raise_round, nullptr, ""});
  rows.push_back({"tf.Round", "Round", raise_round, nullptr, ""});
  rows.push_back({"tf.Rsqrt", "Reciprocal", raise_rsqrt, nullptr, ""});
  rows.push_back({"tf.Square", "Mul", raise_square, nullptr, ""});
  rows.push_back({"tf.ToBool", "Cast", raise_to_bool, nullptr, "no strings"});
  return rows;
}

}  // namespace modelconv::tensorflow
