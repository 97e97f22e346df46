#include "formats/tensorflow/flex.h"

#include "formats/tensorflow/decode.h"
#include "formats/tensorflow/graph_def.h"
#include "ir/graph.h"

namespace modelconv::tensorflow {
namespace {

// "flex.X" as "tf.X" with the attributes that its NodeDef has.
void decode_flex(Graph& graph, Node& node, RepeatBudget& budget) {
  const Tensor& encoded = *node.attrs.get<Tensor>("node_def");
  const NodeDef def = parse_node_def(protobuf::Reader(encoded.bytes(), "NodeDef"), false);
  Attrs attrs;
  for (const auto& [name, value] : def.attrs)
    attrs.set(std::string(name), decode_attr(value, encoded.keep_alive(), budget));
  std::vector<std::string> names;
  for (const Value* output : node.outputs()) names.push_back(output ? output->name() : Graph::kNoOutput);
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  std::vector<Type> types;
  for (const Value* output : node.outputs()) types.push_back(output ? output->type : Type());
  Node& made = graph.add_node(OpName("tf", std::string(def.op)), std::move(inputs), std::move(attrs),
                              std::vector<std::string>(names.size()), node.name(), &node);
  for (size_t i = 0; i < names.size(); ++i) {
    if (!node.output(i)) continue;
    made.output(i)->type = types[i];
    made.output(i)->source_name = node.output(i)->source_name;
    graph.replace_all_uses(*node.output(i), *made.output(i));
  }
  graph.remove(node);
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] != Graph::kNoOutput) graph.rename(*made.output(i), names[i]);
}

void decode_flex_nodes(Graph& graph, RepeatBudget& budget) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) decode_flex_nodes(*subgraph, budget);
    if (node->op().domain() == "flex") decode_flex(graph, *node, budget);
  }
}

}  // namespace

void raise_flex(Graph& graph, const CustomOps& custom_ops) {
  RepeatBudget budget;
  decode_flex_nodes(graph, budget);
  raise_graph(graph, op_mappings(), "reading TensorFlow's operators in a TFLite file", custom_ops);
}

}  // namespace modelconv::tensorflow
