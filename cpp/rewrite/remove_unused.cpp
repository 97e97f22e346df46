// Dead code: nodes and constants that nothing uses.
#include "base/error.h"
#include "rewrite/driver.h"

namespace modelconv {

bool is_dead(const Node& node) {
  if (node.output_count() == 0) return false;
  for (const Value* output : node.outputs())
    if (output && !output->is_unused()) return false;
  return true;
}

namespace {

void remove_unused_constants(Graph& graph) {
  std::vector<Value*> unused;
  for (const auto& constant : graph.constants())
    if (constant->is_unused()) unused.push_back(constant.get());
  for (Value* constant : unused) graph.remove_constant(*constant);
}

}  // namespace

int64_t remove_unused(Graph& graph) {
  int64_t removed = 0;
  // Backwards, so that a dead node's producers are seen after it.
  const std::vector<Node*> nodes = graph.node_list();
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    if (is_dead(**node)) {
      graph.remove(**node);
      ++removed;
      continue;
    }
    for (Graph* subgraph : (*node)->subgraphs()) removed += remove_unused(*subgraph);
  }
  remove_unused_constants(graph);
  return removed;
}

}  // namespace modelconv
