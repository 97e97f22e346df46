#include "pipeline/checked_simplify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "ir/text.h"
#include "ops/infer.h"
#include "passes/all_passes.h"
#include "verify/compare_graphs.h"

namespace modelconv {
namespace {

Rule replace(const std::string& rule, const char* op, const char* by) {
  Rule wrong(rule);
  wrong.on({op}, [by](Node& node, Patch& patch) {
    return replace_root(patch, patch.add(by, {node.inputs().begin(), node.inputs().end()}));
  });
  return wrong;
}

// simplify_model() with a pass in front of the others.
Simplifier with_rules(const Rules& rules) {
  return [rules](Model& model, const SimplifyOptions& options) {
    std::vector<Pass> passes = {rule_pass("faulty", "", rules)};
    passes.insert(passes.end(), simplify_pipeline().begin(), simplify_pipeline().end());
    return run_passes(*model.graph, passes, options);
  };
}

Model model_of(const std::string& text) {
  Model model;
  model.graph = parse_graph(text);
  infer_graph(*model.graph);
  return model;
}

std::vector<std::string> ops_of(const Model& model) {
  std::vector<std::string> ops;
  for (const auto& node : model.graph->nodes()) ops.push_back(node->op().str());
  return ops;
}

using Strings = std::vector<std::string>;

constexpr const char* kChain =
    "graph main(x: float32[4], z: float32[4]) -> (y: float32[4]) {\n"
    "  a = Exp(Mul(x, 1.0))  # first\n"
    "  b = Sub(a, z)  # second\n"
    "  c = Tanh(b)  # third\n"
    "  y = Max(c, z)  # fourth\n"
    "}\n";

TEST(CheckedSimplify, NothingIsWrong) {
  Model model = model_of(kChain);
  const CheckedReport report = simplify_checked(model, {}, 3);
  EXPECT_TRUE(report.guilty.empty());
  EXPECT_EQ(report.left_alone, "");
  EXPECT_EQ(ops_of(model), (Strings{"Exp", "Sub", "Tanh", "Max"}));
}

TEST(CheckedSimplify, TheGuiltyRuleIsFoundAndSwitchedOff) {
  Model model = model_of(kChain);
  const CheckedReport report =
      simplify_checked(model, {}, 2, with_rules({replace("tanh_to_sigmoid", "Tanh", "Sigmoid")}));
  ASSERT_EQ(report.guilty.size(), 1U);
  EXPECT_EQ(report.guilty[0].rule, "tanh_to_sigmoid");
  EXPECT_EQ(report.guilty[0].node, "Tanh 'third'");
  EXPECT_EQ(report.guilty[0].output, "y");
  EXPECT_NE(report.guilty[0].error.find("elements differ"), std::string::npos);
  // The right rules have done their work all the same.
  EXPECT_EQ(ops_of(model), (Strings{"Exp", "Sub", "Tanh", "Max"}));
}

TEST(CheckedSimplify, SeveralGuiltyRulesAreFoundOneAfterTheOther) {
  Model model = model_of(kChain);
  const CheckedReport report = simplify_checked(
      model, {}, 2, with_rules({replace("sub_to_add", "Sub", "Add"), replace("max_to_min", "Max", "Min")}));
  Strings rules;
  for (const GuiltyRule& guilty : report.guilty) rules.push_back(guilty.rule);
  std::sort(rules.begin(), rules.end());
  EXPECT_EQ(rules, (Strings{"max_to_min", "sub_to_add"}));
  EXPECT_EQ(ops_of(model), (Strings{"Exp", "Sub", "Tanh", "Max"}));
}

TEST(CheckedSimplify, ARuleWhoseResultCannotBeRunIsGuiltyToo) {
  Model model = model_of("graph main(x: float32[2, 3]) -> (y) { y = Relu(x) }");
  const CheckedReport report =
      simplify_checked(model, {}, 1, with_rules({replace("relu_to_whirl", "Relu", "Whirl")}));
  ASSERT_EQ(report.guilty.size(), 1U);
  EXPECT_EQ(report.guilty[0].output, "");
  EXPECT_EQ(ops_of(model), (Strings{"Relu"}));
}

TEST(CheckedSimplify, RoundingIsNoDifference) {
  // The sine of a large number turns the last place of x into many: only what the inputs' own noise explains passes.
  Rule inverse("multiply_by_inverse");
  inverse.match("y = Div(a, b)").replace([](const Match& m, Patch& patch) {
    return replace_root(patch, patch.add("Mul", {m["a"], &patch.add("Reciprocal", {m["b"]})}));
  });
  Model model =
      model_of("graph main(x: float32[64]) -> (y) { y = Sin(Mul(Div(Exp(x), Sigmoid(x)), 1000.0)) }");
  const CheckedReport report = simplify_checked(model, {}, 2, with_rules({inverse}));
  EXPECT_TRUE(report.guilty.empty()) << report.guilty[0].error;
  EXPECT_EQ(ops_of(model), (Strings{"Exp", "Sigmoid", "Reciprocal", "Mul", "Mul", "Sin"}));
}

TEST(CheckedSimplify, TheTraceIsThatOfTheAttemptThatCounts) {
  Model model = model_of(kChain);
  SimplifyOptions options;
  Strings applied;
  options.trace = [&](const RewriteEvent& event) {
    if (event.applied) applied.push_back(event.rule);
  };
  simplify_checked(model, options, 1, with_rules({replace("sub_to_add", "Sub", "Add")}));
  EXPECT_EQ(applied, (Strings{"eliminate_mul_one"}));
}

TEST(CheckedSimplify, RandomOperatorsGiveTheSameBeforeAndAfter) {
  Model model =
      model_of("graph main(x: float32[8]) -> (y) { y = Add(Mul(x, 1.0), RandomNormalLike(Mul(x, 1.0))) }");
  EXPECT_TRUE(simplify_checked(model, {}, 2).guilty.empty());
}

TEST(CheckedSimplify, LongerInputsAreTriedWhenTheFirstAreTooShort) {
  Model model =
      model_of("graph main(x: float32[1, 2, steps]) -> (y) { y = Mul(Conv(x, random[3, 2, 100]), 1.0) }");
  EXPECT_TRUE(simplify_checked(model, {}, 1).guilty.empty());
  Model too_short = model_of("graph main(x: float32[1, 2, 5]) -> (y) { y = Relu(Conv(x, random[3, 2, 4])) }");
  EXPECT_TRUE(simplify_checked(too_short, {}, 1).guilty.empty());
}

TEST(Rewrite, RulesThatFeedEachOtherComeToAnEnd) {
  Rule regroup("regroup");  // its result matches again, with nodes that are new each time
  regroup.match("y = Mul(a, Mul(b, c))").replace([](const Match& m, Patch& patch) {
    return replace_root(patch, patch.add("Mul", {&patch.add("Mul", {m["a"], m["b"]}), m["c"]}));
  });
  Model model =
      model_of("graph main(a: float32[4], b: float32[4], c: float32[4]) -> (y) { y = Mul(a, Mul(b, c)) }");
  EXPECT_TRUE(rewrite(*model.graph, {regroup}).hit_limit);
  model.graph->verify();
}

TEST(RuleNames, UnknownOnesAreRefusedWithTheNearest) {
  require_known_rules({"fold_constants", "eliminate_mul_one", "fuse"}, all_passes());
  try {
    require_known_rules({"eliminate_mul_on"}, all_passes());
    FAIL() << "not refused";
  } catch (const BadArgument& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'eliminate_mul_one'?"), std::string::npos)
        << error.what();
  }
}

TEST(RuleNames, AreUniqueAndDescribed) {
  std::set<std::string> names;
  for (const Pass* pass : all_passes()) {
    EXPECT_NE(pass->description, "") << pass->name;
    for (const RuleInfo& rule : pass->rules) {
      EXPECT_NE(rule.description, "") << rule.name;
      if (rule.name != pass->name) names.insert(rule.name);
    }
  }
  EXPECT_GT(names.size(), 30U);
}

}  // namespace
}  // namespace modelconv
