// Deep copies of graphs.
#include "base/error.h"
#include "ir/graph.h"

namespace modelconv {
namespace {

using Copies = std::unordered_map<const Value*, Value*>;

// A value that is not of the copied graphs is captured from outside and stays itself.
Value* copy_of(const Copies& copies, Value* value) {
  if (!value) return nullptr;
  const auto found = copies.find(value);
  return found == copies.end() ? value : found->second;
}

void copy_facts(const Value& from, Value& to, Copies& copies) {
  to.type = from.type;
  to.elements = from.elements;
  to.source_name = from.source_name;
  to.metadata = from.metadata;
  copies[&from] = &to;
}

void copy_into(const Graph& source, Graph& target, Copies& copies);

GraphPtr copy_subgraph(const Graph& source, Graph& parent, Copies& copies) {
  auto copy = std::make_shared<Graph>(source.name, &parent);
  copy_into(source, *copy, copies);
  return copy;
}

Attrs copy_attrs(const Attrs& source, Graph& parent, Copies& copies) {
  Attrs attrs = source;
  for (const auto& [name, attribute] : source) {
    if (const auto* one = std::get_if<GraphPtr>(&attribute))
      attrs.set(name, copy_subgraph(**one, parent, copies));
    if (const auto* many = std::get_if<std::vector<GraphPtr>>(&attribute)) {
      std::vector<GraphPtr> graphs;
      for (const GraphPtr& graph : *many) graphs.push_back(copy_subgraph(*graph, parent, copies));
      attrs.set(name, std::move(graphs));
    }
  }
  return attrs;
}

void copy_node(const Node& node, Graph& target, Copies& copies) {
  std::vector<Value*> inputs;
  for (Value* input : node.inputs()) inputs.push_back(copy_of(copies, input));
  std::vector<std::string> names;
  for (const Value* output : node.outputs()) names.push_back(output ? output->name() : Graph::kNoOutput);
  Node& copy = target.add_node(node.op(), std::move(inputs), copy_attrs(node.attrs, target, copies), names,
                               node.name());
  copy.metadata = node.metadata;
  copy.doc = node.doc;
  copy.origin = node.origin;
  for (size_t i = 0; i < node.output_count(); ++i)
    if (node.output(i)) copy_facts(*node.output(i), *copy.output(i), copies);
}

void copy_into(const Graph& source, Graph& target, Copies& copies) {
  target.doc = source.doc;
  target.metadata = source.metadata;
  for (const Value* input : source.inputs())
    copy_facts(*input, target.add_input(input->name(), input->type), copies);
  for (const auto& constant : source.constants())
    copy_facts(*constant, target.add_constant(constant->constant(), constant->name()), copies);
  for (const auto& node : source.nodes()) copy_node(*node, target, copies);
  for (const GraphOutput& output : source.outputs())
    target.add_output(output.name, *copy_of(copies, output.value), output.declared);
}

}  // namespace

std::unique_ptr<Graph> Graph::clone(Graph* new_parent,
                                    const std::unordered_map<const Value*, Value*>& captured,
                                    std::unordered_map<const Value*, Value*>* copies) const {
  Copies map = captured;
  auto copy = std::make_unique<Graph>(name, new_parent);
  copy_into(*this, *copy, map);
  if (copies) *copies = std::move(map);
  return copy;
}

}  // namespace modelconv
