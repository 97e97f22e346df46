#include "passes/decompose/decompose.h"

#include <map>

namespace modelconv::decompose {
Adapter decomposition_of(std::string_view op) {
  static const std::map<std::string_view, Adapter> adapters = {
      {"AffineGrid", affine_grid},
      {"Attention", attention},
      {"BlackmanWindow", blackman_window},
      {"CausalConvWithState", causal_conv},
      {"CenterCropPad", center_crop_pad},
      {"HammingWindow", hamming_window},
      {"HannWindow", hann_window},
      {"QLinearConv", qlinear_conv},
      {"QLinearMatMul", qlinear_matmul},
      {"RotaryEmbedding", rotary_embedding},
      {"SwiGLU", swiglu},
      {"Trilu", trilu},
      {"com.microsoft.QGemm", qgemm},
      {"com.microsoft.QLinearAdd", qlinear_add},
      {"com.microsoft.QLinearAveragePool", qlinear_average_pool},
      {"com.microsoft.QLinearConcat", qlinear_concat},
      {"com.microsoft.QLinearGlobalAveragePool", qlinear_global_average_pool},
      {"com.microsoft.QLinearLeakyRelu", qlinear_leaky_relu},
      {"com.microsoft.QLinearMul", qlinear_mul},
      {"com.microsoft.QLinearSigmoid", qlinear_sigmoid},
      {"com.microsoft.QLinearSoftmax", qlinear_softmax},
  };
  const auto found = adapters.find(op);
  return found == adapters.end() ? nullptr : found->second;
}

void decompose_nodes(Graph& graph, bool (*is_wanted)(OpName)) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) decompose_nodes(*subgraph, is_wanted);
    const bool is_known = node->op().is_canonical() || node->op().domain() == "com.microsoft";
    if (!is_known || !is_wanted(node->op())) continue;
    const Adapter adapter = decomposition_of(node->op().str());
    if (!adapter) continue;
    Step step(*node);
    try {
      adapter(step);
    } catch (const Step::Refusal&) {
      continue;  // whoever wanted it apart says that it has no rule for the operator
    }
    if (step.is_done()) graph.remove(*node);
  }
}

}  // namespace modelconv::decompose
