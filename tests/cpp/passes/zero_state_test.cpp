#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/infer.h"
#include "passes/eliminate/eliminate.h"
#include "rewrite/driver.h"

namespace modelconv::testing {
namespace {

// How many inputs the recurrent node has afterwards.
size_t inputs_left(const std::string& text) {
  SCOPED_TRACE(text);
  const auto graph = parse_graph(text);
  infer_graph(*graph);
  RewriteOptions options;
  options.verify_each = true;
  const RewriteReport report = rewrite(*graph, eliminate_zero_state_rules(), options);
  EXPECT_TRUE(report.contradictions.empty());
  for (const auto& node : graph->nodes())
    if (node->op() == OpName("LSTM") || node->op() == OpName("GRU")) {
      size_t given = 0;
      for (const Value* input : node->inputs()) given += input != nullptr;
      return given;
    }
  return 0;
}

const std::string kInput = "x: float32[5, 2, 3]\n";
const std::string kWeights = "random[1, 16, 3], random[1, 16, 4], random[1, 32]";

TEST(EliminateZeroState, ZerosAreLeftOut) {
  EXPECT_EQ(
      inputs_left(kInput + "y = LSTM[hidden_size=4](x, " + kWeights + ", _, zeros[1, 2, 4], zeros[1, 2, 4])"),
      4u);
  EXPECT_EQ(
      inputs_left(kInput +
                  "h = Slice(ConstantOfShape(int64[3]{2, 2, 4}), int64[1]{0}, int64[1]{1}, int64[1]{0})\n"
                  "y = LSTM[hidden_size=4](x, " +
                  kWeights + ", _, h, h)"),
      4u);
  EXPECT_EQ(
      inputs_left(kInput +
                  "y = GRU[hidden_size=4](x, random[1, 12, 3], random[1, 12, 4], _, _, zeros[1, 2, 4])"),
      3u);
}

TEST(EliminateZeroState, OthersStay) {
  EXPECT_EQ(
      inputs_left(kInput + "y = LSTM[hidden_size=4](x, " + kWeights + ", _, zeros[1, 2, 4], ones[1, 2, 4])"),
      5u);
  EXPECT_EQ(
      inputs_left("h: float32[1, 2, 4]\n" + kInput + "y = LSTM[hidden_size=4](x, " + kWeights + ", _, h, h)"),
      6u);
  // -0.0 is not what a state left out holds.
  EXPECT_EQ(inputs_left(kInput + "y = LSTM[hidden_size=4](x, " + kWeights +
                        ", _, Neg(zeros[1, 2, 4]), Expand(-0.0, int64[3]{1, 2, 4}))"),
            6u);
}

}  // namespace
}  // namespace modelconv::testing
