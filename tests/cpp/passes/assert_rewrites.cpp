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

}  // namespace

void expect_rewrites(const Rules& rules, const std::string& before, const std::string& after) {
  SCOPED_TRACE(before);
  const auto original = parse_graph(before), graph = parse_graph(before), expected = parse_graph(after);
  for (Graph* each : {original.get(), graph.get(), expected.get()}) infer_graph(*each);
  RewriteOptions options;
  options.verify_each = true;
  std::string trace;
  options.trace = [&](const RewriteEvent& event) {
    trace += event.rule + " at " + event.node + (event.applied ? ": applied\n" : ": " + event.reason + "\n");
  };
  const RewriteReport report = rewrite(*graph, rules, options);
  graph->verify();
  EXPECT_TRUE(report.contradictions.empty()) << report.contradictions.front();
  EXPECT_FALSE(report.hit_limit);
  EXPECT_EQ(Outline().of(*graph), Outline().of(*expected)) << trace;
  expect_same_results(*original, *graph);
}

}  // namespace modelconv::testing
