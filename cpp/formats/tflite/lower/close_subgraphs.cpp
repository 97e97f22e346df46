#include "formats/tflite/lower/close_subgraphs.h"

#include <algorithm>
#include <unordered_map>

namespace modelconv::tflite {
namespace {

// What the subgraph itself reads from outside, in the order of its first use. Nodes with subgraphs are closed already.
void collect_captures(const Graph& subgraph, std::vector<Value*>& captures) {
  const auto add = [&](Value* value) {
    if (!value || &value->graph() == &subgraph) return;
    if (std::find(captures.begin(), captures.end(), value) == captures.end()) captures.push_back(value);
  };
  for (const auto& node : subgraph.nodes())
    for (Value* input : node->inputs()) add(input);
  for (const GraphOutput& output : subgraph.outputs()) add(output.value);
}

void use_instead(Graph& subgraph, const std::unordered_map<const Value*, Value*>& inside) {
  for (const auto& node : subgraph.nodes())
    for (size_t i = 0; i < node->input_count(); ++i)
      if (const auto found = inside.find(node->input(i)); found != inside.end())
        subgraph.set_input(*node, i, found->second);
  for (size_t slot = 0; slot < subgraph.outputs().size(); ++slot)
    if (const auto found = inside.find(subgraph.outputs()[slot].value); found != inside.end())
      subgraph.set_output_value(slot, *found->second);
}

// The subgraph's own stand-ins for `captures`; new inputs for what is computed, for all of them alike.
void close(Graph& subgraph, const std::vector<Value*>& captures, bool hands_on) {
  std::unordered_map<const Value*, Value*> inside;
  for (const Value* capture : captures) {
    Value& own = capture->is_constant()
                     ? subgraph.add_constant(capture->constant(), capture->name() + "/inside")
                     : subgraph.add_input(capture->name() + "/inside", capture->type);
    own.type = capture->type;
    own.metadata = capture->metadata;
    inside.emplace(capture, &own);
    if (hands_on && !capture->is_constant()) subgraph.add_output(capture->name() + "/passed_on", own);
  }
  use_instead(subgraph, inside);
}

void close_node(Graph& graph, Node& node) {
  const std::vector<Graph*> subgraphs = node.subgraphs();
  const GraphPtr* body = node.attrs.get<GraphPtr>("body");
  std::vector<Value*> captures;
  for (Graph* subgraph : subgraphs) {
    close_subgraphs(*subgraph);
    collect_captures(*subgraph, captures);
  }
  for (Graph* subgraph : subgraphs) close(*subgraph, captures, body && subgraph == body->get());
  std::erase_if(captures, [](const Value* value) { return value->is_constant(); });
  if (captures.empty()) return;
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  inputs.insert(inputs.end(), captures.begin(), captures.end());
  if (!body) return graph.set_inputs(node, inputs);
  // A WHILE has as many outputs as inputs.
  const std::vector<std::string> names(inputs.size(), "");
  Node& whole = graph.add_node(node.op(), inputs, node.attrs, names, node.name(), &node);
  node.attrs = {};
  for (size_t i = 0; i < inputs.size(); ++i) {
    Value* old = node.output(i);
    whole.output(i)->type = old ? old->type : inputs[i]->type;
    if (!old) continue;
    whole.output(i)->source_name = old->source_name;
    graph.replace_all_uses(*old, *whole.output(i));
  }
  std::vector<std::string> old_names;
  for (const Value* old : node.outputs()) old_names.push_back(old ? old->name() : "");
  graph.remove(node);
  for (size_t i = 0; i < old_names.size(); ++i)
    if (!old_names[i].empty()) graph.rename(*whole.output(i), old_names[i]);
}

}  // namespace

void close_subgraphs(Graph& graph) {
  for (Node* node : graph.node_list())
    if (!node->subgraphs().empty()) close_node(graph, *node);
}

}  // namespace modelconv::tflite
