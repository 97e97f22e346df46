#include "passes/roi/roi.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "passes/all_passes.h"
#include "passes/assert_rewrites.h"

namespace modelconv::testing {
namespace {

Rules sparse_rules() {
  Rules rules;
  for (const RecoveryRule& each : sparse_roi_rules()) rules.push_back(each.rule);
  return rules;
}

const std::string kHead =
    "p: float32[2, 4, 16, 16]; q: float32[2, 4, 8, 8]; rois: float32[N, 4]; batch: int64[N]; level: "
    "int64[N]\n"
    "m0 = Unsqueeze(Equal(level, 0), int64[3]{1, 2, 3})\n"
    "m1 = Unsqueeze(Equal(level, 1), int64[3]{1, 2, 3})\n";
const std::string kRoi = "RoiAlign[output_height=3, output_width=2, sampling_ratio=2](";

int count(const Graph& graph, OpName op) {
  int found = 0;
  for (const auto& node : graph.nodes()) found += node->op() == op;
  return found;
}

TEST(Roi, SparseProduct) {
  const std::vector<std::string> one = {"Equal",     "Unsqueeze",       "Cast",    "Shape",    "Slice",
                                        "Concat",    "ConstantOfShape", "Reshape", "NonZero",  "Squeeze",
                                        "Transpose", "Gather",          "Gather",  "RoiAlign", "ScatterND"};
  const std::string head = kHead.substr(0, kHead.find("m1"));
  expect_ops(sparse_rules(), head + "y = Mul(" + kRoi + "p, rois, batch), Cast[to=1](m0))", one);
  // Two levels, summed.
  const std::string two = kHead + "y = Add(Mul(" + kRoi +
                          "p, rois, batch), Cast[to=1](m0)), Mul(Cast[to=1](m1), " + kRoi +
                          "q, rois, batch)))";
  const auto graph = parse_graph(two);
  PassOptions options;
  options.enable.insert("sparse-roi");
  run_passes(*graph, simplify_pipeline(), options);
  EXPECT_EQ(count(*graph, "NonZero"), 2);
  EXPECT_EQ(count(*graph, "ScatterND"), 2);
  EXPECT_EQ(count(*graph, "Add"), 0);
}

TEST(Roi, SparseStays) {
  const auto stays = [&](const std::string& text) {
    SCOPED_TRACE(text);
    const auto before = parse_graph(text);
    std::vector<std::string> ops;
    for (const auto& node : before->nodes()) ops.push_back(node->op().str());
    expect_ops(sparse_rules(), text, ops);
  };
  const std::string head = "p: float32[2, 4, 16, 16]; rois: float32[3, 4]; batch: int64[3]\n";
  stays(head + "y = Mul(" + kRoi + "p, rois, batch), random[3, 2])");        // not per proposal
  stays(head + "y = Mul(" + kRoi + "p, rois, batch), random[1, 1, 1, 1])");  // one for all
  stays(head + "r = " + kRoi + "p, rois, batch); y = Mul(r, random[3, 1, 1, 1]); z = Neg(r)");
  stays("p: float32[2, C, 16, 16]; rois: float32[3, 4]; batch: int64[3]\ny = Mul(" + kRoi +
        "p, rois, batch), random[3, 1, 1, 1])");  // the number of channels is not known
}

TEST(Roi, SparseChoice) {
  const auto ops = [](const std::string& text) {
    const auto graph = parse_graph(text);
    PassOptions options;
    options.enable.insert("sparse-roi");
    run_passes(*graph, simplify_pipeline(), options);
    return count(*graph, "ScatterND") * 10 + count(*graph, "Where");
  };
  EXPECT_EQ(
      ops(kHead + "y = Where(m1, " + kRoi + "q, rois, batch), Where(m0, " + kRoi + "p, rois, batch), 0.0))"),
      20);
  EXPECT_EQ(
      ops(kHead + "y = Where(m1, " + kRoi + "q, rois, batch), Where(m0, " + kRoi + "p, rois, batch), 1.0))"),
      11);
}

// There and back gives what was there; results are compared at each step.
TEST(Roi, Masked) {
  const std::string sparse = kHead.substr(0, kHead.find("m0")) +
                             "i = NonZero(Equal(level, 1)); r = Squeeze(i, int64[1]{0})\n"
                             "z = ConstantOfShape(Concat[axis=0](Shape(batch), int64[3]{4, 3, 2}))\n"
                             "a = " +
                             kRoi + "p, Gather(rois, r), Gather(batch, r))\n";
  const auto ops_left = [](const std::string& text, const std::string& enable) {
    const auto graph = parse_graph(text);
    PassOptions options;
    options.enable.insert(enable);
    run_passes(*graph, simplify_pipeline(), options);
    return count(*graph, "NonZero") * 10 + count(*graph, "Where");
  };
  EXPECT_EQ(ops_left(sparse + "y = ScatterND(z, Transpose(i), a)", "masked-roi"), 1);
  EXPECT_EQ(ops_left(sparse + "y = ScatterND[reduction=\"add\"](z, Transpose(i), a)", "masked-roi"), 1);
  EXPECT_EQ(
      ops_left(
          sparse + "y = ScatterElements[axis=0](z, Expand(Reshape(r, int64[4]{-1, 1, 1, 1}), Shape(a)), a)",
          "masked-roi"),
      1);
  EXPECT_EQ(ops_left(sparse + "y = ScatterND[reduction=\"mul\"](z, Transpose(i), a)", "masked-roi"), 10);
  expect_ops({masked_roi_rules()}, sparse + "y = ScatterND(z, Transpose(i), a)",
             {"Equal", "Shape", "Concat", "ConstantOfShape", "RoiAlign", "Reshape", "Where"});
  // Other rows than those that are written.
  const std::string other = kHead.substr(0, kHead.find("m0")) +
                            "i = NonZero(Equal(level, 1)); j = NonZero(Equal(level, 0))\n"
                            "z = ConstantOfShape(Concat[axis=0](Shape(batch), int64[3]{4, 3, 2}))\n"
                            "r = Squeeze(i, int64[1]{0}); a = " +
                            kRoi +
                            "p, Gather(rois, r), Gather(batch, r))\n"
                            "y = ScatterND(z, Transpose(j), a)";
  EXPECT_EQ(ops_left(other, "masked-roi"), 20);
}

TEST(Roi, BothAtOnceAreRefused) {
  const auto graph = parse_graph("x: float32[2]; y = Relu(x)");
  PassOptions options;
  options.enable = {"sparse-roi", "masked-roi"};
  EXPECT_THROW(run_passes(*graph, simplify_pipeline(), options), Error);
}

}  // namespace
}  // namespace modelconv::testing
