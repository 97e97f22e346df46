#include "passes/control/inline_body.h"

namespace modelconv {
namespace {

using Copies = std::unordered_map<const Value*, Value*>;

Value* copy_of(const Copies& copies, Value* value) {
  const auto found = copies.find(value);
  return found == copies.end() ? value : found->second;
}

Attrs copied_attrs(const Attrs& attrs, Graph& parent, const Copies& copies) {
  Attrs result = attrs;
  for (const auto& [name, attribute] : attrs) {
    if (const auto* one = std::get_if<GraphPtr>(&attribute))
      result.set(name, GraphPtr((*one)->clone(&parent, copies)));
    if (const auto* many = std::get_if<std::vector<GraphPtr>>(&attribute)) {
      std::vector<GraphPtr> graphs;
      for (const GraphPtr& graph : *many) graphs.push_back(graph->clone(&parent, copies));
      result.set(name, std::move(graphs));
    }
  }
  return result;
}

// What inference does not know (operators without a shape rule) is taken from the original, but for sizes that have
// names: they belong to one run of the body.
void inherit_type(const Value& from, Value& to) {
  if (to.type.kind != Type::Kind::unknown) return;
  to.type = from.type;
  if (!to.type.shape.has_rank()) return;
  for (size_t axis = 0; axis < to.type.shape.rank(); ++axis)
    if (!to.type.shape[axis].is_known()) to.type.shape[axis] = Dim::unknown();
}

void copy_node(Patch& patch, const Node& node, Copies& copies) {
  std::vector<Value*> inputs;
  for (Value* input : node.inputs()) inputs.push_back(input ? copy_of(copies, input) : nullptr);
  Node& copy = patch.add_node(node.op(), std::move(inputs), copied_attrs(node.attrs, patch.graph(), copies),
                              node.output_count(), node.name());
  for (size_t i = 0; i < node.output_count(); ++i) {
    if (!node.output(i)) {
      patch.graph().drop_output(copy, i);
      continue;
    }
    inherit_type(*node.output(i), *copy.output(i));
    copies[node.output(i)] = copy.output(i);
  }
}

}  // namespace

std::vector<Value*> inline_body(Patch& patch, const Graph& body, const std::vector<Value*>& inputs) {
  Copies copies;
  for (size_t i = 0; i < inputs.size(); ++i) copies[body.inputs()[i]] = inputs[i];
  for (const auto& constant : body.constants())
    copies[constant.get()] = &patch.constant(constant->constant(), constant->name());
  for (const auto& node : body.nodes()) copy_node(patch, *node, copies);
  std::vector<Value*> results;
  for (const GraphOutput& output : body.outputs()) results.push_back(copy_of(copies, output.value));
  return results;
}

GraphPtr copy_body(Patch& patch, const Graph& body, Copies* copies) {
  return body.clone(&patch.graph(), {}, copies);
}

int64_t count_nodes(const Graph& graph) {
  int64_t count = 0;
  for_each_node(graph, [&](const Node&) { ++count; });
  return count;
}

}  // namespace modelconv
