#include "verify/inputs.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ir/text.h"
#include "ops/infer.h"

namespace modelconv {
namespace {

std::vector<int64_t> made_for(const std::string& text) {
  const auto graph = parse_graph(text);
  infer_graph(*graph);
  return make_inputs(*graph, {5, {}})[0].tensor().to_int64();
}

struct RangeCase {
  const char* text;
  int64_t lowest, highest;
};

// The first input is an int64 vector long enough for both ends of its range to turn up.
TEST(MakeInputs, IntegersKeepToTheirUse) {
  const RangeCase cases[] = {
      {"i: int64[400]; y = Gather(zeros[5, 2], i)", 0, 4},
      {"i: int64[400]; y = Gather[axis=1](zeros[5, 2], i)", 0, 1},
      {"i: int64[400]; y = Gather[axis=-1](zeros[5, 3], Cast[to=7](Reshape(i, int64[2]{20, 20})))", 0, 2},
      {"i: int64[400]; a = Gather(zeros[5, 2], i); b = Gather(zeros[3, 2], i)", 0, 2},
      {"i: int64[400]; y = OneHot(i, 6, float32[2]{0, 1})", 0, 5},
      {"i: int64[400, 2]; y = GatherND(zeros[4, 3], i)", 0, 2},
      {"i: int64[400]; x: float32[7, 400, 2]; y = ReverseSequence[batch_axis=1, time_axis=0](x, i)", 1, 7},
      {"i: int64[400]; y = Add(i, 1)", 0, 1},
  };
  for (const RangeCase& c : cases) {
    const std::vector<int64_t> numbers = made_for(c.text);
    EXPECT_EQ(*std::min_element(numbers.begin(), numbers.end()), c.lowest) << c.text;
    EXPECT_EQ(*std::max_element(numbers.begin(), numbers.end()), c.highest) << c.text;
  }
}

TEST(MakeInputs, DivisorsAreNotZero) {
  const auto graph = parse_graph("j: int64[400]; i: int64[400]; y = Mod(j, i)");
  const std::vector<int64_t> numbers = make_inputs(*graph, {})[1].tensor().to_int64();
  EXPECT_EQ(*std::min_element(numbers.begin(), numbers.end()), 1);
}

TEST(MakeInputs, MasksShowTheBeginningOfEachRow) {
  const std::vector<int64_t> mask = made_for("attention_mask: int64[6, 8]; y = Add(attention_mask, 1)");
  bool hides = false;
  for (size_t row = 0; row < 6; ++row)
    for (size_t i = 0; i < 8; ++i) {
      EXPECT_LE(mask[row * 8 + i], i < 4 ? 1 : mask[row * 8 + i - 1]);
      EXPECT_GE(mask[row * 8 + i], i < 4 ? 1 : 0);
      hides = hides || mask[row * 8 + i] == 0;
    }
  EXPECT_TRUE(hides);
}

TEST(MakeInputs, AReshapeTargetFits) {
  EXPECT_EQ(made_for("s: int64[3]; x: float32[2, 5]; y = Reshape(x, s)"), (std::vector<int64_t>{-1, 1, 1}));
}

TEST(MakeInputs, DynamicSizesSuitTheirPlace) {
  const auto dims = [](const std::string& text) {
    return make_inputs(*parse_graph("graph main(x: float32" + text + ") -> (y) { y = Relu(x) }"))[0]
        .tensor()
        .dims();
  };
  EXPECT_EQ(dims("[N, C, H, W]"), (Dims{1, 3, 64, 64}));
  EXPECT_EQ(dims("[N, H, W, 3]"), (Dims{1, 64, 64, 3}));
  EXPECT_EQ(dims("[?, 1, ?, 3]"), (Dims{1, 1, 64, 3}));
  EXPECT_EQ(dims("[batch, steps, 16]"), (Dims{1, 8, 16}));
}

TEST(MakeInputs, SequencesHaveTwoItems) {
  const auto graph = parse_graph("graph main(s: seq(float32[2, 3])) -> (n) { n = SequenceLength(s) }");
  const RuntimeValue value = make_inputs(*graph)[0];
  ASSERT_TRUE(value.is_sequence());
  ASSERT_EQ(value.sequence().size(), 2U);
  EXPECT_EQ(value.sequence()[1].tensor().dims(), (Dims{2, 3}));
}

}  // namespace
}  // namespace modelconv
