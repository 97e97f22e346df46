// Functions of two and more tensors, element by element with broadcasting.
#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// ONNX rounds the quotient of integers towards zero.
void lower_div(Translation& t) {
  const bool is_whole = is_integer(t.required(0).dtype());
  set_output(t, 0, compute(is_whole ? "tf.TruncateDiv" : "tf.RealDiv", {input(t, 0), input(t, 1)}));
}

void lower_mod(Translation& t) {
  const bool is_truncated = int_attr(t.node(), "fmod") != 0;
  set_output(t, 0, compute(is_truncated ? "tf.TruncateMod" : "tf.FloorMod", {input(t, 0), input(t, 1)}));
}

// TensorFlow refuses negative exponents of integers, and wants both of one type.
void lower_pow(Translation& t) {
  const Term base = input(t, 0), exponent = input(t, 1);
  if (is_float(base.dtype()))
    return set_output(t, 0, compute("tf.Pow", {base, cast(exponent, base.dtype())}));
  const Term power = compute("tf.Pow", {cast(base, DType::float64), cast(exponent, DType::float64)});
  set_output(t, 0, cast(power, base.dtype()));
}

Term folded(Translation& t, OpName op) {
  Term result = input(t, 0);
  for (size_t i = 1; i < t.input_count(); ++i) result = compute(op, {result, input(t, i)});
  return t.input_count() == 1 ? compute("Identity", {result}) : result;
}

void lower_max(Translation& t) { set_output(t, 0, folded(t, "tf.Maximum")); }
void lower_min(Translation& t) { set_output(t, 0, folded(t, "tf.Minimum")); }
void lower_sum(Translation& t) { set_output(t, 0, folded(t, "tf.AddV2")); }
void lower_mean(Translation& t) {
  set_output(t, 0, folded(t, "tf.AddV2") / static_cast<double>(t.input_count()));
}

void lower_shift(Translation& t) {
  const bool is_left = string_attr(t.node(), "direction") == "LEFT";
  const Term x = input(t, 0), distance = input(t, 1);
  // By a distance that is negative, or not below the width, all bits go; copies of the sign are left.
  const Term zero = number(t, x.dtype(), 0), width = number(t, x.dtype(), bit_width(x.dtype()));
  const Term is_inside = both(zero <= distance, distance < width);
  const Term safe = where(is_inside, distance, zero);
  const Term shifted = compute(is_left ? "tf.LeftShift" : "tf.RightShift", {x, safe});
  const bool keeps_sign = !is_left && is_signed(x.dtype());
  const Term rest = keeps_sign ? where(x < 0.0, number(t, x.dtype(), -1), zero) : zero;
  set_output(t, 0, where(is_inside, shifted, rest));
}

void lower_string_concat(Translation& t) {
  set_output(t, 0, compute("tf.StringJoin", {input(t, 0), input(t, 1)}, {{"separator", std::string()}}));
}

}  // namespace

OpMappings lower_binary() {
  OpMappings rows;
  const std::pair<const char*, const char*> kSame[] = {{"AddV2", "Add"},
                                                       {"BitwiseAnd", "BitwiseAnd"},
                                                       {"BitwiseOr", "BitwiseOr"},
                                                       {"Equal", "Equal"},
                                                       {"BitwiseXor", "BitwiseXor"},
                                                       {"Greater", "Greater"},
                                                       {"Less", "Less"},
                                                       {"GreaterEqual", "GreaterOrEqual"},
                                                       {"LessEqual", "LessOrEqual"},
                                                       {"LogicalAnd", "And"},
                                                       {"LogicalOr", "Or"},
                                                       {"NotEqual", "Xor"},
                                                       {"SelectV2", "Where"},
                                                       {"Sub", "Sub"},
                                                       {"Mul", "Mul"}};
  for (const auto& [name, canonical] : kSame)
    rows.push_back({OpName("tf", name), canonical, nullptr, translate_name, ""});
  rows.push_back({"tf.RealDiv", "Div", nullptr, lower_div, ""});
  rows.push_back({"tf.FloorMod", "Mod", nullptr, lower_mod, ""});
  rows.push_back({"tf.Pow", "Pow", nullptr, lower_pow, ""});
  rows.push_back({"tf.Maximum", "Max", nullptr, lower_max, ""});
  rows.push_back({"tf.Minimum", "Min", nullptr, lower_min, ""});
  rows.push_back({"tf.AddV2", "Sum", nullptr, lower_sum, ""});
  rows.push_back({"tf.AddV2", "Mean", nullptr, lower_mean, ""});
  rows.push_back({"tf.LeftShift", "BitShift", nullptr, lower_shift, ""});
  rows.push_back({"tf.StringJoin", "StringConcat", nullptr, lower_string_concat, ""});
  return rows;
}

}  // namespace modelconv::tensorflow
