#include <gtest/gtest.h>

#include "eval/evaluator.h"
#include "ir/text.h"
#include "ops/infer.h"
#include "passes/fold/file_bytes.h"
#include "passes/fold/fold.h"
#include "verify/compare.h"
#include "verify/inputs.h"

namespace modelconv::testing {
namespace {

// A grid of 64 x 64 (16 kB) of a row and a column.
const std::string kGrid =
    "x: float32[1, 64, 64, 2]\n"
    "rows = Unsqueeze(Expand(random[64, 1], int64[2]{64, 64}), int64[1]{2})\n"
    "columns = Unsqueeze(Expand(random[1, 64], int64[2]{64, 64}), int64[1]{2})\n"
    "y = Add(x, Unsqueeze(Concat[axis=2](columns, rows), int64[1]{0}))";

// An Expand that a Gather makes small again.
const std::string kSmallResult =
    "x: float32[2, 3]\n"
    "table = Expand(random[1, 3], int64[2]{5000, 3})\n"
    "y = Add(x, Gather(table, int64[2]{7, 4999}))";

// Operators left when the file may grow by `room` bytes (nothing: no source size is known).
std::vector<std::string> ops_left(const std::string& text, std::optional<int64_t> room,
                                  PassOptions options = {}) {
  const auto original = parse_graph(text), graph = parse_graph(text);
  infer_graph(*original);
  infer_graph(*graph);
  if (room) options.source_bytes = file_bytes(*graph) + *room;
  fold_regions_pass().run(*graph, options);
  graph->verify();
  const auto inputs = make_inputs(*original, {5, {}});
  EXPECT_TRUE(compare(Evaluator(*graph).run(inputs)[0].tensor(), Evaluator(*original).run(inputs)[0].tensor())
                  .passed);
  std::vector<std::string> ops;
  for (const auto& node : graph->nodes()) ops.push_back(node->op().str());
  return ops;
}

using Ops = std::vector<std::string>;
const Ops kWholeGrid = {"Expand", "Unsqueeze", "Expand", "Unsqueeze", "Concat", "Unsqueeze", "Add"};

TEST(FoldRegions, WeighsARegionAsAWhole) {
  EXPECT_EQ(ops_left(kSmallResult, 0), Ops{"Add"});
  EXPECT_EQ(ops_left(kSmallResult, std::nullopt), Ops{"Add"});
}

TEST(FoldRegions, GrowsTheFileOnlyByWhatWasSaved) {
  EXPECT_EQ(ops_left(kGrid, 100'000), Ops{"Add"});
  EXPECT_EQ(ops_left(kGrid, 1'000), kWholeGrid);
  EXPECT_EQ(ops_left(kGrid, std::nullopt), kWholeGrid);
  // Two of 32 kB each, and room for one.
  const std::string second = "\nz = Mul(y, Expand(random[64, 1], int64[4]{1, 64, 64, 2}))";
  EXPECT_EQ(ops_left(kGrid + second, 40'000), (Ops{"Add", "Expand", "Mul"}));
}

TEST(FoldRegions, LargeTablesStayComputed) {
  const std::string large = "x: float32[500, 500]; y = Add(x, Expand(random[500, 1], int64[2]{500, 500}))";
  EXPECT_EQ(ops_left(large, 10'000'000), (Ops{"Expand", "Add"}));
  PassOptions options;
  options.fold_limit = 1'000'000;
  EXPECT_EQ(ops_left(large, 0, options), Ops{"Add"});
  options.fold_limit = 1'000;
  EXPECT_EQ(ops_left(kGrid, 100'000, options), kWholeGrid);
}

TEST(FoldRegions, LeavesAloneWhatIsNotConstant) {
  EXPECT_EQ(ops_left("x: float32[4]; y = Add(Neg(x), Relu(x))", 1'000), (Ops{"Neg", "Relu", "Add"}));
  // Quantised weights stay quantised.
  EXPECT_EQ(
      ops_left("x: float32[4]; y = Add(x, DequantizeLinear(int8[4]{1, 2, 3, 4}, 0.5, int8[]{0}))", 100'000),
      (Ops{"DequantizeLinear", "Add"}));
  PassOptions skipping;
  skipping.skip = {"fold_regions"};
  EXPECT_EQ(ops_left(kSmallResult, 0, skipping), (Ops{"Expand", "Gather", "Add"}));
}

TEST(FoldRegions, SizesBeyondAllMemoryStayComputed) {
  const auto graph =
      parse_graph("x: float32[1]; y = Add(x, Expand(1.0, int64[3]{1073741824, 1073741824, 1073741824}))");
  for (const auto& node : graph->nodes())
    if (node->op() == OpName("Expand"))
      node->output()->type = Type::tensor(DType::float32, Shape::of({1 << 30, 1 << 30, 1 << 30}));
  fold_regions_pass().run(*graph, {});
  EXPECT_EQ(graph->node_count(), 2u);
}

TEST(FoldRegions, OutputsOfTheGraphKeepTheirNames) {
  const auto graph = parse_graph("x: float32[2]; y = Relu(x); z = Neg(Abs(float32[2]{1, -2}))");
  infer_graph(*graph);
  fold_regions_pass().run(*graph, {});
  graph->verify();
  ASSERT_EQ(graph->node_count(), 1u) << to_text(*graph);
}

}  // namespace
}  // namespace modelconv::testing
