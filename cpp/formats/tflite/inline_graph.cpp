#include <unordered_map>

#include "base/error.h"
#include "formats/tflite/control_flow.h"

namespace modelconv::tflite {
namespace {

using Copies = std::unordered_map<const Value*, Value*>;

Attrs copied_attrs(const Attrs& source, Graph& parent, const Copies& copies) {
  Attrs attrs = source;
  for (const auto& [name, attribute] : source) {
    if (const auto* one = std::get_if<GraphPtr>(&attribute))
      attrs.set(name, GraphPtr((*one)->clone(&parent, copies)));
    if (const auto* many = std::get_if<std::vector<GraphPtr>>(&attribute)) {
      std::vector<GraphPtr> graphs;
      for (const GraphPtr& graph : *many) graphs.emplace_back(graph->clone(&parent, copies));
      attrs.set(name, std::move(graphs));
    }
  }
  return attrs;
}

void copy_facts(const Value& from, Value& to, Copies& copies) {
  to.type = from.type;
  to.metadata = from.metadata;
  to.source_name = from.source_name;
  copies[&from] = &to;
}

}  // namespace

std::vector<Value*> inline_graph(const Graph& callee, Graph& target, Node* before,
                                 const std::vector<Value*>& arguments) {
  ENSURE(arguments.size() == callee.inputs().size(), MalformedModelError,
         "subgraph '{}' has {} inputs, it is called with {}", callee.name, callee.inputs().size(),
         arguments.size());
  Copies copies;
  for (size_t i = 0; i < arguments.size(); ++i) copies[callee.inputs()[i]] = arguments[i];
  for (const auto& constant : callee.constants())
    copy_facts(*constant, target.add_constant(constant->constant(), constant->name()), copies);
  const auto copy_of = [&](Value* value) {
    const auto found = copies.find(value);
    return found == copies.end() ? value : found->second;  // of an enclosing graph, or left out
  };
  for (const auto& node : callee.nodes()) {
    std::vector<Value*> inputs;
    for (Value* input : node->inputs()) inputs.push_back(copy_of(input));
    std::vector<std::string> names;
    for (const Value* output : node->outputs()) names.push_back(output ? output->name() : Graph::kNoOutput);
    Node& copy = target.add_node(node->op(), std::move(inputs), copied_attrs(node->attrs, target, copies),
                                 names, node->name(), before);
    for (size_t i = 0; i < node->output_count(); ++i)
      if (node->output(i)) copy_facts(*node->output(i), *copy.output(i), copies);
  }
  std::vector<Value*> results;
  for (const GraphOutput& output : callee.outputs()) results.push_back(copy_of(output.value));
  return results;
}

}  // namespace modelconv::tflite
