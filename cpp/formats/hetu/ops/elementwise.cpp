// Element by element. A constant of Hetu's is the attribute const_attr.
#include "formats/hetu/ops/all_ops.h"
#include "formats/hetu/ops/settings.h"

namespace modelconv::hetu {
namespace {

Value& first(Translation& t) { return t.required(0); }

Value& constant(Translation& t, std::string_view name = "const_attr") {
  return t.scalar_like(first(t), number_of(t, name));
}

void raise_unary(Translation& t) { t.set_output(0, t.add(t.target(), {&first(t)})); }

void raise_binary(Translation& t) { t.set_output(0, t.add(t.target(), {&first(t), &t.required(1)})); }

void raise_with_constant(Translation& t) { t.set_output(0, t.add(t.target(), {&first(t), &constant(t)})); }

// The constant is the dividend, the minuend.
void raise_from_constant(Translation& t) { t.set_output(0, t.add(t.target(), {&constant(t), &first(t)})); }

void raise_power(Translation& t) {
  const char* name = t.node().attrs.has("p") ? "p" : "eps";  // PowerOp, PowOp
  t.set_output(0, t.add("Pow", {&first(t), &constant(t, name)}));
}

// A quotient where the divisor is 0 is the dividend.
void raise_division_unless_zero(Translation& t) {
  Value &x = first(t), &y = t.required(1);
  Value& is_zero = t.add("Equal", {&y, &t.scalar_like(y, 0)});
  t.set_output(0, t.add("Where", {&is_zero, &x, &t.add("Div", {&x, &y})}));
}

// What is left of a division; it has the dividend's sign.
void raise_remainder(Translation& t) {
  t.set_output(0, t.add("Mod", {&first(t), &constant(t, "val")}, {{"fmod", int64_t{1}}}));
}

void raise_constant_power(Translation& t) { t.set_output(0, t.add("Pow", {&constant(t, "val"), &first(t)})); }

// Hetu keeps away from the logarithm of 0: log(max(x, eps)).
void raise_log(Translation& t) {
  Value* x = &first(t);
  if (t.node().attrs.has("eps")) x = &t.add("Max", {x, &constant(t, "eps")});
  t.set_output(0, t.add("Log", {x}));
}

void raise_reciprocal_root(Translation& t) {
  t.set_output(0, t.add("Reciprocal", {&t.add("Sqrt", {&first(t)})}));
}

void raise_leaky_relu(Translation& t) {
  const auto slope = static_cast<float>(number_of(t, "const_attr"));
  t.set_output(0, t.add("LeakyRelu", {&first(t)}, {{"alpha", slope}}));
}

void raise_softmax(Translation& t) {
  t.set_output(0, t.add(t.target(), {&first(t)}, {{"axis", int64_t{-1}}}));
}

// Bounds are numbers, or tensors of the input's shape: min first.
void raise_clamp(Translation& t) {
  Value* x = &first(t);
  size_t next = 1;
  for (const bool is_low : {true, false}) {
    const char* number = is_low ? "mmin" : "mmax";
    const bool is_tensor = flag_of(t, is_low ? "min_mat" : "max_mat");
    if (!is_tensor && !t.node().attrs.has(number)) continue;
    Value& bound = is_tensor ? t.required(next++) : constant(t, number);
    x = &t.add(is_low ? "Max" : "Min", {x, &bound});
  }
  t.set_output(0, t.add("Identity", {x}));
}

void raise_sum(Translation& t) {
  std::vector<Value*> values(t.node().inputs().begin(), t.node().inputs().end());
  t.set_output(0, t.add("Sum", values));
}

void raise_like(Translation& t) {
  const double value = t.node().attrs.has("fill_value")
                           ? number_of(t, "fill_value")
                           : static_cast<double>(t.node().op().name() == "OnesLike");
  Value& number = t.scalar_like(first(t), value);
  t.set_output(0, t.add("Expand", {&number, &t.shape_of(first(t))}));
}

// What is left out at inference, and what only moves data between devices and workers.
void raise_identity(Translation& t) { t.set_output(0, t.add("Identity", {&first(t)})); }

}  // namespace

OpMappings elementwise_ops() {
  OpMappings rows = {
      {"hetu.AddByConst", "Add", raise_with_constant, nullptr, ""},
      {"hetu.MulByConst", "Mul", raise_with_constant, nullptr, ""},
      {"hetu.DivConst", "Div", raise_from_constant, nullptr, ""},
      {"hetu.MinusByConst", "Sub", raise_from_constant, nullptr, ""},
      {"hetu.Power", "Pow", raise_power, nullptr, ""},
      {"hetu.Pow", "Pow", raise_power, nullptr, ""},
      {"hetu.ConstPow", "Pow", raise_constant_power, nullptr, ""},
      {"hetu.Log", "Log", raise_log, nullptr, ""},
      {"hetu.ReciprocalSqrt", "Reciprocal", raise_reciprocal_root, nullptr, ""},
      {"hetu.LeakyRelu", "LeakyRelu", raise_leaky_relu, nullptr, ""},
      {"hetu.Softmax", "Softmax", raise_softmax, nullptr, ""},
      {"hetu.LogSoftmax", "LogSoftmax", raise_softmax, nullptr, ""},
      {"hetu.Clamp", "Max", raise_clamp, nullptr, ""},
      {"hetu.Sum", "Sum", raise_sum, nullptr, ""},
      {"hetu.OnesLike", "Expand", raise_like, nullptr, ""},
      {"hetu.ZerosLike", "Expand", raise_like, nullptr, ""},
      {"hetu.FullLike", "Expand", raise_like, nullptr, ""},
      {"hetu.DivHandleZero", "Div", raise_division_unless_zero, nullptr, ""},
      {"hetu.Fmod", "Mod", raise_remainder, nullptr, ""},
      {"hetu.SoftmaxDropout", "Softmax", raise_softmax, nullptr, "nothing is dropped at inference"},
      {"hetu.DropoutResidual", "Add", raise_binary, nullptr, "nothing is dropped at inference"},
  };
  struct Row {
    const char *source, *canonical;
  };
  constexpr Row kUnary[] = {{"hetu.Abs", "Abs"},     {"hetu.Cos", "Cos"},         {"hetu.Exp", "Exp"},
                            {"hetu.Floor", "Floor"}, {"hetu.Gelu", "Gelu"},       {"hetu.Opposite", "Neg"},
                            {"hetu.Relu", "Relu"},   {"hetu.Sigmoid", "Sigmoid"}, {"hetu.Sign", "Sign"},
                            {"hetu.Sin", "Sin"},     {"hetu.Sqrt", "Sqrt"},       {"hetu.Tanh", "Tanh"}};
  for (const Row& row : kUnary) rows.push_back({row.source, row.canonical, raise_unary, nullptr, ""});
  constexpr Row kBinary[] = {
      {"hetu.Add", "Add"}, {"hetu.Div", "Div"}, {"hetu.Minus", "Sub"}, {"hetu.Mul", "Mul"}};
  for (const Row& row : kBinary) rows.push_back({row.source, row.canonical, raise_binary, nullptr, ""});
  for (const char* name : {"hetu.DataD2H", "hetu.DataH2D", "hetu.Dispatch", "hetu.Dropout", "hetu.Dropout2d",
                           "hetu.Identity", "hetu.StopGradient"})
    rows.push_back({name, "Identity", raise_identity, nullptr, "nothing at inference"});
  return rows;
}

}  // namespace modelconv::hetu
