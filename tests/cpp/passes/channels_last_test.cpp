// The channels-last form: it computes the same, and Transposes are left only where the table says.
#include "passes/layout/channels_last.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "eval/evaluator.h"
#include "ir/text.h"
#include "ops/channels_last.h"
#include "ops/infer.h"
#include "passes/layout/image_order.h"
#include "verify/compare.h"
#include "verify/inputs.h"

namespace modelconv {
namespace {

struct Case {
  const char* text;
  int transposes;           // left
  const char* reason = "";  // part of one of the sentences about them
};

int count(const Graph& graph, const OpName& op) {
  int found = 0;
  for_each_node(graph, [&](const Node& node) { found += node.op() == op ? 1 : 0; });
  return found;
}

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

void check(const Case& c) {
  SCOPED_TRACE(c.text);
  const std::unique_ptr<Graph> before = parse_graph(c.text), after = parse_graph(c.text);
  infer_graph(*before);
  const std::vector<std::string> reasons = to_channels_last(*after);
  after->verify();
  expect_same_results(*before, *after);
  EXPECT_EQ(count(*after, "Transpose"), c.transposes) << to_text(*after);
  const bool given = std::any_of(reasons.begin(), reasons.end(),
                                 [&](const std::string& r) { return r.find(c.reason) != std::string::npos; });
  EXPECT_TRUE(given || std::string_view(c.reason).empty()) << (reasons.empty() ? "none" : reasons.front());
}

// Each operator alone: one Transpose per image at its edges.
TEST(ChannelsLast, EachOperatorComputesTheSame) {
  const std::vector<Case> cases{
      {"x: float32[2, 4, 6, 5]; y = Conv[pads=[1, 0, 1, 2], strides=[2, 1], group=2](x, random[6, 2, 3, 3], "
       "random[6])",
       2},
      {"x: float32[2, 4, 7]; y = Conv[auto_pad=\"SAME_UPPER\"](x, random[6, 4, 3])", 2},
      {"x: float32[1, 2, 4, 5, 6]; y = Conv(x, random[3, 2, 2, 2, 2])", 2},
      {"x: float32[2, 4, 6, 5]; y = ConvTranspose[strides=[2, 2], output_padding=[1, 0]](x, random[4, 3, 3, "
       "3])",
       2},
      {"x: float32[2, 4, 6, 5]; y = MaxPool[kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1](x)", 2},
      {"x: float32[2, 4, 6, 5]; y, i = MaxPool[kernel_shape=[2, 2]](x)", 3},
      {"x: float32[2, 4, 6, 5]; y = AveragePool[kernel_shape=[3, 3], pads=[1, 1, 1, 1]](x)", 2},
      {"x: float32[2, 4, 6, 5]; y = LpPool[kernel_shape=[3, 3], p=2](x)", 2},
      {"x: float32[2, 4, 6, 5]; y = GlobalAveragePool(x)", 1},  // the one behind it is a Reshape
      {"x: float32[2, 4, 6, 5]; y = GlobalMaxPool(x)", 1},
      {"x: float32[2, 4, 6, 5]; y = BatchNormalization(x, random[4], random[4], random[4], ones[4])", 2},
      {"x: float32[2, 4, 6, 5]; y = InstanceNormalization(x, random[4], random[4])", 2},
      {"x: float32[2, 4, 6, 5]; y = GroupNormalization[num_groups=2](x, random[4], random[4])", 2},
      {"x: float32[2, 4, 6, 5]; y = LRN[size=3](x)", 2},
      {"x: float32[2, 4, 6, 5]; y = Resize[mode=\"linear\"](x, _, float32[4]{1, 1, 2, 1.5})", 2},
      {"x: float32[2, 4, 6, 5]; y = DepthToSpace[blocksize=2](x)", 1},
      {"x: float32[2, 4, 6, 4]; y = SpaceToDepth[blocksize=2](x)", 2},
      {"x: float32[2, 4, 6, 5]; g: float32[2, 3, 3, 2]; y = GridSample(x, g)", 2},
      {"x: float32[2, 4, 6, 5]; y = RoiAlign(x, float32[1, 4]{0, 0, 3, 3}, int64[1]{1})", 1},
      {"x: float16[1, 2, 4, 4]; y = Conv(x, float16[1, 2, 1, 1]{1, 2})", 1},
  };
  for (const Case& c : cases) check(c);
}

TEST(ChannelsLast, NoTransposesBetweenImageOperators) {
  const std::vector<Case> cases{
      // input and output of the model
      {"x: float32[N, 3, 8, 8]; y = Conv(Relu(Conv(x, random[4, 3, 3, 3])), random[2, 4, 3, 3])", 2,
       "the model's input 'x' has its channels first"},
      // a residual connection, and a tensor that joins it in the other order from outside
      {"x: float32[N, 3, 8, 8]; z: float32[N, 4, 6, 6]; c = Conv(x, random[4, 3, 3, 3])\n"
       "y = Conv(Relu(Add(Add(c, z), Sigmoid(c))), random[2, 4, 3, 3])",
       3},
      // squeeze and excitation
      {"x: float32[1, 3, 8, 8]; c = Conv(x, random[4, 3, 3, 3])\n"
       "s = Sigmoid(Gemm(Flatten(GlobalAveragePool(c)), random[4, 4]))\n"
       "y = Conv(Mul(c, Reshape(s, int64[4]{1, 4, 1, 1})), random[2, 4, 3, 3])",
       2},
      // a channel shuffle, whose own Transpose stays
      {"x: float32[1, 3, 8, 8]; c = Conv(x, random[4, 3, 3, 3]); r = Reshape(c, int64[5]{1, 2, 2, 6, 6})\n"
       "t = Reshape(Transpose[perm=[0, 2, 1, 3, 4]](r), int64[4]{1, 4, 6, 6}); y = Conv(t, random[2, 4, 3, "
       "3])",
       3},
      // branches of different sizes, padding, slopes per channel, softmax over channels
      {"x: float32[1, 3, 8, 8]; c = Conv[strides=[2, 2], pads=[1, 1, 1, 1]](x, random[4, 3, 3, 3])\n"
       "u = Resize[mode=\"nearest\"](c, _, float32[4]{1, 1, 2, 2})\n"
       "p = Pad(PRelu(u, random[4, 1, 1]), int64[8]{0, 0, 1, 0, 0, 0, 0, 1})\n"
       "k = Slice(p, int64[2]{1, 0}, int64[2]{9, 8}, int64[2]{2, 3})\n"
       "y = Softmax[axis=1](Concat[axis=1](k, Conv[pads=[1, 1, 1, 1]](x, random[4, 3, 3, 3])))",
       2, "the order is that of an output of the model"},
      // a dense layer behind an image
      {"x: float32[N, 3, 4, 4]; y = Gemm[transB=1](Flatten(Relu(Conv(x, random[4, 3, 3, 3]))), random[5, "
       "16])",
       1},
      {"x: float32[N, 3, 4, 4]; y = MatMul(Reshape(Conv(x, random[4, 3, 3, 3]), int64[2]{0, 16}), random[16, "
       "5])",
       1},
      {"x: float32[N, 3, 4, 4]; y = Flatten(Conv(x, random[4, 3, 3, 3]))", 2, "joins or splits axes"},
      // from a source with channels last
      {"x: float32[N, 8, 8, 3]; c = Conv(Transpose[perm=[0, 3, 1, 2]](x), random[4, 3, 3, 3])\n"
       "y = Transpose[perm=[0, 2, 3, 1]](c)",
       0},
      {"x: float32[N, 8, 8, 3]; r = Resize(x, _, float32[4]{1, 2, 2, 1})\n"
       "y = Conv(Transpose[perm=[0, 3, 1, 2]](r), random[4, 3, 3, 3])",
       1},
  };
  for (const Case& c : cases) check(c);
}

TEST(ChannelsLast, ShapesAreInferred) {
  const auto graph =
      parse_graph("x: float32[N, 3, H, 8]; y = Conv[pads=[1, 1, 1, 1]](x, random[4, 3, 3, 3])");
  to_channels_last(*graph);
  for (const auto& node : graph->nodes())
    if (is_channels_last(node->op())) {
      EXPECT_EQ(node->output()->shape().str(), "[N, H, 8, 4]");
    }
}

TEST(ImageOrder, IsFollowedToTheFirstImageOperator) {
  const std::vector<std::pair<const char*, std::optional<ImageOrder>>> cases{
      {"x: float32[N, 3, 8, 8]; y = Conv(Mul(Cast[to=1](x), 2.0), random[4, 3, 3, 3])",
       ImageOrder::channels_first},
      {"x: float32[N, 8, 8, 3]; y = Conv(Transpose[perm=[0, 3, 1, 2]](Sub(x, random[3])), random[4, 3, 3, "
       "3])",
       ImageOrder::channels_last},
      {"x: float32[N, 8, 8, 3]; y = MatMul(x, random[3, 4])", std::nullopt},
      {"x: float32[N, 8]; y = Relu(x)", std::nullopt},
  };
  for (const auto& [text, expected] : cases) {
    const auto graph = parse_graph(text);
    infer_graph(*graph);
    EXPECT_EQ(image_order_of(*graph->inputs()[0]), expected) << text;
  }
}

}  // namespace
}  // namespace modelconv
