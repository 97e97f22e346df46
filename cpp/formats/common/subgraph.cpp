#include "formats/common/subgraph.h"

#include "ops/infer.h"

namespace modelconv {

GraphPtr subgraph_of(const Node& node, std::string_view name) {
  const GraphPtr* graph = node.attrs.get<GraphPtr>(name);
  ENSURE(graph && *graph, MalformedModelError, "{} has no graph '{}'", node.describe(), name);
  return *graph;
}

void require_tensor(const Translation& t, const Value& value) {
  if (!value.type.is_tensor()) t.refuse("'{}' is {}, no tensor", value.name(), value.type.str());
}

Value& as_scalar(Translation& t, Value& value) {
  if (value.shape().has_rank() && value.shape().rank() == 0) return value;
  if (value.is_constant()) return t.constant(value.constant().reshaped({}));
  return t.add("Reshape", {&value, &t.ints({})});
}

Value& append(Graph& graph, OpName op, std::vector<Value*> inputs, Attrs attrs) {
  Node& node = graph.add_node(op, std::move(inputs), std::move(attrs));
  infer_node(node);
  return *node.output();
}

std::vector<Value*> take_outputs(Graph& graph) {
  std::vector<Value*> values;
  for (const GraphOutput& output : graph.outputs()) values.push_back(output.value);
  for (size_t slot = values.size(); slot > 0; --slot) graph.remove_output(slot - 1);
  return values;
}

}  // namespace modelconv
