// Operators that TFLite has none for, as formulas of those that it has.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

// "{alpha}" in a formula stands for the attribute.
struct Formula {
  const char* op;
  const char* text;  // y in terms of a and b, the inputs
};

const std::vector<Formula>& formulas() {
  static const std::vector<Formula> rows = {
      {"Acos", "y = Sub(1.5707964, Asin(a))"},
      {"Acosh", "y = Log(Add(a, Sqrt(Sub(Mul(a, a), 1.0))))"},
      {"Asin", "y = tflite.ATAN2(a, Sqrt(Sub(1.0, Mul(a, a))))"},
      // Of |a|, which loses no digits where a is negative.
      {"Asinh", "m = Abs(a); y = Mul(Sign(a), Log(Add(m, Sqrt(Add(Mul(m, m), 1.0)))))"},
      {"Atan", "y = tflite.ATAN2(a, Add(Mul(a, 0.0), 1.0))"},
      {"Atanh", "y = Mul(Log(Div(Add(1.0, a), Sub(1.0, a))), 0.5)"},
      {"Celu", "y = Add(Relu(a), Min(Mul(Sub(Exp(Div(Min(a, 0.0), {alpha})), 1.0), {alpha}), 0.0))"},
      {"Cosh", "y = Mul(Add(Exp(a), Exp(Neg(a))), 0.5)"},
      // Abramowitz and Stegun, 7.1.26: off by at most 1.5e-7.
      {"Erf",
       "m = Abs(a); t = Reciprocal(Add(Mul(m, 0.3275911), 1.0))\n"
       "p = Add(Mul(Add(Mul(Add(Mul(Add(Mul(t, 1.061405429), -1.453152027), t), 1.421413741), t), "
       "-0.284496736), t), "
       "0.254829592)\n"
       "y = Mul(Sign(a), Sub(1.0, Mul(Mul(p, t), Exp(Neg(Mul(m, m))))))"},
      {"IsNaN", "y = Not(Equal(a, a))"},
      {"Mish", "y = Mul(a, Tanh(Softplus(a)))"},
      {"Reciprocal", "y = Div(1.0, a)"},
      {"Selu", "y = Mul(Add(Relu(a), Min(Mul(Sub(Exp(Min(a, 0.0)), 1.0), {alpha}), 0.0)), {gamma})"},
      {"Shrink",
       "y = Where(Less(a, -{lambd}), Add(a, {bias}), Where(Greater(a, {lambd}), Sub(a, {bias}), Mul(a, "
       "0.0)))"},
      {"Sinh", "y = Mul(Sub(Exp(a), Exp(Neg(a))), 0.5)"},
      {"Softplus", "y = Add(Relu(a), Log(Add(Exp(Neg(Abs(a))), 1.0)))"},
      {"Softsign", "y = Div(a, Add(Abs(a), 1.0))"},
      {"Swish", "y = Mul(a, Sigmoid(Mul(a, {alpha})))"},
      {"Tan", "y = Div(Sin(a), Cos(a))"},
      {"ThresholdedRelu", "y = Where(Greater(a, {alpha}), a, Mul(a, 0.0))"},
  };
  return rows;
}

std::string with_attributes(const Translation& t, std::string text) {
  for (size_t open = text.find('{'); open != std::string::npos; open = text.find('{')) {
    const size_t close = text.find('}', open);
    const std::string name = text.substr(open + 1, close - open - 1);
    const std::string number = fmt::format("{:.9e}", float_attr(t.node(), name));
    text.replace(open, close - open + 1, number);
  }
  for (size_t twice = text.find("--"); twice != std::string::npos; twice = text.find("--"))
    text.erase(twice, 2);
  return text;
}

void lower_formula(Translation& t) {
  static const std::map<std::string, const char*> by_op = [] {
    std::map<std::string, const char*> map;
    for (const Formula& row : formulas()) map[row.op] = row.text;
    return map;
  }();
  if (t.required(0).dtype() != DType::float32)
    t.refuse("elements of type {}", name_of(t.required(0).dtype()));
  Value& y =
      expand(t, with_attributes(t, by_op.at(t.node().op().name())), {{"a", t.input(0)}, {"b", t.input(1)}});
  y.type = t.node().output()->type;
  t.set_output(0, y);
}

// Six times as much between 0 and 6, which a sum can have fused; most models' alpha is a sixth.
void lower_hard_sigmoid(Translation& t) {
  Value& x = t.required(0);
  if (x.dtype() != DType::float32) t.refuse("elements of type {}", name_of(x.dtype()));
  const double alpha = 6 * double{float_attr(t.node(), "alpha")},
               beta = 6 * double{float_attr(t.node(), "beta")};
  const auto number = [&](double value) { return &t.scalar_like(x, value); };
  Value& scaled = std::abs(alpha - 1) < 1e-6 ? x : t.add("Mul", {&x, number(alpha)});
  Value& sum = t.add("Add", {&scaled, number(beta)});
  t.set_output(0, t.add("Mul", {&t.add("Clip", {&sum, number(0), number(6)}), number(1.0 / 6)}));
}

}  // namespace

OpMappings lower_formulas() {
  OpMappings rows{{"tflite.MUL", "HardSigmoid", nullptr, lower_hard_sigmoid, "as a formula"}};
  for (const Formula& row : formulas()) {
    rows.push_back({"tflite.MUL", row.op, nullptr, lower_formula, "as a formula"});
  }
  return rows;
}

}  // namespace modelconv::tflite
