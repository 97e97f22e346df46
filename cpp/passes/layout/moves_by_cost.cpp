#include "passes/layout/moves_by_cost.h"

#include <algorithm>

#include "ops/channels_last.h"
#include "passes/layout/layout.h"
#include "passes/layout/move.h"

namespace modelconv {
namespace {

double elements_of(const Shape& shape) {
  double elements = 1;
  for (const Dim& dim : shape.dims())
    elements *= static_cast<double>(std::max<int64_t>(1, dim.known().value_or(1)));
  return elements;
}

// What `value` costs transposed by `p`, less what a Transpose that makes it costs today and then no more.
double added_on_input(const Value& value, const Permutation& p, const Graph& graph) {
  if (value.is_constant() || is_identity(p)) return 0;
  const auto inner = transposed_by(&value, graph);
  if (!inner) return transpose_cost(value.shape(), p);
  const Shape& source = value.producer()->input(0)->shape();
  const Permutation both = compose(*inner, p);
  return (is_identity(both) ? 0 : transpose_cost(source, both)) - transpose_cost(source, *inner);
}

double added_on_inputs(const Node& node, const AxisMove& move) {
  double added = 0;
  for (size_t i = 0; i < move.inputs.size(); ++i)
    if (node.input(i) && move.inputs[i])
      added += added_on_input(*node.input(i), *move.inputs[i], node.graph());
  return added;
}

bool can_move(const Node& node) {
  const OpDef* op = find_op(node.op());
  return op && op->axes_rule() && !permutation_of(node);
}

// A Transpose on an input moves to the outputs.
Outcome sink(Node& node, Patch& patch) {
  if (!can_move(node)) return no_match();
  for (size_t i = 0; i < node.input_count(); ++i) {
    const auto p = transposed_by(node.input(i), node.graph());
    if (!p) continue;
    const auto move = find_op(node.op())->axes_rule()(node, i, inverse(*p));
    if (!move || added_on_inputs(node, *move) >= 0 || copies_shared_weights(node, *move)) continue;
    return apply_move(node, patch, *move);
  }
  return no_match();
}

// The order of the input that makes a Reshape's output come out transposed by `p`: the rule of the Reshape that goes back
// answers that.
std::optional<Permutation> order_before_reshape(const Node& reshape, const Permutation& p) {
  const Shape &from = reshape.output()->shape(), &to = reshape.input(0)->shape();
  if (!from.has_rank() || from.rank() != p.size() || !to.has_rank()) return std::nullopt;
  std::vector<int64_t> sizes;
  for (const Dim& dim : to.dims()) sizes.push_back(dim.known().value_or(-1));
  if (std::count(sizes.begin(), sizes.end(), -1) > 1) return std::nullopt;
  Graph scratch;
  Value& input = scratch.add_input("", Type::tensor(DType::float32, from));
  Node& back = scratch.add_node("Reshape", {&input, &scratch.add_constant(Tensor::vector(sizes))});
  back.output()->type = Type::tensor(DType::float32, to);
  const auto move = find_op(back.op())->axes_rule()(back, 0, p);
  return move ? move->outputs[0] : std::nullopt;
}

// How the node must move for its output to come out transposed by `p`.
std::optional<AxisMove> move_giving(const Node& node, const Permutation& p) {
  for (size_t i = 0; i < node.input_count(); ++i) {
    if (!node.input(i) || node.input(i)->is_constant()) continue;
    const auto order = node.op() == OpName("Reshape") ? order_before_reshape(node, p) : p;
    const Shape& shape = node.input(i)->shape();
    if (!order || !shape.has_rank() || shape.rank() != order->size()) continue;
    auto move = find_op(node.op())->axes_rule()(node, i, *order);
    if (move && move->outputs[0] && *move->outputs[0] == p) return move;
  }
  return std::nullopt;
}

// What the users of `value` gain when it comes out transposed by `p`: those that transpose it so need not any more, all
// others together need one Transpose back.
double gained_by_users(const Value& value, const Permutation& p) {
  double gained = 0;
  bool needed_as_it_is = value.is_graph_output();
  for (const Use& use : value.uses()) {
    const auto own = &use.node->graph() == &value.graph() ? permutation_of(*use.node) : std::nullopt;
    if (own && *own == p)
      gained += transpose_cost(value.shape(), p);
    else
      needed_as_it_is = true;
  }
  return gained - (needed_as_it_is ? transpose_cost(value.shape(), p) : 0);
}

bool has_one_kind_of_use(const Value& value, const Permutation& p) {
  return !value.is_graph_output() &&
         std::all_of(value.uses().begin(), value.uses().end(), [&](const Use& use) {
           return &use.node->graph() == &value.graph() && permutation_of(*use.node) == p;
         });
}

// Activations stay right behind their image operator, where writers fuse the two.
bool follows_image_operator(const Node& node) {
  return std::any_of(node.inputs().begin(), node.inputs().end(), [](const Value* input) {
    return input && input->producer() && is_channels_last(input->producer()->op());
  });
}

// A Transpose moves above the node that it reads. Upwards without gain too, where only channels-last order is asked
// for: further up it may meet another one.
Outcome hoist(Node& transpose, Patch& patch) {
  const auto p = permutation_of(transpose);
  Node* node = transpose.input(0)->producer();
  if (!p || !node || &node->graph() != &transpose.graph()) return no_match();
  if (!can_move(*node) || node->output_count() != 1) return no_match();
  const auto move = move_giving(*node, *p);
  if (!move || copies_shared_weights(*node, *move)) return no_match();
  const Value& value = *transpose.input(0);
  const double gain = gained_by_users(value, *p) - added_on_inputs(*node, *move);
  const bool free_to_go = *p == to_channels_last_order(p->size()) && has_one_kind_of_use(value, *p) &&
                          !follows_image_operator(*node);
  if (gain < 0 || (gain == 0 && !free_to_go)) return no_match();
  Value& moved = patch.add(node->op(), moved_inputs(*node, patch, *move), move->attrs, node->name());
  if (!has_one_kind_of_use(value, *p))
    patch.replace(*node->output(), patch.add("Transpose", {&moved}, {{"perm", to_attribute(inverse(*p))}}));
  return replace_root(patch, moved);
}

}  // namespace

double transpose_cost(const Shape& shape, const Permutation& p) {
  if (is_identity(p)) return 0;
  if (!shape.has_rank() || shape.rank() != p.size()) return 1;
  return keeps_memory_order(shape, p) ? 1 : elements_of(shape);
}

Rules moves_down_by_cost() {
  return {fuse_transposes_rule(),
          Rule("sink_transpose").describe("a Transpose moves below the node that reads it").on({}, sink),
          fold_transpose_into_product_rule()};
}

Rules moves_up_by_cost() {
  return {
      fuse_transposes_rule(),
      Rule("hoist_transpose").describe("a Transpose moves above the node it reads").on({"Transpose"}, hoist),
      hoist_transpose_above_region_rule(), fold_transpose_into_product_rule()};
}

}  // namespace modelconv
