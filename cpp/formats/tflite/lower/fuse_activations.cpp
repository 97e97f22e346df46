#include "formats/tflite/lower/fuse_activations.h"

#include <set>

#include "formats/tflite/options.h"
#include "ir/take_over.h"

namespace modelconv::tflite {
namespace {

bool is_fusible(const Node& activation) {
  static const std::set<std::string> names = {"RELU", "RELU6", "RELU_N1_TO_1"};
  return activation.op().domain() == "tflite" && names.contains(activation.op().name());
}

// Concatenation has the option too, but kernels that read it in no type.
bool takes_activation(const Node& node) {
  static const std::set<std::string> names = {
      "ADD",           "AVERAGE_POOL_2D", "CONV_2D",     "CONV_3D", "DEPTHWISE_CONV_2D",
      "DIV",           "FULLY_CONNECTED", "MAX_POOL_2D", "MUL",     "SUB",
      "TRANSPOSE_CONV"};
  if (node.op().domain() != "tflite" || !names.contains(node.op().name())) return false;
  const std::string* given = node.attrs.get<std::string>("fused_activation_function");
  return !given || *given == "NONE";
}

void fuse(Node& activation) {
  Value& x = *activation.input(0);
  Node* producer = x.producer();
  if (!producer || &producer->graph() != &activation.graph() || !x.has_one_use() ||
      !takes_activation(*producer))
    return;
  if (x.dtype() != DType::float32) return;
  producer->attrs.set("fused_activation_function", activation.op().name());
  take_over(x, activation);
}

}  // namespace

void fuse_activations(Graph& graph) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) fuse_activations(*subgraph);
    if (is_fusible(*node)) fuse(*node);
  }
}

}  // namespace modelconv::tflite
