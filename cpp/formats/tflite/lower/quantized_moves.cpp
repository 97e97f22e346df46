#include "formats/tflite/lower/quantized_moves.h"

#include <algorithm>
#include <set>

#include "ops/infer.h"

namespace modelconv::tflite {
namespace {

bool moves(OpName op) {
  static const std::set<std::string> names = {
      "DepthToSpace", "Expand",       "Flatten", "Gather",  "Identity", "MaxPool",   "Reshape",
      "Slice",        "SpaceToDepth", "Split",   "Squeeze", "Tile",     "Transpose", "Unsqueeze"};
  return op.is_canonical() && names.contains(op.name());
}

// What made the integers, with one known scale for all of them; null otherwise.
const Node* quantizer_of(const Node& node) {
  const Value* x = node.input(0);
  const Node* quantize = x ? x->producer() : nullptr;
  if (!quantize || quantize->op() != OpName("QuantizeLinear") || &quantize->graph() != &node.graph())
    return nullptr;
  if (x->dtype() != DType::int8 && x->dtype() != DType::uint8) return nullptr;
  const auto one = [](const Value* value) {
    return !value || (value->is_constant() && value->constant().size() == 1);
  };
  return one(quantize->input(1)) && one(quantize->input(2)) ? quantize : nullptr;
}

void unfold(Graph& graph, Node& node, const Node& quantize) {
  const auto with_parameters = [&](const char* op, Value& value, Node* before) -> Value& {
    std::vector<Value*> inputs(quantize.inputs().begin(), quantize.inputs().end());
    inputs[0] = &value;
    Node& made = graph.add_node(op, inputs, quantize.attrs, {""}, "", before);
    if (made.op() == OpName("DequantizeLinear")) made.attrs = Attrs();
    infer_node(made);
    return *made.output();
  };
  graph.set_input(node, 0, &with_parameters("DequantizeLinear", *node.input(0), &node));
  for (Value* output : std::vector<Value*>(node.outputs().begin(), node.outputs().end())) {
    if (!output) continue;
    output->type.dtype = DType::float32;
    Value& placeholder = graph.add_constant(Tensor::scalar(0.0f));
    graph.replace_all_uses(*output, placeholder);
    Value& again = with_parameters("QuantizeLinear", *output, node.next());
    graph.replace_all_uses(placeholder, again);
    graph.remove_constant(placeholder);
  }
}

}  // namespace

void unfold_quantized_moves(Graph& graph) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) unfold_quantized_moves(*subgraph);
    const bool with_places = node->output_count() > 1 && node->op() == OpName("MaxPool");
    if (!moves(node->op()) || with_places) continue;
    const Node* quantize = quantizer_of(*node);
    if (quantize && quantize->input(0)->dtype() == DType::float32) unfold(graph, *node, *quantize);
  }
}

}  // namespace modelconv::tflite
