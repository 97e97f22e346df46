#include <algorithm>

#include "base/error.h"
#include "ops/op_def.h"
#include "passes/layout/layout.h"
#include "passes/layout/move.h"

namespace modelconv {
namespace {

// How many Transposes the move puts on inputs, less those of the node's inputs that it makes superfluous.
int transposes_added_on_inputs(const Node& node, const AxisMove& move) {
  int added = 0;
  for (size_t i = 0; i < move.inputs.size(); ++i) {
    const Value* input = node.input(i);
    if (!input || !move.inputs[i] || is_identity(*move.inputs[i]) || input->is_constant()) continue;
    const auto inner = transposed_by(input, node.graph());
    if (!inner)
      ++added;
    else if (is_identity(compose(*inner, *move.inputs[i])))
      --added;
  }
  return added;
}

// A Transpose on an input moves to the outputs.
Outcome sink(Node& node, Patch& patch) {
  const OpDef* op = find_op(node.op());
  if (!op || !op->axes_rule()) return no_match();
  if (permutation_of(node)) return no_match();
  for (size_t i = 0; i < node.input_count(); ++i) {
    const auto p = transposed_by(node.input(i), node.graph());
    if (!p) continue;
    const auto move = op->axes_rule()(node, i, inverse(*p));
    if (!move || transposes_added_on_inputs(node, *move) >= 0 || copies_shared_weights(node, *move)) continue;
    return apply_move(node, patch, *move);
  }
  return refuse("no Transpose on its inputs can move through it");
}

// The only operand that is not constant: moving a Transpose to it keeps the number of Transposes.
std::optional<size_t> only_variable_input(const Node& node) {
  std::optional<size_t> only;
  for (size_t i = 0; i < node.input_count(); ++i) {
    if (!node.input(i) || node.input(i)->is_constant()) continue;
    if (only) return std::nullopt;
    only = i;
  }
  return only;
}

// A Transpose moves from the output of a node with one variable input to that input.
Outcome hoist(Node& transpose, Patch& patch) {
  const auto p = permutation_of(transpose);
  Node* node = transpose.input(0)->producer();
  if (!p || !node || &node->graph() != &transpose.graph()) return no_match();
  if (!transpose.input(0)->has_one_use() || node->output_count() != 1)
    return refuse("its input has other uses");
  const OpDef* op = find_op(node->op());
  const auto index = only_variable_input(*node);
  if (!op || !op->axes_rule() || !index || permutation_of(*node)) return refuse("{} stays", node->describe());
  const Shape& shape = node->input(*index)->shape();
  if (!shape.has_rank() || shape.rank() != p->size()) return refuse("its input has another rank");
  // The axis rule answers for a permuted input; for the elementwise and padding operators that a Transpose may pass
  // upwards, input and output are permuted alike.
  const auto move = op->axes_rule()(*node, *index, *p);
  if (!move || !move->outputs[0] || *move->outputs[0] != *p || copies_shared_weights(*node, *move))
    return refuse("{} stays", node->describe());
  return replace_root(patch, patch.add(node->op(), moved_inputs(*node, patch, *move), move->attrs));
}

// Elements that all Transposes of the graph together move in one run; sizes that are not known count as 1.
double transposed_elements(const Graph& graph) {
  double total = 0;  // not an integer: a file may say any size
  for_each_node(graph, [&](const Node& node) {
    if (!permutation_of(node)) return;
    double elements = 1;
    for (const Dim& dim : node.output()->shape().dims())
      elements *= static_cast<double>(std::max<int64_t>(1, dim.known().value_or(1)));
    total += elements;
  });
  return total;
}

int64_t count_transposes(const Graph& graph) {
  int64_t count = 0;
  for_each_node(graph, [&](const Node& node) { count += permutation_of(node) ? 1 : 0; });
  return count;
}

Rules rules_down() {
  return {fuse_transposes_rule(),
          Rule("sink_transpose").describe("a Transpose moves below the node that reads it").on({}, sink)};
}

Rules rules_up() {
  return {
      fuse_transposes_rule(),
      Rule("hoist_transpose").describe("a Transpose moves above the node it reads").on({"Transpose"}, hoist),
      hoist_transpose_above_region_rule()};
}

RewriteReport move_all(Graph& graph, const PassOptions& options) {
  RewriteReport report = rewrite(graph, rules_down(), options);
  PassOptions left = options;
  if (left.stop_after >= 0) left.stop_after = std::max<int64_t>(0, left.stop_after - report.patches);
  report.merge(rewrite(graph, rules_up(), left));
  return report;
}

RewriteReport move_if_better(Graph& graph, const PassOptions& options) {
  const int64_t transposes = count_transposes(graph);
  if (transposes == 0) return {};
  PassOptions quiet = options;
  quiet.trace = {};
  quiet.stop_after = -1;  // whether it is better must not depend on where the caller stops
  const std::unique_ptr<Graph> trial = graph.clone(graph.parent());
  move_all(*trial, quiet);
  const double before = transposed_elements(graph), after = transposed_elements(*trial);
  // Equal work with as many Transposes is no progress: the graph stays, so that rounds come to an end.
  if (after > before || (after == before && count_transposes(*trial) >= transposes)) return {};
  return move_all(graph, options);
}

}  // namespace

Pass move_transposes_pass() {
  Rules rules = rules_down();
  const Rules up = rules_up();
  rules.insert(rules.end(), up.end() - 2, up.end());
  return {"move_transposes", "transposes move to where they cancel", move_if_better, describe_rules(rules)};
}

}  // namespace modelconv
