#include "passes/assert_rewrites.h"

#include <gtest/gtest.h>

#include "eval/evaluator.h"
#include "ir/text.h"
#include "ops/infer.h"
#include "rewrite/driver.h"
#include "verify/compare.h"
#include "verify/inputs.h"

namespace modelconv::testing {
namespace {

// Operators with their attributes and inputs, by structure: names and types of intermediate values are left out, constants
// are written as their contents.
class Outline {
 public:
  std::string of(const Graph& graph) {
    std::string text;
    for (const GraphOutput& output : graph.outputs()) text += output.name + " = " + of(*output.value) + "\n";
    return text;
  }

 private:
  std::string of(const Value& value) {
    if (value.is_input()) return value.name();
    if (value.is_constant()) return constant_text(value);
    const Node& node = *value.producer();
    std::string inputs, attrs;
    for (const Value* input : node.inputs())
      inputs += (inputs.empty() ? "" : ", ") + (input ? of(*input) : "_");
    Graph scratch;
    std::vector<Value*> none;
    std::string line = to_text(scratch.add_node(node.op(), none, node.attrs), {8, false, false});
    line = line.substr(line.find('=') + 1);
    return line.substr(0, line.rfind('(')) + "(" + inputs + ")" +
           (value.output_index() ? "#" + std::to_string(value.output_index()) : "");
  }

  static std::string constant_text(const Value& value) {
    std::string text = value.type.str() + "{";
    for (const double element : value.constant().to_double()) text += fmt::format("{:.5g},", element);
    return text + "}";
  }
};

void expect_same_results(const Graph& before, const Graph& after) {
  const std::vector<RuntimeValue> inputs = make_inputs(before, {7, {}});
  const std::vector<RuntimeValue> expected = Evaluator(before).run(inputs),
                                  actual = Evaluator(after).run(inputs);
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const Comparison result = compare(actual[i].tensor(), expected[i].tensor());
    EXPECT_TRUE(result.passed) << "output " << i << ": " << result.problem << " max_rel " << result.max_rel;
  }
}

std::string op_text(const Node& node) {
  std::string text = node.op().str();
  for (const Graph* subgraph : node.subgraphs()) {
    std::string inner;
    for (const auto& each : subgraph->nodes()) inner += (inner.empty() ? "" : ", ") + op_text(*each);
    text += "(" + inner + ")";
  }
  return text;
}

// A graph before and after rewriting it, with everything checked that holds for any rule.
struct Rewritten {
  std::unique_ptr<Graph> original, graph;
  std::string trace;
};

Rewritten rewritten(const Rules& rules, const std::string& before) {
  Rewritten result{parse_graph(before), parse_graph(before), ""};
  infer_graph(*result.original);
  infer_graph(*result.graph);
  RewriteOptions options;
  options.verify_each = true;
  options.trace = [&](const RewriteEvent& event) {
    result.trace +=
        event.rule + " at " + event.node + (event.applied ? ": applied\n" : ": " + event.reason + "\n");
  };
  const RewriteReport report = rewrite(*result.graph, rules, options);
  result.graph->verify();
  EXPECT_TRUE(report.contradictions.empty()) << report.contradictions.front();
  EXPECT_FALSE(report.hit_limit);
  expect_same_results(*result.original, *result.graph);
  return result;
}

}  // namespace

void expect_rewrites(const Rules& rules, const std::string& before, const std::string& after) {
  SCOPED_TRACE(before);
  const Rewritten result = rewritten(rules, before);
  const auto expected = parse_graph(after);
  infer_graph(*expected);
  EXPECT_EQ(Outline().of(*result.graph), Outline().of(*expected)) << result.trace;
}

void expect_ops(const Rules& rules, const std::string& before, const std::vector<std::string>& ops) {
  SCOPED_TRACE(before);
  const Rewritten result = rewritten(rules, before);
  std::vector<std::string> left;
  for (const auto& node : result.graph->nodes()) left.push_back(op_text(*node));
  EXPECT_EQ(left, ops) << result.trace;
}

}  // namespace modelconv::testing
