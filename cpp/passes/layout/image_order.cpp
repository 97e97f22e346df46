#include "passes/layout/image_order.h"

#include <deque>
#include <numeric>
#include <unordered_set>

#include "ops/channels_last.h"
#include "ops/infer.h"
#include "passes/layout/transpose.h"

namespace modelconv {
namespace {

// A value and where its axes stand in the graph input: axis i is axis `axes[i]` of the input.
struct Reached {
  const Value* value;
  Permutation axes;
};

// True when output 0 has the axes of input `index`, in that order.
bool keeps_axes(const Node& node, size_t index, size_t rank) {
  const OpDef* op = find_op(node.op());
  if (!op || !op->axes_rule() || !node.output()) return false;
  const Permutation p = to_channels_last_order(rank);
  const auto move = op->axes_rule()(node, index, p);
  return move && move->outputs[0] && *move->outputs[0] == p;
}

std::optional<ImageOrder> order_of(const Permutation& axes) {
  if (axes[1] == 1) return ImageOrder::channels_first;
  if (axes[1] + 1 == axes.size()) return ImageOrder::channels_last;
  return std::nullopt;
}

}  // namespace

std::optional<ImageOrder> image_order_of(const Value& input) {
  if (!input.shape().has_rank() || input.shape().rank() < 3) return std::nullopt;
  const size_t rank = input.shape().rank();
  Permutation identity(rank);
  std::iota(identity.begin(), identity.end(), size_t{0});
  std::deque<Reached> queue{{&input, identity}};
  std::unordered_set<const Value*> seen{&input};
  while (!queue.empty()) {
    const Reached reached = queue.front();
    queue.pop_front();
    for (const Use& use : reached.value->uses()) {
      const Node& node = *use.node;
      const ImageOperands* images = image_operands(node.op());
      if (images && images->is_image_input(use.index)) return order_of(reached.axes);
      const Value* next = node.output();
      if (!next || !seen.insert(next).second) continue;
      if (const auto p = permutation_of(node))
        queue.push_back({next, compose(reached.axes, *p)});
      else if (keeps_axes(node, use.index, rank))
        queue.push_back({next, reached.axes});
    }
  }
  return std::nullopt;
}

Permutation set_image_order(Graph& graph, Value& input, ImageOrder order) {
  const Permutation last = to_channels_last_order(input.shape().rank());
  const Permutation p = order == ImageOrder::channels_last ? last : inverse(last);
  input.type.shape = permuted(input.type.shape, p);
  Node* first = graph.nodes().empty() ? nullptr : graph.nodes().front().get();
  // The Transpose comes after the uses are moved, or it would read itself.
  Value& placeholder = graph.add_constant(Tensor::scalar(int64_t{0}), input.name() + "_in_old_order");
  graph.replace_all_uses(input, placeholder);
  Node& restore =
      graph.add_node("Transpose", {&input}, {{"perm", to_attribute(inverse(p))}}, {""}, "", first);
  infer_node(restore);
  graph.replace_all_uses(placeholder, *restore.output());
  graph.remove_constant(placeholder);
  return inverse(p);
}

}  // namespace modelconv
