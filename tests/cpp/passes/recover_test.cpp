#include "passes/recover/recover.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "passes/all_passes.h"
#include "passes/assert_rewrites.h"

namespace modelconv::testing {
namespace {

Rules rules_of(std::initializer_list<std::vector<RecoveryRule>> lists) {
  Rules rules;
  for (const auto& list : lists)
    for (const RecoveryRule& each : list) rules.push_back(each.rule);
  return rules;
}

struct Case {
  const char* statements;
  std::vector<std::string> ops;
};

const std::string kX = "x: float32[2, 3, 8]\n";

TEST(Recover, Activations) {
  const Case cases[] = {
      {"y = Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.41421356)), 1.0))", {"Gelu"}},
      {"y = Mul(Mul(x, Add(1.0, Erf(Mul(0.70710678, x)))), 0.5)", {"Gelu"}},
      {"y = Div(Mul(Add(Erf(Div(x, 1.41421356)), 1.0), x), 2.0)", {"Gelu"}},
      {"y = Mul(x, Mul(0.5, Add(Erf(Div(x, float32[1]{1.41421356})), 1.0)))", {"Gelu"}},
      {"y = Mul(Mul(0.5, x), Add(1.0, Tanh(Mul(0.7978845608, Add(x, Mul(0.044715, Pow(x, 3.0)))))))",
       {"Gelu"}},
      {"y = Mul(Mul(0.5, x), Add(1.0, Tanh(Mul(Mul(x, 0.7978845608), Add(1.0, Mul(Mul(0.044715, x), x))))))",
       {"Gelu"}},
      {"y = Mul(Mul(0.5, x), Sub(1.0, Erf(Mul(Neg(x), 0.70710678))))", {"Gelu"}},
      {"y = Mul(Mul(0.5, x), Sub(1.0, Erf(Mul(x, -0.70710678))))", {"Gelu"}},
      {"y = Sub(2.0, Erf(Mul(3.0, Neg(x))))", {"Mul", "Erf", "Add"}},
      {"y = Sub(Erf(Mul(3.0, Neg(x))), 2.0)", {"Neg", "Mul", "Erf", "Sub"}},
      {"e = Erf(Mul(3.0, Neg(x))); y = Sub(2.0, e); z = Relu(e)", {"Neg", "Mul", "Erf", "Sub", "Relu"}},
      {"y = Mul(Mul(0.5, x), Sub(1.0, Erf(Mul(x, 0.70710678))))", {"Mul", "Mul", "Erf", "Sub", "Mul"}},
      {"y = Mul(Mul(0.5, x), Sub(Erf(Mul(x, -0.70710678)), 1.0))", {"Mul", "Mul", "Erf", "Sub", "Mul"}},
      {"y = Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.5)), 1.0))", {"Mul", "Div", "Erf", "Add", "Mul"}},
      {"y = Mul(Mul(x, 0.6), Add(Erf(Div(x, 1.41421356)), 1.0))", {"Mul", "Div", "Erf", "Add", "Mul"}},
      {"y = Mul(Mul(x, 0.5), Add(Erf(Div(Neg(x), 1.41421356)), 1.0))",
       {"Mul", "Neg", "Div", "Erf", "Add", "Mul"}},
      // A constant that broadcasts.
      {"y = Mul(Mul(x, float32[1, 1, 1, 1]{0.5}), Add(Erf(Div(x, 1.41421356)), 1.0))",
       {"Mul", "Div", "Erf", "Add", "Mul"}},
      // What is in between is used elsewhere.
      {"e = Erf(Div(x, 1.41421356)); y = Mul(Mul(x, 0.5), Add(e, 1.0)); z = Neg(e)",
       {"Div", "Erf", "Mul", "Add", "Mul", "Neg"}},
      {"y = Mul(x, Div(Clip(Add(x, 3.0), 0.0, 6.0), 6.0))", {"HardSwish"}},
      {"y = Div(Mul(Clip(Add(3.0, x), 0.0, 6.0), x), 6.0)", {"HardSwish"}},
      {"y = Mul(x, HardSigmoid[alpha=0.16666667, beta=0.5](x))", {"HardSwish"}},
      {"y = Mul(x, HardSigmoid(x))", {"HardSigmoid", "Mul"}},
      {"y = Div(Clip(Add(x, 3.0), 0.0, 6.0), 6.0)", {"HardSigmoid"}},
      {"y = Mul(Clip(Add(Mul(x, 2.0), 3.0), 0.0, 4.0), 0.25)", {"HardSigmoid"}},
      {"y = Div(Clip(Add(x, 3.0), 0.0, 5.0), 6.0)", {"Add", "Clip", "Div"}},
      {"y = Div(Clip(Add(x, 3.0), -1.0, 6.0), 6.0)", {"Add", "Clip", "Div"}},
      {"y = Mul(x, Tanh(Softplus(x)))", {"Mish"}},
      {"y = Mul(Tanh(Log(Add(Exp(x), 1.0))), x)", {"Mish"}},
      {"y = Mul(x, Tanh(Softplus(Neg(x))))", {"Neg", "Softplus", "Tanh", "Mul"}},
      {"y = Div(x, Add(Abs(x), 1.0))", {"Softsign"}},
      {"y = Div(x, Add(Abs(x), 2.0))", {"Abs", "Add", "Div"}},
      {"y = Mul(x, Sigmoid(x))", {"Swish"}},
      {"y = Mul(Sigmoid(Mul(x, 1.702)), x)", {"Swish"}},
      {"y = Mul(x, Sigmoid(Add(x, 1.0)))", {"Add", "Sigmoid", "Mul"}},
  };
  for (const Case& row : cases)
    expect_ops(rules_of({recover_activation_rules(), recover_function_rules()}), kX + row.statements,
               row.ops);
}

const std::string kCentered =
    "d = Sub(x, ReduceMean(x, int64[1]{-1})); v = ReduceMean(Mul(d, d), int64[1]{-1})\n";

TEST(Recover, LayerNorm) {
  const Rules rules = rules_of({recover_normalization_rules()});
  const std::string core = kX + kCentered;
  const std::string norm = "n = Div(d, Sqrt(Add(v, 1e-5)))\n";
  expect_ops(rules, core + norm, {"LayerNormalization"});
  expect_ops(rules, core + norm + "y = Add(Mul(n, random[8]), random[8])", {"LayerNormalization"});
  expect_ops(rules, core + norm + "y = Add(random[1, 8], Mul(2.0, n))", {"LayerNormalization"});
  expect_ops(rules, core + "y = Mul(Mul(Reciprocal(Sqrt(Add(v, 1e-5))), d), random[8])",
             {"LayerNormalization"});
  expect_ops(
      rules,
      kX + "d = Sub(x, ReduceMean(x, int64[1]{2})); v = ReduceMean(Pow(d, 2.0), int64[1]{-1})\n" + norm,
      {"LayerNormalization"});
  expect_ops(rules,
             kX + "d = Sub(x, ReduceMean(x, int64[2]{1, 2})); v = ReduceMean(Mul(d, d), int64[2]{1, 2})\n" +
                 norm + "y = Mul(n, random[3, 8])",
             {"LayerNormalization"});
  // Scales that are not of the normalised elements stay.
  expect_ops(rules, core + norm + "y = Mul(n, random[3, 1])", {"LayerNormalization", "Mul"});
  expect_ops(rules, core + norm + "y = Mul(n, random[4, 1, 1, 8])", {"LayerNormalization", "Mul"});
  expect_ops(rules, core + norm + "y = Mul(n, random[8]); z = Neg(n)", {"LayerNormalization", "Mul", "Neg"});
  // Another axis for the variance, axes that are not the last, sizes that are not known.
  const std::vector<std::string> unchanged = {"ReduceMean", "Sub", "Mul", "ReduceMean", "Add", "Sqrt", "Div"};
  expect_ops(rules,
             kX + "d = Sub(x, ReduceMean(x, int64[1]{-1})); v = ReduceMean(Mul(d, d), int64[1]{1})\n" + norm,
             unchanged);
  expect_ops(rules,
             kX + "d = Sub(x, ReduceMean(x, int64[1]{1})); v = ReduceMean(Mul(d, d), int64[1]{1})\n" + norm,
             unchanged);
  expect_ops(rules, "x: float32[2, N]\n" + kCentered + norm, unchanged);
  expect_ops(rules, "x: float64[2, 8]\n" + kCentered + "n = Div(d, Sqrt(Add(v, float64[]{1e-5})))",
             unchanged);
}

TEST(Recover, ShiftedLayerNorm) {
  const Rules rules = rules_of({recover_normalization_rules()});
  const std::string core =
      kX +
      "m = ReduceMean(x, int64[1]{-1}); d = Sub(x, m); v = ReduceMean(Mul(d, d), int64[1]{-1})\n"
      "r = Reciprocal(Sqrt(Add(v, 1e-5)))\n";
  expect_ops(rules, core + "i = Mul(r, random[8]); y = Add(Mul(x, i), Sub(random[8], Mul(i, m)))",
             {"LayerNormalization"});
  expect_ops(rules, core + "y = Add(Sub(random[8], Mul(m, r)), Mul(r, x))", {"LayerNormalization"});
  // As Keras 3 writes it: -mean * inv + beta, and without scale or shift.
  expect_ops(rules, core + "i = Mul(random[8], r); y = Add(Mul(x, i), Add(Mul(Neg(m), i), random[8]))",
             {"LayerNormalization"});
  expect_ops(rules, core + "y = Add(Add(random[8], Mul(r, Neg(m))), Mul(x, r))", {"LayerNormalization"});
  expect_ops(rules, core + "i = Mul(random[8], r); y = Add(Mul(x, i), Mul(Neg(m), i))",
             {"LayerNormalization"});
  expect_ops(rules, core + "y = Add(Mul(x, r), Mul(Neg(m), r))", {"LayerNormalization"});
  expect_ops(rules, core + "y = Add(Mul(x, r), Mul(m, r))",
             {"ReduceMean", "Sub", "Mul", "ReduceMean", "Add", "Sqrt", "Reciprocal", "Mul", "Mul", "Add"});
  expect_ops(
      rules, core + "y = Add(Mul(x, r), Add(Mul(m, r), random[8]))",
      {"ReduceMean", "Sub", "Mul", "ReduceMean", "Add", "Sqrt", "Reciprocal", "Mul", "Mul", "Add", "Add"});
  expect_ops(
      rules, core + "y = Add(Mul(x, r), Sub(random[8], Mul(v, r)))",
      {"ReduceMean", "Sub", "Mul", "ReduceMean", "Add", "Sqrt", "Reciprocal", "Mul", "Mul", "Sub", "Add"});
}

TEST(Recover, OtherNorms) {
  const Rules rules = rules_of({recover_normalization_rules(), recover_pool_rules()});
  const std::string mean = "m = ReduceMean(Mul(x, x), int64[1]{-1})\n";
  expect_ops(rules, kX + mean + "y = Mul(Div(x, Sqrt(Add(m, 1e-6))), random[8])", {"RMSNormalization"});
  expect_ops(rules, kX + mean + "y = Mul(random[8], Mul(x, Div(1.0, Sqrt(Add(1e-6, m)))))",
             {"RMSNormalization"});
  expect_ops(rules, kX + mean + "y = Div(Neg(x), Sqrt(Add(m, 1e-6)))",
             {"Mul", "ReduceMean", "Neg", "Add", "Sqrt", "Div"});
  const std::string image =
      "x: float32[2, 3, 4, 5]; d = Sub(x, ReduceMean(x, int64[2]{2, 3})); v = ReduceMean(Mul(d, d), "
      "int64[2]{-1, -2})\n"
      "n = Div(d, Sqrt(Add(v, 1e-5)))\n";
  expect_ops({rules[3], rules[4], rules[5]}, image + "y = Add(Mul(n, random[3, 1, 1]), random[1, 3, 1, 1])",
             {"InstanceNormalization"});
  expect_ops({rules[3], rules[4], rules[5]}, image + "y = Mul(n, random[5])",
             {"InstanceNormalization", "Mul"});
  expect_ops(rules, "x: float32[2, 3, 4, 5]; y = ReduceMean(x, int64[2]{3, 2})", {"GlobalAveragePool"});
  expect_ops(rules, "x: float32[2, 3, 4, 5]; y = ReduceMean[keepdims=0](x, int64[2]{3, 2})", {"ReduceMean"});
  expect_ops(rules, "x: int64[2, 3, 4, 5]; y = ReduceMean(x, int64[2]{3, 2})", {"ReduceMean"});
}

TEST(Recover, GroupNorm) {
  const Rules rules = {recover_group_norm_rule().rule};
  const std::string grouped = "x: float32[N, 6, 4, 4]; g = Reshape(x, int64[3]{0, 2, -1})\n";
  expect_ops(rules, grouped + "y = Reshape(InstanceNormalization(g, ones[2], zeros[2]), Shape(x))",
             {"GroupNormalization"});
  expect_ops(rules, grouped + "y = Reshape(InstanceNormalization(g, random[2], zeros[2]), Shape(x))",
             {"Reshape", "InstanceNormalization", "Shape", "Reshape"});
}

// An operator that the wanted operator set does not have is not put in.
TEST(Recover, OperatorSet) {
  for (const int64_t opset : {19, 20}) {
    const auto graph = parse_graph(kX + "y = Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.41421356)), 1.0))");
    PassOptions options;
    options.opset = opset;
    run_passes(*graph, simplify_pipeline(), options);
    EXPECT_EQ(graph->node_count(), opset < 20 ? 5U : 1U);
  }
}

// What runs on request only does not run unasked, and is refused by a wrong name.
TEST(Recover, OnRequest) {
  for (const bool asked : {false, true}) {
    const auto graph = parse_graph(kX + "y = Mul(x, Sigmoid(x))");
    PassOptions options;
    if (asked) options.enable.insert("recover-functions");
    run_passes(*graph, simplify_pipeline(), options);
    EXPECT_EQ(graph->node_count(), asked ? 1U : 2U);
  }
  const auto graph = parse_graph(kX + "y = Relu(x)");
  PassOptions options;
  options.enable.insert("recover_functions");
  EXPECT_THROW(run_passes(*graph, simplify_pipeline(), options), Error);
}

}  // namespace
}  // namespace modelconv::testing
