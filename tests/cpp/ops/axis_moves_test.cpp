// Axis rules against their definition: the changed node on transposed inputs gives transposed outputs.
#include <algorithm>
#include <numeric>

#include "ops/axes.h"
#include "ops/op_def.h"
#include "ops/run_text.h"

namespace modelconv {
namespace {

// Runs the only node of `text` as it is, and changed as its rule says for input 0 moved by p. False: no rule.
bool check_move(const std::string& text, const Permutation& p) {
  SCOPED_TRACE(text + " by " + to_string(to_attribute(p)));
  const std::unique_ptr<Graph> graph = parse_graph(text);
  infer_graph(*graph);
  Node& node = *graph->nodes().front();
  const std::vector<RuntimeValue> before = Evaluator(*graph).run({});
  const OpDef* op = find_op(node.op());
  if (!op->axes_rule()) return false;
  const auto move = op->axes_rule()(node, 0, p);
  if (!move) return false;
  Graph changed;
  std::vector<Value*> inputs;
  for (size_t i = 0; i < node.input_count(); ++i) {
    if (!node.input(i)) {
      inputs.push_back(nullptr);
      continue;
    }
    Tensor tensor = node.input(i)->constant();
    if (move->inputs[i]) tensor = permuted(tensor, *move->inputs[i]);
    for (const auto& [index, replacement] : move->replaced_inputs)
      if (index == i) tensor = replacement;
    inputs.push_back(&changed.add_constant(tensor));
  }
  Node& moved =
      changed.add_node(node.op(), inputs, move->attrs, std::vector<std::string>(node.output_count()));
  for (size_t i = 0; i < node.output_count(); ++i) changed.add_output("y", *moved.output(i));
  infer_graph(changed);
  const std::vector<RuntimeValue> after = Evaluator(changed).run({});
  for (size_t i = 0; i < after.size(); ++i)
    EXPECT_TRUE(after[i].tensor().identical_to(permuted(before[i].tensor(), move->outputs[i].value())))
        << "output " << i;
  return true;
}

// Of all orders of the axes, how many the rule knows how to follow.
int count_moves(const std::string& text, size_t rank) {
  Permutation p(rank);
  std::iota(p.begin(), p.end(), size_t{0});
  int moves = 0;
  do moves += check_move(text, p) ? 1 : 0;
  while (std::next_permutation(p.begin(), p.end()));
  return moves;
}

struct Case {
  const char* text;
  int moves;  // of 24 orders of four axes
};

TEST(AxisMoves, AgreeWithTransposedInputs) {
  const std::vector<Case> cases{
      {"y = Transpose[perm=[2, 0, 3, 1]](random[2, 3, 4, 5])", 24},
      {"y = Reshape(random[2, 6, 4, 5], int64[5]{2, 2, 3, 4, 5})", 24},
      {"y = Reshape(random[2, 6, 4, 5], int64[3]{0, 0, -1})", 6},  // H and W stay together, in order
      {"y = Reshape(random[2, 6, 1, 1], int64[2]{0, -1})", 24},
      {"y = Reshape(random[1, 6, 4, 1], int64[4]{1, 4, 6, 1})", 12},
      {"y = Flatten(random[2, 3, 4, 5])", 1},
      {"y = Flatten(random[2, 3, 1, 1])", 12},
      {"y = Squeeze(random[2, 1, 4, 1], int64[2]{1, -1})", 24},
      {"y = Squeeze(random[2, 1, 4, 1])", 24},
      {"y = Unsqueeze(random[2, 3, 4, 5], int64[2]{0, 3})", 24},
      {"y = Expand(random[1, 3, 4, 1], int64[5]{2, 2, 1, 4, 5})", 24},
      {"y = Expand(random[1, 3, 4, 1], int64[2]{4, 5})", 24},
      {"y = Tile(random[1, 3, 4, 1], int64[4]{2, 1, 3, 1})", 24},
      {"y = Concat[axis=1](random[2, 3, 4, 5], ones[2, 1, 4, 5])", 24},
      {"a, b = Split[axis=-1](random[2, 3, 4, 5], int64[2]{1, 4})", 24},
      {"y = Slice(random[2, 3, 4, 5], int64[2]{1, 4}, int64[2]{3, -6}, int64[2]{1, -1}, int64[2]{1, -2})",
       24},
      {"y = Slice(random[2, 3, 4, 5], int64[2]{1, 0}, int64[2]{2, 2})", 24},
      {"y = Pad(random[2, 3, 4, 5], int64[8]{0, 1, 2, 3, 0, 0, -1, 1})", 24},
      {"y = Pad[mode=\"reflect\"](random[2, 3, 4, 5], int64[4]{1, 2, 0, 1}, _, int64[2]{-1, 1})", 24},
      {"y = CenterCropPad[axes=[1, -1]](random[2, 3, 4, 5], int64[2]{6, 2})", 24},
      {"y = Gather[axis=1](random[2, 3, 4, 5], int64[2, 2]{0, 2, 1, 1})", 24},
      {"y = Gather[axis=-1](random[2, 3, 4, 5], int64[]{3})", 24},
      {"y = GatherElements[axis=1](random[2, 3, 4, 5], int64[1, 2, 1, 2]{0, 1, 2, 0})", 24},
      {"y = ScatterElements[axis=1](random[2, 3, 4, 5], int64[1, 2, 1, 2]{0, 1, 2, 0}, ones[1, 2, 1, 2])",
       24},
      {"y = TensorScatter(random[2, 3, 4, 5], ones[2, 3, 2, 5], int64[2]{1, 2})", 6},
      {"y = Compress[axis=2](random[2, 3, 4, 5], bool[3]{true, false, true})", 24},
      {"y, i = TopK[axis=1](random[2, 3, 4, 5], int64[1]{2})", 24},
      {"y = ReverseSequence(random[2, 3, 4, 5], int64[3]{1, 2, 2})", 4},
      {"y = Trilu(random[2, 3, 4, 5])", 2},
      {"y = Size(random[2, 3, 4, 5])", 24},
      {"y = Resize(random[1, 2, 4, 6], _, float32[4]{1, 1, 2, 0.5})", 24},
      {"y = Resize[axes=[2, 3]](random[1, 2, 4, 6], _, _, int64[2]{5, 3})", 24},
  };
  for (const Case& c : cases) EXPECT_EQ(count_moves(c.text, 4), c.moves) << c.text;
}

}  // namespace
}  // namespace modelconv
