#include "formats/onnx/versions/versions.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/error.h"
#include "formats/onnx/versions/table.h"
#include "ir/text.h"
#include "ops/schema.h"

namespace modelconv {
namespace {

TEST(OnnxVersions, EveryBoundaryOfTheOnnxPackageHasARow) {
  std::vector<std::string> missing;
  for (const OpSchema& schema : all_schemas()) {
    if (!schema.domain.empty() || schema.since_version <= 7) continue;
    const auto& rows = onnx::boundaries_of(schema.name);
    const bool found = std::any_of(rows.begin(), rows.end(), [&](const onnx::Boundary& row) {
      return row.since == schema.since_version;
    });
    if (!found) missing.push_back(fmt::format("{} {}", schema.name, schema.since_version));
  }
  EXPECT_THAT(missing, testing::IsEmpty());
}

std::vector<std::string> ops_of(const Graph& graph) {
  std::vector<std::string> ops;
  for (const auto& node : graph.nodes()) ops.push_back(node->op().str());
  return ops;
}

struct RaiseCase {
  const char* before;
  std::vector<std::string> ops;
};

class Raise : public testing::TestWithParam<RaiseCase> {};

TEST_P(Raise, GivesTheseOperators) {
  const auto graph = parse_graph(GetParam().before);
  raise_to_canonical_opset(*graph);
  graph->verify();
  EXPECT_EQ(ops_of(*graph), GetParam().ops);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Raise,
    testing::Values(
        RaiseCase{"x: float32[2, 3]; y = onnx9.Slice[starts=[0], ends=[1], axes=[1]](x)", {"Slice"}},
        RaiseCase{"x: float32[2, 3]; y = onnx11.Softmax[axis=1](x)", {"Softmax"}},
        RaiseCase{"x: float32[2, 3, 4]; y = onnx11.Softmax[axis=1](x)",
                  {"Shape", "Flatten", "Softmax", "Reshape"}},
        RaiseCase{"x: float32[2, 3, 4]; y = onnx13.Softmax[axis=1](x)", {"Softmax"}},
        RaiseCase{"x: float32[1, 2, 4, 4]; y = onnx7.Upsample[scales=[1.0, 1.0, 2.0, 2.0]](x)", {"Resize"}},
        RaiseCase{"x: float32[2, 3]; y = onnx10.Clip[min=0.0, max=6.0](x)", {"Clip"}},
        RaiseCase{"x: float32[2, 3]; y = onnx11.ReduceSum[axes=[1], keepdims=0](x)", {"ReduceSum"}},
        RaiseCase{"x: int32[2, 3]; y = onnx18.ReduceLogSum(x)", {"Cast", "ReduceLogSum", "Cast"}},
        RaiseCase{"x: float32[2, 3, 4]; b: float32[3]; y = onnx6.Add[broadcast=1, axis=1](x, b)",
                  {"Unsqueeze", "Add"}},
        RaiseCase{"x: float32[2, 3]; y = onnx12.Relu(x); z = com.acme.Magic(y)",
                  {"Relu", "com.acme.Magic"}}));

TEST(OnnxVersions, RaisingMovesAttributesToInputs) {
  const auto graph = parse_graph("x: float32[2, 3]; y = onnx9.Slice[starts=[0], ends=[1], axes=[1]](x)");
  raise_to_canonical_opset(*graph);
  const Node& slice = *graph->nodes().front();
  ASSERT_EQ(slice.input_count(), 4U);
  EXPECT_EQ(slice.input(1)->constant().to_int64(), std::vector<int64_t>{0});
  EXPECT_EQ(slice.input(2)->constant().to_int64(), std::vector<int64_t>{1});
  EXPECT_EQ(slice.input(3)->constant().to_int64(), std::vector<int64_t>{1});
  EXPECT_TRUE(slice.attrs.empty());
  EXPECT_EQ(slice.output()->shape().str(), "[2, 1]");
}

struct LowerCase {
  const char* before;
  int64_t opset;
  std::vector<std::string> ops;
};

class Lower : public testing::TestWithParam<LowerCase> {};

TEST_P(Lower, GivesTheseOperators) {
  const auto graph = parse_graph(GetParam().before);
  raise_to_canonical_opset(*graph);  // nothing to raise: infers the types
  lower_from_canonical_opset(*graph, GetParam().opset);
  graph->verify();
  EXPECT_EQ(ops_of(*graph), GetParam().ops);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Lower,
    testing::Values(
        LowerCase{"x: float32[2, 3]; y = HardSwish(x)", 13, {"onnx13.HardSigmoid", "onnx13.Mul"}},
        LowerCase{"x: float32[2, 3]; y = HardSwish(x)", 14, {"onnx14.HardSwish"}},
        LowerCase{"x: float32[2, 3]; y = Mish(x)", 9, {"onnx9.Softplus", "onnx9.Tanh", "onnx9.Mul"}},
        LowerCase{"x: float32[2, 3, 4]; y = Softmax[axis=1](x)",
                  11,
                  {"onnx11.Transpose", "onnx11.Softmax", "onnx11.Transpose"}},
        LowerCase{"x: float32[2, 3, 4]; y = Softmax[axis=-1](x)", 9, {"onnx9.Softmax"}},
        LowerCase{"x: float32[2, 3]; y = com.acme.Magic(x)", 9, {"com.acme.Magic"}},
        LowerCase{"x: int8[3]; y = Clip(x, int8[]{1})", 9, {"onnx9.Less", "onnx9.Where"}},
        LowerCase{"x: float32[2, 3]; l: float32[]; y = Clip(x, l)", 9, {"onnx9.Less", "onnx9.Where"}},
        LowerCase{"a: uint8[3]; b: uint8[3]; y = Add(a, b)",
                  13,
                  {"onnx13.Cast", "onnx13.Cast", "onnx13.Add", "onnx13.Cast"}},
        LowerCase{"a: int32[3]; b: int32[3]; y = Max(a, b)", 11, {"onnx11.Greater", "onnx11.Where"}},
        LowerCase{"x: float32[4, 4]; y = Trilu(x)",
                  13,
                  {"onnx13.Unsqueeze", "onnx13.Sub", "onnx13.Less", "onnx13.Where"}},
        LowerCase{"a: float32[2, 3, 4]; b: float32[2, 4, 5]; y = Einsum[equation=\"bij,bjk->bik\"](a, b)",
                  11,
                  {"onnx11.MatMul"}},
        LowerCase{"a: float32[3]; b: float32[5]; y = Einsum[equation=\"i,j->ij\"](a, b)",
                  11,
                  {"onnx11.Unsqueeze", "onnx11.Unsqueeze", "onnx11.Mul"}},
        LowerCase{"q: float32[1, 2, 3, 4]; k: float32[1, 2, 5, 4]; v: float32[1, 2, 5, 4]\n"
                  "y = Attention(q, k, v)",
                  13,
                  {"onnx13.Mul", "onnx13.Transpose", "onnx13.Mul", "onnx13.MatMul", "onnx13.Softmax",
                   "onnx13.MatMul"}},
        LowerCase{"q: float32[1, 2, 3, 4]; k: float32[1, 2, 5, 4]; v: float32[1, 2, 5, 4]\n"
                  "y = Attention(q, k, v)",
                  23,
                  {"onnx23.Attention"}},
        LowerCase{"x: int8[2, 3]; s: float32[3]; y = DequantizeLinear(x, s)",
                  11,
                  {"onnx11.Cast", "onnx11.Reshape", "onnx11.Mul"}},
        LowerCase{
            "x: int8[2, 3]; s: float32[]; y = DequantizeLinear(x, s)", 11, {"onnx11.DequantizeLinear"}}));

// Types that are not known, and sizes that make no sense: refused, whatever the file says.
TEST(OnnxVersions, WhatIsNotKnownIsRefused) {
  for (const char* text : {
           "y = Attention(q, k, v)",
           "q: float32[1, 2, 3, 4]; y = Attention(q, k, v)",
           "q: float32[1, 3, 8]; k: float32[1, 3, 8]; v: float32[1, 3, 8]; y = Attention(q, k, v)",
           "q: float32[1, 2, 3, 4]; k: float32[1, 2, 3, 4]; v: float32[1, 2, 3, 4]\n"
           "y = Attention[scale=-1.0](q, k, v)",
           "y = RotaryEmbedding(x, c, s)",
           "x: float32[1, 2, 3, 4]; y = RotaryEmbedding(x, c, s)",
           "x: float32[1, 2, 3, 4]; c: float32[]; s: float32[]; y = RotaryEmbedding(x, c, s)",
           "y = Einsum[equation=\"ij,jk->ik\"](a, b)",
           "a: float32[3, 3]; y = Einsum[equation=\"ii->i\"](a)",
           "y = Trilu(x)",
           "x: float32[3]; y = Trilu(x)",
           "x: float32[3, 3]; y = CenterCropPad(x, int64[2]{-9223372036854775808, 2})",
           "x: float32[3, 3]; y = CenterCropPad(x, s)",
           "t: float32[1, 2, 3]; y = AffineGrid(t, int64[4]{1, 1, 9000000, 9000000})",
           "y = HannWindow(int64[]{-5})",
           "y = HannWindow(int64[]{99999999999})",
           "x: int8[4, 4]; y = DequantizeLinear[block_size=2](x, s)",
           "x: int8[?, 4]; s: float32[2, 4]; y = DequantizeLinear[block_size=9223372036854775807, axis=0](x, "
           "s)",
           "x: float32[3, 3]; y = Pad[mode=\"wrap\"](x, int64[4]{5, 0, 0, 0})",
       }) {
    SCOPED_TRACE(text);
    const auto graph = parse_graph(text);
    try {
      raise_to_canonical_opset(*graph);
      lower_from_canonical_opset(*graph, 11);
      ADD_FAILURE() << to_text(*graph);
    } catch (const Error& error) {  // a refusal, or shape inference's own complaint; never an internal error
      EXPECT_EQ(dynamic_cast<const InternalError*>(&error), nullptr) << error.what();
    }
  }
}

TEST(OnnxVersions, LoweringMovesConstantInputsToAttributes) {
  const auto graph = parse_graph("x: float32[2, 3]; y = ReduceMean[keepdims=0](x, int64[1]{-1})");
  lower_from_canonical_opset(*graph, 9);
  const Node& mean = *graph->nodes().front();
  EXPECT_EQ(mean.input_count(), 1U);
  ASSERT_TRUE(mean.attrs.get<std::vector<int64_t>>("axes"));
  EXPECT_EQ(*mean.attrs.get<std::vector<int64_t>>("axes"), std::vector<int64_t>{1});
}

TEST(OnnxVersions, OneErrorNamesAllThatCannotBeSaid) {
  const auto graph = parse_graph(
      "x: bfloat16[2, 3]; i: int64[2]; e: int64[1]; a = Abs(x); b = BitwiseNot(i); c = Slice(i, int64[1]{0}, "
      "e)");
  try {
    lower_from_canonical_opset(*graph, 9);
    FAIL() << "no error";
  } catch (const UnsupportedOpError& error) {
    std::vector<std::string> ops;
    for (const MissingOp& op : error.ops()) ops.push_back(op.op + ": " + op.reason);
    EXPECT_THAT(ops, testing::UnorderedElementsAre(testing::HasSubstr("bfloat16"),
                                                   "BitwiseNot: it came with opset 18",
                                                   testing::HasSubstr("must be constant")));
  }
}

TEST(OnnxVersions, OpsetsOutOfRangeAreRefused) {
  const auto graph = parse_graph("y = Relu(x)");
  EXPECT_THROW(lower_from_canonical_opset(*graph, 6), BadArgument);
  EXPECT_THROW(lower_from_canonical_opset(*graph, kCanonicalOpset + 1), BadArgument);
  const auto future = parse_graph("y = onnx99.Relu(x)");
  EXPECT_THROW(raise_to_canonical_opset(*future), UnsupportedOpError);
}

}  // namespace
}  // namespace modelconv
