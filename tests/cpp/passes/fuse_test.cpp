#include "passes/fuse/fuse.h"

#include <gtest/gtest.h>

#include "eval/evaluator.h"
#include "ir/text.h"
#include "ops/infer.h"
#include "passes/all_passes.h"
#include "passes/assert_rewrites.h"
#include "passes/layout/layout.h"
#include "verify/compare.h"
#include "verify/inputs.h"

namespace modelconv::testing {
namespace {

const std::string kConv = "x: float32[2, 4, 6, 6]; c = Conv(x, random[8, 4, 3, 3], random[8])\n";
const std::string kGrouped = "x: float32[2, 4, 6, 6]; c = Conv[group=2](x, random[8, 2, 3, 3])\n";
const std::string kTransposed =
    "x: float32[2, 4, 6, 6]; c = ConvTranspose[group=2](x, random[4, 3, 3, 3], random[6])\n";

TEST(Fuse, ConvAffine) {
  const Rules rules = fuse_affine_rules();
  expect_ops(rules, kConv + "y = BatchNormalization(c, random[8], random[8], random[8], ones[8])", {"Conv"});
  expect_ops(rules, kGrouped + "y = BatchNormalization(c, random[8], random[8], random[8], ones[8])",
             {"Conv"});
  expect_ops(rules, kTransposed + "y = BatchNormalization(c, random[6], random[6], random[6], ones[6])",
             {"ConvTranspose"});
  expect_ops(rules, kConv + "y = Mul(c, random[8, 1, 1])", {"Conv"});
  expect_ops(rules, kConv + "y = Mul(random[1, 8, 1, 1], c)", {"Conv"});
  expect_ops(rules, kConv + "y = Add(Mul(c, 2.0), random[8, 1, 1])", {"Conv"});
  expect_ops(rules, kGrouped + "y = Sub(c, random[8, 1, 1])", {"Conv"});
  expect_ops(rules, kTransposed + "y = Div(c, 4.0)", {"ConvTranspose"});
  // Not per channel, or used elsewhere.
  expect_ops(rules, kConv + "y = Mul(c, random[4, 4])", {"Conv", "Mul"});
  expect_ops(rules, kConv + "y = Mul(c, random[2, 8, 1, 1])", {"Conv", "Mul"});
  expect_ops(rules, kConv + "y = Sub(4.0, c)", {"Conv", "Sub"});
  expect_ops(rules, kConv + "y = Add(Mul(c, 2.0), c)", {"Conv", "Mul", "Add"});
}

TEST(FuseConvAffine, NotFiniteNumbersStayOutOfWeights) {
  // inf * 0 is NaN: summed within the convolution it would spoil what does not meet it outside.
  expect_unchanged(fuse_affine_rules(),
                   "x: float32[1, 1, 3, 3]; y = Mul(Conv(x, ones[1, 1, 2, 2]), float32[1, 1, 1, 1]{inf})");
  expect_unchanged(fuse_affine_rules(),
                   "x: float32[1, 1, 3, 3]; y = Add(Conv(x, ones[1, 1, 2, 2]), float32[1, 1, 1, 1]{nan})");
}

TEST(Fuse, Gemm) {
  Rules rules = fuse_gemm_rules();
  for (const Rule& rule : fuse_gemm_affine_rules()) rules.push_back(rule);
  const std::string product = "x: float32[5, 4]; m = MatMul(x, random[4, 3])\n";
  expect_ops(rules, product + "y = Add(m, random[3])", {"Gemm"});
  expect_ops(rules, product + "y = Add(random[5, 3], m)", {"Gemm"});
  expect_ops(rules, product + "y = Add(m, random[2, 5, 3])", {"MatMul", "Add"});
  expect_ops(rules, "x: float32[2, 5, 4]; y = Add(MatMul(x, random[4, 3]), random[3])", {"MatMul", "Add"});
  expect_ops(rules, "x: float32[4, 5]; y = Gemm(Transpose[perm=[1, 0]](x), random[4, 3])", {"Gemm"});
  expect_ops(rules,
             "x: float32[5, 4]; y = Mul(Gemm[transB=1, beta=0.5](x, random[3, 4], random[3]), random[3])",
             {"Gemm"});
  expect_ops(rules,
             "x: float32[5, 4]; y = BatchNormalization(Gemm(x, random[4, 3]), random[3], random[3], "
             "random[3], ones[3])",
             {"Gemm"});
}

TEST(Fuse, Pad) {
  const Rules rules = fuse_pad_rules();
  const std::string padded = "x: float32[1, 2, 6, 6]; p = Pad(x, int64[8]{0, 0, 1, 2, 0, 0, 0, 1})\n";
  expect_ops(rules, padded + "y = Conv[pads=[1, 0, 0, 0]](p, random[3, 2, 3, 3])", {"Conv"});
  expect_ops(rules, padded + "y = Conv[auto_pad=\"SAME_UPPER\"](p, random[3, 2, 3, 3])", {"Pad", "Conv"});
  expect_ops(rules, padded + "y = AveragePool[kernel_shape=[3, 3]](p)", {"AveragePool"});
  expect_ops(rules, padded + "y = AveragePool[kernel_shape=[3, 3], pads=[1, 1, 1, 1]](p)",
             {"Pad", "AveragePool"});
  expect_ops(rules, padded + "y = MaxPool[kernel_shape=[3, 3]](p)", {"Pad", "MaxPool"});  // zeros may win
  expect_ops(rules,
             "x: float32[1, 2, 6, 6]; y = MaxPool[kernel_shape=[3, 3]](Pad(x, int64[8]{0, 0, 1, 1, 0, 0, 1, "
             "1}, -inf))",
             {"MaxPool"});
  // ... but not among numbers that are never negative.
  const std::string positive = "x: float32[1, 2, 6, 6]; p = Pad(Relu(x), int64[8]{0, 0, 1, 1, 0, 0, 1, 1})\n";
  expect_ops(rules, positive + "y = MaxPool[kernel_shape=[3, 3]](p)", {"Relu", "MaxPool"});
  expect_ops(rules, positive + "y = MaxPool[kernel_shape=[1, 1]](p)",
             {"Relu", "Pad", "MaxPool"});  // zeros alone
  expect_ops(rules,
             "x: float32[1, 2, 6, 6]; p = Pad(Clip(x, -1.0, 6.0), int64[8]{0, 0, 1, 1, 0, 0, 1, 1})\n"
             "y = MaxPool[kernel_shape=[3, 3]](p)",
             {"Clip", "Pad", "MaxPool"});
  expect_ops(rules,
             "x: float32[1, 2, 6, 6]; y = Conv(Pad(x, int64[8]{0, 1, 1, 1, 0, 0, 1, 1}), random[3, 3, 3, 3])",
             {"Pad", "Conv"});
  expect_ops(rules,
             "x: float32[1, 2, 6, 6]; y = Conv(Pad[mode=\"reflect\"](x, int64[8]{0, 0, 1, 1, 0, 0, 1, 1}), "
             "random[3, 2, 3, 3])",
             {"Pad", "Conv"});
}

TEST(Fuse, MaxPoolBehindAPadSaysThatItPadsNothing) {
  expect_rewrites(
      fuse_pad_rules(),
      "x: float32[1, 2, 6, 6]\n"
      "y = MaxPool[kernel_shape=[3, 3]](Pad(x, int64[8]{0, 0, 1, 1, 0, 0, 1, 1}))",
      "x: float32[1, 2, 6, 6]\n"
      "y = MaxPool[auto_pad=\"VALID\", kernel_shape=[3, 3]](Pad(x, int64[8]{0, 0, 1, 1, 0, 0, 1, 1}))");
  expect_unchanged(
      fuse_pad_rules(),
      "x: float32[1, 2, 6, 6]\n"
      "y = MaxPool[kernel_shape=[3, 3], pads=[1, 1, 1, 1]](Pad(x, int64[8]{0, 0, 1, 1, 0, 0, 1, 1}))");
}

TEST(Fuse, Chains) {
  expect_rewrites(fuse_reshape_rules(),
                  "x: float32[2, 3, 4]; y = Relu(Reshape(Reshape(x, int64[2]{6, 4}), int64[2]{3, 8}))",
                  "x: float32[2, 3, 4]; y = Relu(Reshape(x, int64[2]{3, 8}))");
  expect_rewrites(fuse_reshape_rules(),
                  "x: float32[2, 3]; y = Relu(Squeeze(Unsqueeze(x, int64[1]{0}), int64[1]{0}))",
                  "x: float32[2, 3]; y = Relu(x)");
  expect_rewrites(
      fuse_slice_rules(),
      "x: float32[4, 6]; y = Slice(Slice(x, int64[1]{1}, int64[1]{3}, int64[1]{0}), int64[1]{0}, "
      "int64[1]{4}, int64[1]{-1}, int64[1]{2})",
      "x: float32[4, 6]; y = Slice(x, int64[2]{1, 0}, int64[2]{3, 4}, int64[2]{0, 1}, int64[2]{1, 2})");
  expect_unchanged(fuse_slice_rules(),
                   "x: float32[4, 6]; y = Slice(Slice(x, int64[1]{1}, int64[1]{3}, int64[1]{0}), "
                   "int64[1]{0}, int64[1]{1}, int64[1]{0})");
  expect_rewrites(fuse_cast_rules(), "x: float16[4]; y = Cast[to=11](Cast[to=1](x))",
                  "x: float16[4]; y = Cast[to=11](x)");
  expect_unchanged(fuse_cast_rules(), "x: float32[4]; y = Cast[to=1](Cast[to=10](x))");  // loses digits
  expect_unchanged(fuse_cast_rules(), "x: float32[4]; y = Cast[to=1](Cast[to=7](x))");
  expect_rewrites(fuse_clip_rules(), "x: float32[4]; y = Clip(Clip(x, -1.0, 0.5), 0.0, 6.0)",
                  "x: float32[4]; y = Clip(x, 0.0, 0.5)");
  expect_rewrites(fuse_clip_rules(), "x: float32[4]; y = Relu(Clip(x, -0.0))",
                  "x: float32[4]; y = Clip(x, -0.0, _)");  // Relu would give 0.0
  expect_unchanged(fuse_clip_rules(), "x: float32[4]; y = Clip(Clip(x, 1.0), -0.0, 0.0)");  // -0.0 would stay
  expect_rewrites(fuse_clip_rules(), "x: float32[4]; y = Relu(Clip(x, -1.0))", "x: float32[4]; y = Relu(x)");
  expect_rewrites(fuse_clip_rules(), "x: float32[4]; y = Clip(Relu(x), -3.0, 6.0)",
                  "x: float32[4]; y = Clip(x, 0.0, 6.0)");
}

TEST(Layout, TransposesCancelAroundElementwiseOperators) {
  const std::string block =
      "x: float32[1, 6, 6, 4]\n"
      "a = Transpose[perm=[0, 3, 1, 2]](x)\n"
      "b = Transpose[perm=[0, 2, 3, 1]](Conv[pads=[1, 1, 1, 1]](a, random[4, 4, 3, 3]))\n"
      "c = Relu(Add(b, random[4]))\n"
      "d = Transpose[perm=[0, 2, 3, 1]](Conv[pads=[1, 1, 1, 1]](Transpose[perm=[0, 3, 1, 2]](c), random[4, "
      "4, 3, 3]))\n"
      "e = Mul(d, Sigmoid(d))\n"
      "y = Add(c, e)\n";
  const auto original = parse_graph(block), graph = parse_graph(block);
  infer_graph(*original);
  infer_graph(*graph);
  const RewriteReport report = move_transposes_pass().run(*graph, {});
  graph->verify();
  EXPECT_TRUE(report.contradictions.empty());
  int transposes = 0;
  for (const auto& node : graph->nodes()) transposes += node->op() == OpName("Transpose");
  EXPECT_EQ(transposes, 2) << to_text(*graph);
  const auto inputs = make_inputs(*original);
  EXPECT_TRUE(compare(Evaluator(*graph).run(inputs)[0].tensor(), Evaluator(*original).run(inputs)[0].tensor())
                  .passed);
}

// Squeeze and excitation: the transposes around what was pooled move no elements, and still have to cancel those around it.
TEST(Layout, TransposesOfSingleElementsCancelToo) {
  const auto graph = parse_graph(
      "x: float32[N, 4, 6, 6]\n"
      "pooled = Transpose[perm=[0, 2, 3, 1]](Conv(GlobalAveragePool(x), random[4, 4, 1, 1]))\n"
      "y = Transpose[perm=[0, 3, 1, 2]](Mul(Transpose[perm=[0, 2, 3, 1]](x), Sigmoid(Add(pooled, "
      "random[4]))))\n");
  infer_graph(*graph);
  run_passes(*graph, simplify_pipeline());
  for (const auto& node : graph->nodes()) {
    EXPECT_NE(node->op(), OpName("Transpose")) << to_text(*graph);
    EXPECT_NE(node->op(), OpName("Reshape")) << to_text(*graph);
  }
}

// A permutation of the result's axes says nothing about an input of another rank.
TEST(Layout, TransposesStayBehindReshapes) {
  const auto graph = parse_graph(
      "x: float32[1, 8, 2, 3]; y = Transpose[perm=[0, 3, 4, 1, 5, 2]](Reshape(x, int64[6]{1, 2, 2, 2, 2, "
      "3}))");
  infer_graph(*graph);
  move_transposes_pass().run(*graph, {});
  EXPECT_EQ(graph->nodes().back()->op(), OpName("Transpose")) << to_text(*graph);
}

}  // namespace
}  // namespace modelconv::testing
