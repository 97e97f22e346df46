#include "passes/layout/remaining.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_set>

#include "ops/channels_last.h"
#include "ops/op_def.h"
#include "passes/layout/transpose.h"

namespace modelconv {
namespace {

// Nodes whose values are in channels-last order: image operators, and what is joined to them without a Transpose between.
using Members = std::unordered_set<const Node*>;

bool passes_order_on(const Node& node) {
  const OpDef* op = find_op(node.op());
  return !permutation_of(node) && op && op->axes_rule() && node.output()->shape().has_rank() &&
         node.output()->shape().rank() > 2;
}

Members channels_last_members(const Graph& graph) {
  Members members;
  const auto joins = [&](const Node* node) {
    return node && (is_channels_last(node->op()) || members.count(node) > 0);
  };
  for (const auto& node : graph.nodes()) {
    if (is_channels_last(node->op())) members.insert(node.get());
    if (node->output_count() == 0 || !node->output() || !passes_order_on(*node)) continue;
    const bool fed = std::any_of(node->inputs().begin(), node->inputs().end(),
                                 [&](const Value* input) { return input && joins(input->producer()); });
    if (fed) members.insert(node.get());
  }
  // And upwards, to what feeds an image operator.
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    const Node& each = **node;
    if (members.count(&each) > 0 || each.output_count() == 0 || !each.output() || !passes_order_on(each))
      continue;
    for (const Value* output : each.outputs())
      if (output && std::any_of(output->uses().begin(), output->uses().end(),
                                [&](const Use& use) { return joins(use.node); }))
        members.insert(&each);
  }
  return members;
}

std::string why_it_stops(const Node& node) {
  const OpDef* op = find_op(node.op());
  static const std::vector<OpName> reshapes = {"Reshape", "Flatten", "Squeeze", "Unsqueeze"};
  if (std::find(reshapes.begin(), reshapes.end(), node.op()) != reshapes.end())
    return fmt::format("{} joins or splits axes in the other order", node.describe());
  if (!op || !op->axes_rule()) return fmt::format("the axes of {} have fixed meanings", node.describe());
  return fmt::format("{} has operands in the other order, or axes that are not known", node.describe());
}

std::string why_below(const Value& value, const Members& members) {
  if (value.is_graph_output()) return "the order is that of an output of the model";
  for (const Use& use : value.uses())
    if (members.count(use.node) == 0) return why_it_stops(*use.node);
  return "channels-last operators read it in another order";
}

std::string why_above(const Value& value) {
  if (value.is_input())
    return fmt::format(
        "the model's input '{}' has its channels first (input_layout=\"nhwc\" gives the user the other "
        "order)",
        value.name());
  if (!value.producer()) return "it reads a constant";
  return why_it_stops(*value.producer());
}

void explain(const Graph& graph, std::vector<std::string>& reasons) {
  const Members members = channels_last_members(graph);
  for (const auto& node : graph.nodes()) {
    for (const Graph* subgraph : node->subgraphs()) explain(*subgraph, reasons);
    if (!permutation_of(*node)) continue;
    const Value &from = *node->input(0), &to = *node->output();
    const bool after_image = from.producer() && members.count(from.producer()) > 0;
    const bool before_image = std::any_of(to.uses().begin(), to.uses().end(),
                                          [&](const Use& use) { return members.count(use.node) > 0; });
    if (after_image)
      reasons.push_back(
          fmt::format("layout: the Transpose of '{}' stays because {}", from.name(), why_below(to, members)));
    else if (before_image)
      reasons.push_back(
          fmt::format("layout: the Transpose of '{}' stays because {}", from.name(), why_above(from)));
  }
}

}  // namespace

std::vector<std::string> explain_remaining_transposes(const Graph& graph) {
  std::vector<std::string> reasons;
  explain(graph, reasons);
  return reasons;
}

}  // namespace modelconv
