#include "passes/control/needed.h"

namespace modelconv {
namespace {

void add_reads(const Node& node, const Graph& seen_from, std::vector<Value*>& reads) {
  const auto add = [&](Value* value) {
    if (value && (&value->graph() == &seen_from || seen_from.can_see(*value))) reads.push_back(value);
  };
  for (Value* input : node.inputs()) add(input);
  for (const Graph* subgraph : node.subgraphs()) {
    for (const auto& inner : subgraph->nodes()) add_reads(*inner, seen_from, reads);
    for (const GraphOutput& output : subgraph->outputs()) add(output.value);
  }
}

}  // namespace

std::vector<Value*> values_read(const Node& node) {
  std::vector<Value*> reads;
  add_reads(node, node.graph(), reads);
  return reads;
}

std::unordered_set<const Value*> needed_for(const Graph& body, const std::vector<const Value*>& roots) {
  std::unordered_set<const Value*> needed;
  std::vector<const Value*> open = roots;
  while (!open.empty()) {
    const Value* value = open.back();
    open.pop_back();
    if (&value->graph() != &body || !needed.insert(value).second || !value->producer()) continue;
    for (const Value* read : values_read(*value->producer())) open.push_back(read);
  }
  return needed;
}

}  // namespace modelconv
