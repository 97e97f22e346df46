#include "formats/tflite/lower/fold_quantization.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "formats/tflite/lower/quantized_operators.h"
#include "passes/quantize/quantize.h"
#include "rewrite/driver.h"

namespace modelconv::tflite {
namespace {

bool is(const Node* node, const char* name) { return node && node->op() == OpName("tflite", name); }

// The integers behind a dequantised value; null for others.
Value* stored_behind(const Value* value, const Graph& graph) {
  if (!value || !is(value->producer(), "DEQUANTIZE") || &value->producer()->graph() != &graph) return nullptr;
  Value* stored = value->producer()->input(0);
  return quantization_of(*stored) ? stored : nullptr;
}

bool is_activation_type(DType dtype) { return dtype == DType::int8 || dtype == DType::int16; }

// The QUANTIZE nodes that are the only users of `value`, all with the same parameters; empty otherwise.
std::vector<Node*> quantizers_of(const Value& value, DType dtype) {
  std::vector<Node*> nodes;
  if (value.is_graph_output()) return {};
  for (const Use& use : value.uses()) {
    if (!is(use.node, "QUANTIZE") || &use.node->graph() != &value.graph() ||
        use.node->output()->dtype() != dtype)
      return {};
    if (!nodes.empty() && *quantization_of(*use.node->output()) != *quantization_of(*nodes[0]->output()))
      return {};
    nodes.push_back(use.node);
  }
  return nodes;
}

class Folder {
 public:
  explicit Folder(Graph& graph) : graph_(graph) {}

  void run() {
    for (Node* node : graph_.node_list()) {
      for (Graph* subgraph : node->subgraphs()) Folder(*subgraph).run();
      const QuantizedOperator* op =
          node->op().domain() == "tflite" ? find_quantized(node->op().name()) : nullptr;
      if (op) fold(*node, *op);
    }
  }

 private:
  struct Operands {
    std::vector<std::pair<size_t, Value*>> data;  // place, integers
    DType dtype = DType::undefined;
  };

  // Integers for every data input, of one type; nothing when one is not there.
  std::optional<Operands> data_operands(const Node& node, const QuantizedOperator& op) const {
    Operands operands;
    for (size_t i = op.first; i < node.input_count() && i - op.first < op.data_inputs; ++i) {
      if (op.weights == i) continue;
      Value* stored = stored_behind(node.input(i), graph_);
      if (!stored || !is_activation_type(stored->dtype()) || quantization_of(*stored)->is_per_axis())
        return std::nullopt;
      if (operands.dtype != DType::undefined && operands.dtype != stored->dtype()) return std::nullopt;
      operands.dtype = stored->dtype();
      operands.data.emplace_back(i, stored);
    }
    if (operands.data.empty() || (operands.dtype == DType::int16 && !op.int16)) return std::nullopt;
    return operands;
  }

  void fold(Node& node, const QuantizedOperator& op) {
    const auto operands = data_operands(node, op);
    if (!operands || !parameters_fit(node, op, *operands)) return;
    const bool moves = op.output == QuantizedOperator::Output::same;
    for (const Value* output : node.outputs())
      if (output && !output->is_unused() && quantizers_of(*output, operands->dtype).empty() &&
          !(moves && operands->data.size() == 1))
        return;
    const Quantization own = *quantization_of(*operands->data[0].second);
    for (const auto& [index, stored] : operands->data) graph_.set_input(node, index, stored);
    if (moves) match_operands(node, *operands);
    set_parameters(node, op, operands->dtype);
    for (Value* output : std::vector<Value*>(node.outputs().begin(), node.outputs().end()))
      if (output) become_integer(node, op, *output, operands->dtype, own);
  }

  // Several inputs of what moves values all take the parameters of the result.
  void match_operands(Node& node, const Operands& operands) {
    if (operands.data.size() < 2) return;
    const Quantization wanted = *quantization_of(*quantizers_of(*node.output(), operands.dtype)[0]->output());
    for (const auto& [index, stored] : operands.data)
      if (*quantization_of(*stored) != wanted)
        graph_.set_input(node, index, &requantized(*stored, wanted, &node));
  }

  Value& requantized(Value& stored, const Quantization& wanted, Node* before) {
    Node& again =
        graph_.add_node("tflite.QUANTIZE", {&stored}, {}, {stored.name() + "_requantized"}, "", before);
    again.output()->type = stored.type;
    set_quantization(*again.output(), wanted);
    return *again.output();
  }

  // The float output becomes an integer one: with the parameters of the QUANTIZE behind it, or its own and a step to those.
  void become_integer(Node& node, const QuantizedOperator& op, Value& output, DType dtype,
                      const Quantization& input) {
    const std::vector<Node*> quantizers = quantizers_of(output, dtype);
    Quantization given = quantizers.empty() ? input : *quantization_of(*quantizers[0]->output());
    const Quantization wanted = given;
    if (op.output == QuantizedOperator::Output::same && node.op().name() != "CONCATENATION" &&
        node.op().name() != "MAXIMUM" && node.op().name() != "MINIMUM")
      given = input;
    if (op.output == QuantizedOperator::Output::fixed) given = fixed_output(node.op().name(), dtype);
    const Type real = output.type;
    output.type.dtype = dtype;
    set_quantization(output, given);
    if (quantizers.empty()) return restore(node, output, real);
    if (given != wanted) return;  // QUANTIZE stays and goes from one to the other
    for (Node* quantize : quantizers) graph_.replace_all_uses(*quantize->output(), output);
  }

  // Who reads the value as it was reads it dequantised.
  void restore(Node& node, Value& output, const Type& real) {
    if (output.is_unused()) return;
    const std::string name = output.name();
    Value& placeholder = graph_.add_constant(Tensor::scalar(0.0f), name + "_placeholder");
    graph_.replace_all_uses(output, placeholder);
    Node& dequantize =
        graph_.add_node("tflite.DEQUANTIZE", {&output}, {}, {name + "_dequantized"}, "", node.next());
    dequantize.output()->type = real;
    graph_.replace_all_uses(placeholder, *dequantize.output());
    graph_.remove_constant(placeholder);
  }

  // --- weights and biases

  bool parameters_fit(const Node& node, const QuantizedOperator& op, const Operands& operands) const {
    if (!op.weights) return true;
    const Value* weights = stored_behind(node.input(*op.weights), graph_);
    if (!weights || weights->dtype() != DType::int8) return false;
    const Quantization q = *quantization_of(*weights);
    if (q.is_per_axis() && q.axis != op.channel_axis) return false;
    const bool symmetric =
        std::all_of(q.zero_points.begin(), q.zero_points.end(), [](int64_t zero) { return zero == 0; });
    if (!symmetric ||
        (operands.dtype == DType::int16 && quantization_of(*operands.data[0].second)->zero_points[0] != 0))
      return false;
    return !op.bias || bias_fits(node, op, operands.dtype);
  }

  bool bias_fits(const Node& node, const QuantizedOperator& op, DType dtype) const {
    const Value* bias = *op.bias < node.input_count() ? node.input(*op.bias) : nullptr;
    if (!bias || (bias->is_constant() && bias->dtype() == DType::float32)) return true;
    const Value* stored = stored_behind(bias, graph_);
    return stored && stored->is_constant() && stored->dtype() == DType::int32 && dtype == DType::int8;
  }

  void set_parameters(Node& node, const QuantizedOperator& op, DType dtype) {
    if (!op.weights) return;
    Value& weights = *stored_behind(node.input(*op.weights), graph_);
    graph_.set_input(node, *op.weights, &weights);
    Value* bias = op.bias && *op.bias < node.input_count() ? node.input(*op.bias) : nullptr;
    if (!bias && op.bias && dtype == DType::int16) bias = &zero_bias(node, *op.bias);  // the kernel reads one
    if (!bias) return;
    if (Value* stored = stored_behind(bias, graph_)) return graph_.set_input(node, *op.bias, stored);
    const float input_scale = quantization_of(*node.input(op.first))->scales[0];
    Quantization q;
    const Quantization of_weights = *quantization_of(weights);
    for (const float scale : of_weights.scales) q.scales.push_back(scale * input_scale);
    q.zero_points.resize(q.scales.size());
    Value& integers = graph_.add_constant(to_integers(bias->constant(), q.scales, dtype == DType::int16),
                                          bias->name() + "_quantized");
    set_quantization(integers, q);
    graph_.set_input(node, *op.bias, &integers);
  }

  Value& zero_bias(Node& node, size_t place) {
    const Shape& shape = node.output()->shape();
    const int64_t channels = shape[shape.rank() - 1].value();
    std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
    inputs.resize(place + 1, nullptr);
    inputs[place] = &graph_.add_constant(Tensor::filled(DType::float32, {channels}, 0));
    graph_.set_inputs(node, inputs);
    return *inputs[place];
  }

  static Tensor to_integers(const Tensor& bias, const std::vector<float>& scales, bool wide) {
    const std::vector<double> values = bias.to_double();
    Tensor result = Tensor::allocate(wide ? DType::int64 : DType::int32, bias.dims());
    for (size_t i = 0; i < values.size(); ++i) {
      const double steps =
          std::nearbyint(values[i] / static_cast<double>(scales.size() > 1 ? scales[i] : scales[0]));
      // 16-bit kernels add up in 40 bits.
      const double most = wide ? 549755813887.0 : 2147483647.0;
      const auto limited = static_cast<int64_t>(std::clamp(std::isfinite(steps) ? steps : 0.0, -most, most));
      if (wide)
        result.mutable_data<int64_t>()[i] = limited;
      else
        result.mutable_data<int32_t>()[i] = static_cast<int32_t>(limited);
    }
    return result;
  }

  Graph& graph_;
};

// Weights that were stored in integers for hybrid kernels, which take them as they are.
void fold_dynamic_range(Graph& graph) {
  for (Node* node : graph.node_list()) {
    const QuantizedOperator* op =
        node->op().domain() == "tflite" ? find_quantized(node->op().name()) : nullptr;
    if (!op || !op->weights || node->op().name() == "TRANSPOSE_CONV") continue;
    const Value* weights = node->input(*op->weights);
    if (!weights || !is(weights->producer(), "DEQUANTIZE") ||
        !weights->producer()->metadata.contains(kDynamicRange))
      continue;
    graph.set_input(*node, *op->weights, weights->producer()->input(0));
  }
}

// What only compares elements finds the same among the integers.
void compare_integers(Graph& graph) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) compare_integers(*subgraph);
    if (!is(node, "ARG_MAX") && !is(node, "ARG_MIN")) continue;
    Value* stored = stored_behind(node->input(0), graph);
    if (stored && stored->dtype() == DType::int8 && !quantization_of(*stored)->is_per_axis())
      graph.set_input(*node, 0, stored);
  }
}

// Integers that are dequantised and quantised again: nothing, or one step from parameters to parameters.
void join_quantizers(Graph& graph) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) join_quantizers(*subgraph);
    if (!is(node, "QUANTIZE")) continue;
    Value* stored = stored_behind(node->input(0), graph);
    if (!stored || quantization_of(*stored)->is_per_axis()) continue;
    const bool is_same = stored->dtype() == node->output()->dtype() &&
                         *quantization_of(*stored) == *quantization_of(*node->output());
    if (is_same && !node->output()->is_graph_output())
      graph.replace_all_uses(*node->output(), *stored);
    else if (!stored->is_constant())
      graph.set_input(*node, 0, stored);
  }
}

// LiteRT's DEQUANTIZE does not take 32 bits: biases of operators that stay in floating point are computed here.
void dequantize_biases(Graph& graph) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) dequantize_biases(*subgraph);
    if (!is(node, "DEQUANTIZE") || !node->input(0)->is_constant() || node->input(0)->dtype() != DType::int32)
      continue;
    const Quantization q = *quantization_of(*node->input(0));
    const std::vector<double> integers = node->input(0)->constant().to_double();
    if (q.is_per_axis() && q.scales.size() != integers.size()) continue;
    Tensor real = Tensor::allocate(DType::float32, node->input(0)->constant().dims());
    for (size_t i = 0; i < integers.size(); ++i) {
      const size_t at = q.is_per_axis() ? i : 0;
      const double value =
          (integers[i] - static_cast<double>(q.zero_points[at])) * static_cast<double>(q.scales[at]);
      real.mutable_data<float>()[i] = static_cast<float>(value);
    }
    graph.replace_all_uses(*node->output(), graph.add_constant(real, node->output()->name() + "_real"));
  }
}

// Integers that are moved as they are mean the same on both sides; kernels check that they say so.
bool moves_integers(const Node& node) {
  static const std::set<std::string> names = {
      "BROADCAST_TO", "CONCATENATION",  "DEPTH_TO_SPACE", "GATHER",    "GATHER_ND",
      "MIRROR_PAD",   "PADV2",          "RESHAPE",        "SELECT_V2", "SLICE",
      "SPLIT_V",      "SPACE_TO_DEPTH", "STRIDED_SLICE",  "TILE",      "TRANSPOSE"};
  return node.op().domain() == "tflite" && names.contains(node.op().name());
}

// All integers that the node moves get the parameters that one of them has.
void spread_parameters(const Node& node) {
  const Value* output = node.output();
  if (!moves_integers(node) || !output) return;
  if (!is_activation_type(output->dtype()) && output->dtype() != DType::uint8) return;
  std::vector<Value*> moved;
  for (const auto& values : {node.outputs(), node.inputs()})
    for (Value* value : values)
      if (value && value->dtype() == output->dtype()) moved.push_back(value);
  const auto known =
      std::find_if(moved.begin(), moved.end(), [](const Value* value) { return quantization_of(*value); });
  if (known == moved.end() || quantization_of(**known)->is_per_axis()) return;
  for (Value* value : moved)
    if (!quantization_of(*value)) set_quantization(*value, *quantization_of(**known));
}

// From readers to producers, then on from what that reached.
void spread_parameters(Graph& graph) {
  const std::vector<Node*> nodes = graph.node_list();
  std::for_each(nodes.rbegin(), nodes.rend(), [](const Node* node) { spread_parameters(*node); });
  std::for_each(nodes.begin(), nodes.end(), [](const Node* node) { spread_parameters(*node); });
}

}  // namespace

void fold_quantization(Graph& graph) {
  join_quantizers(graph);
  Folder(graph).run();
  join_quantizers(graph);
  compare_integers(graph);
  fold_dynamic_range(graph);
  dequantize_biases(graph);
  remove_unused(graph);
  spread_parameters(graph);
}

}  // namespace modelconv::tflite
