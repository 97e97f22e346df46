#include "formats/tflite/lower/shift_to_int8.h"

#include <algorithm>

#include "ops/infer.h"

namespace modelconv::tflite {
namespace {

bool is(const Node& node, const char* op) { return node.op() == OpName(op); }

// The same number of elements, each 128 lower.
Tensor shifted(const Tensor& tensor) {
  const Tensor aligned = tensor.aligned();
  const auto from = aligned.data<uint8_t>();
  Tensor result = Tensor::allocate(DType::int8, tensor.dims());
  std::transform(from.begin(), from.end(), result.mutable_data<int8_t>().begin(),
                 [](uint8_t value) { return static_cast<int8_t>(static_cast<int>(value) - 128); });
  return result;
}

// The node's zero point as int8; a missing one stands for zeros.
Value& shifted_zero_point(Graph& graph, const Node& node) {
  const Value* zero = node.input(2);
  if (zero) return graph.add_constant(shifted(zero->constant()), zero->name() + "_int8");
  const Tensor zeros = Tensor::filled(DType::int8, node.input(1)->constant().dims(), -128);
  return graph.add_constant(zeros, node.input(1)->name() + "_zero_point_int8");
}

bool has_constant_parameters(const Node& node) {
  return node.input(1)->is_constant() && (!node.input(2) || node.input(2)->is_constant());
}

void set_zero_point(Graph& graph, Node& node) {
  graph.set_inputs(node, {node.input(0), node.input(1), &shifted_zero_point(graph, node)});
}

void shift_constant(Graph& graph, Node& dequantize) {
  const Value& stored = *dequantize.input(0);
  Value& constant = graph.add_constant(shifted(stored.constant()), stored.name() + "_int8");
  set_zero_point(graph, dequantize);
  graph.set_input(dequantize, 0, &constant);
}

// True when nothing but DequantizeLinear sees the integers.
bool is_only_dequantized(const Value& value) {
  return !value.is_graph_output() &&
         std::all_of(value.uses().begin(), value.uses().end(), [&](const Use& use) {
           return is(*use.node, "DequantizeLinear") && use.index == 0 &&
                  &use.node->graph() == &value.graph() && has_constant_parameters(*use.node);
         });
}

void shift_activation(Graph& graph, Node& quantize) {
  set_zero_point(graph, quantize);
  quantize.output()->type.dtype = DType::int8;
  quantize.attrs.remove("output_dtype");
  std::vector<Node*> readers;
  for (const Use& use : quantize.output()->uses()) readers.push_back(use.node);
  for (Node* dequantize : readers) set_zero_point(graph, *dequantize);
}

// `real`, of the model's uint8 numbers, once through int8 in front of `before`.
Value& through_int8(Graph& graph, Value& real, const Node& like, Node* before) {
  Value& zero = shifted_zero_point(graph, like);
  Node& quantize =
      graph.add_node("QuantizeLinear", {&real, like.input(1), &zero}, like.attrs, {""}, "", before);
  infer_node(quantize);
  Node& dequantize = graph.add_node("DequantizeLinear", {quantize.output(), like.input(1), &zero}, like.attrs,
                                    {""}, "", before);
  infer_node(dequantize);
  return *dequantize.output();
}

void shift_behind_input(Graph& graph, Node& dequantize) {
  Value& placeholder = graph.add_constant(Tensor::scalar(0.0f));
  graph.replace_all_uses(*dequantize.output(), placeholder);
  Value& result = through_int8(graph, *dequantize.output(), dequantize, dequantize.next());
  graph.replace_all_uses(placeholder, result);
  graph.remove_constant(placeholder);
}

void shift(Graph& graph, Node& node) {
  if (!has_constant_parameters(node)) return;
  if (is(node, "DequantizeLinear") && node.input(0)->dtype() == DType::uint8) {
    if (node.input(0)->is_constant())
      shift_constant(graph, node);
    else if (node.input(0)->is_input())
      shift_behind_input(graph, node);
  }
  if (is(node, "QuantizeLinear") && node.output()->dtype() == DType::uint8) {
    if (is_only_dequantized(*node.output()))
      shift_activation(graph, node);
    else if (node.output()->is_graph_output())
      graph.set_input(node, 0, &through_int8(graph, *node.input(0), node, &node));
  }
}

}  // namespace

void shift_to_int8(Graph& graph) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) shift_to_int8(*subgraph);
    if (is(*node, "DequantizeLinear") || is(*node, "QuantizeLinear")) shift(graph, *node);
  }
}

}  // namespace modelconv::tflite
