#include "passes/layout/channels_last.h"

#include <algorithm>
#include <unordered_map>

#include "ops/attributes.h"
#include "ops/channels_last.h"
#include "ops/infer.h"
#include "passes/eliminate/eliminate.h"
#include "passes/fold/fold.h"
#include "passes/fuse/fuse.h"
#include "passes/layout/layout.h"
#include "passes/layout/moves_by_cost.h"
#include "passes/layout/remaining.h"
#include "passes/layout/transpose.h"

namespace modelconv {
namespace {

std::string in_new_order(const Value& value) { return value.name() + "_nhwc"; }

Value& transpose_before(Node& node, Value& value, const Permutation& p, const std::string& name) {
  Node& transpose =
      node.graph().add_node("Transpose", {&value}, {{"perm", to_attribute(p)}}, {name}, "", &node);
  transpose.origin = node.origin.empty() ? node.name() : node.origin;
  infer_node(transpose);
  return *transpose.output();
}

std::optional<size_t> image_rank(const Value* value) {
  if (!value || !value->shape().has_rank() || value->shape().rank() < 2) return std::nullopt;
  return value->shape().rank();
}

bool has_known_ranks(const Node& node, const ImageOperands& images) {
  for (size_t i = 0; i < node.input_count(); ++i)
    if (node.input(i) && images.is_image_input(i) && !image_rank(node.input(i))) return false;
  for (size_t i = 0; i < node.output_count(); ++i)
    if (node.output(i) && images.is_image_output(i) && !image_rank(node.output(i))) return false;
  return true;
}

// Reading from NHWC, a Resize may have come to stand in that order already: its parameters then say that channels, the last
// axis, keep their size while the second axis does not.
std::optional<AxisMove> already_channels_last(const Node& node) {
  if (node.op() != OpName("Resize")) return std::nullopt;
  const Shape &from = node.input(0)->shape(), &to = node.output()->shape();
  if (!from.has_rank() || !to.has_rank() || from.rank() < 3) return std::nullopt;
  const size_t last = from.rank() - 1;
  const bool second_changes = from[1].is_known() && to[1].is_known() && from[1].value() != to[1].value();
  if (!second_changes || !(from[last] == to[last])) return std::nullopt;
  return find_op(node.op())->axes_rule()(node, 0, inverse(to_channels_last_order(from.rank())));
}

// The node's operands in the order that its channels-last form takes.
std::vector<Value*> channels_last_inputs(Node& node, const ImageOperands& images) {
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i] || !images.is_image_input(i)) continue;
    const Permutation p = to_channels_last_order(inputs[i]->shape().rank());
    if (!is_identity(p)) inputs[i] = &transpose_before(node, *inputs[i], p, in_new_order(*inputs[i]));
  }
  return inputs;
}

void replace_output(Node& node, Value& old_value, Value& result, const Permutation& back) {
  Graph& graph = node.graph();
  const std::string name = old_value.name();
  Value& restored = is_identity(back) ? result : transpose_before(node, result, back, "");
  restored.source_name = old_value.source_name.empty() ? name : old_value.source_name;
  graph.replace_all_uses(old_value, restored);
  graph.rename(old_value, name + "_replaced");
  graph.rename(restored, name);
}

std::vector<std::string> names_in_new_order(const Node& node) {
  std::vector<std::string> names;
  for (const Value* output : node.outputs())
    names.push_back(output ? in_new_order(*output) : Graph::kNoOutput);
  return names;
}

Node& add_channels_last(Node& node, std::vector<Value*> inputs, Attrs attrs) {
  Node& made = node.graph().add_node(channels_last_form(node.op()), std::move(inputs), std::move(attrs),
                                     names_in_new_order(node), node.name(), &node);
  made.origin = node.origin;
  infer_node(made);
  return made;
}

void replace(Node& node, const ImageOperands& images) {
  if (const auto move = already_channels_last(node)) {
    std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
    for (const auto& [index, tensor] : move->replaced_inputs)
      inputs[index] = &node.graph().add_constant(tensor);
    const Node& made = add_channels_last(node, inputs, move->attrs);
    replace_output(node, *node.output(), *made.output(), {0});
  } else {
    const Node& made = add_channels_last(node, channels_last_inputs(node, images), node.attrs);
    for (size_t i = 0; i < node.output_count(); ++i) {
      if (!node.output(i)) continue;
      const bool image = images.is_image_output(i);
      const Permutation back =
          image ? inverse(to_channels_last_order(node.output(i)->shape().rank())) : Permutation{0};
      replace_output(node, *node.output(i), *made.output(i), back);
    }
  }
  node.graph().remove(node);
}

void replace_image_operators(Graph& graph) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) replace_image_operators(*subgraph);
    const ImageOperands* images = image_operands(node->op());
    if (images && has_known_ranks(*node, *images)) replace(*node, *images);
  }
}

Pass move_pass() {
  return {"move_transposes_by_cost",
          "transposes move to where they cancel",
          [](Graph& graph, const PassOptions& options) {
            RewriteReport report = rewrite(graph, moves_down_by_cost(), options);
            report.merge(rewrite(graph, moves_up_by_cost(), options));
            return report;
          },
          {}};
}

// A Transpose that moves no elements is a Reshape only at the end: before, it may cancel with another one.
Pass finish_pass() {
  Rules rules = {fuse_transposes_rule(), transpose_to_reshape_rule()};
  for (const Rules& more : {fuse_reshape_rules(), eliminate_noop_rules()})
    rules.insert(rules.end(), more.begin(), more.end());
  return rule_pass("finish_layout", "transposes that move nothing are reshapes, or go", rules);
}

}  // namespace

std::vector<std::string> to_channels_last(Graph& graph) {
  infer_graph(graph);
  replace_image_operators(graph);
  run_passes(graph, {share_subexpressions_pass(), move_pass(), fold_constants_pass()});
  run_passes(graph, {finish_pass(), fold_known_elements_pass(), share_subexpressions_pass()});
  remove_unused(graph);
  return explain_remaining_transposes(graph);
}

}  // namespace modelconv
