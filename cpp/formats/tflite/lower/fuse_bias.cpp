#include "formats/tflite/lower/fuse_bias.h"

#include <map>

#include "ir/take_over.h"

namespace modelconv::tflite {
namespace {

// Place of the bias.
std::optional<size_t> bias_index(const Node& node) {
  static const std::map<std::string, size_t> places = {
      {"CONV_2D", 2}, {"DEPTHWISE_CONV_2D", 2}, {"FULLY_CONNECTED", 2}, {"TRANSPOSE_CONV", 3}};
  const auto found = places.find(node.op().name());
  return node.op().domain() != "tflite" || found == places.end() ? std::nullopt
                                                                 : std::optional(found->second);
}

std::string activation_of(const Node& node) {
  return node.attrs.get_or<std::string>("fused_activation_function", "NONE");
}

// One number per channel, or one for all; nothing for other constants.
std::optional<std::vector<double>> per_channel(const Value& value, size_t rank, int64_t channels) {
  if (!value.is_constant() || value.dtype() != DType::float32) return std::nullopt;
  const Tensor& tensor = value.constant();
  if (tensor.rank() > rank) return std::nullopt;
  const bool along_channels =
      tensor.size() == channels && !tensor.dims().empty() && tensor.dims().back() == channels;
  if (tensor.size() != 1 && !along_channels) return std::nullopt;
  std::vector<double> values = tensor.to_double();
  values.resize(static_cast<size_t>(channels), values[0]);
  return values;
}

// What is added to `x`, in place of which `added` may be the first operand.
bool fuse_into(Graph& graph, Node& add, Value& x, const Value& added) {
  Node* producer = x.producer();
  if (!producer || &producer->graph() != &graph || !x.has_one_use() || x.is_graph_output()) return false;
  const auto place = bias_index(*producer);
  if (!place || activation_of(*producer) != "NONE" || !x.shape().has_rank() || x.shape().rank() == 0)
    return false;
  const Dim& channels = x.shape()[x.shape().rank() - 1];
  if (!channels.is_known() || x.dtype() != DType::float32) return false;
  auto sum = per_channel(added, x.shape().rank(), channels.value());
  Value* bias = producer->input_count() > *place ? producer->input(*place) : nullptr;
  if (!sum || (bias && !bias->is_constant())) return false;
  if (bias) {
    const std::vector<double> before = bias->constant().to_double();
    for (size_t i = 0; i < sum->size(); ++i) (*sum)[i] += before.at(i);
  }
  std::vector<Value*> inputs(producer->inputs().begin(), producer->inputs().end());
  inputs.resize(*place + 1, nullptr);
  inputs[*place] = &graph.add_constant(Tensor::of<float>({channels.value()}, {sum->begin(), sum->end()}),
                                       bias ? bias->name() : "");
  graph.set_inputs(*producer, inputs);
  if (activation_of(add) != "NONE") producer->attrs.set("fused_activation_function", activation_of(add));
  take_over(x, add);
  return true;
}

}  // namespace

void fuse_bias(Graph& graph) {
  static const OpName kAdd("tflite.ADD");
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) fuse_bias(*subgraph);
    if (node->op() != kAdd) continue;
    Value &a = *node->input(0), &b = *node->input(1);
    if (!fuse_into(graph, *node, a, b)) fuse_into(graph, *node, b, a);
  }
}

}  // namespace modelconv::tflite
