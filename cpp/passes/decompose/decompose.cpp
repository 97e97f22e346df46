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
      {"RotaryEmbedding", rotary_embedding},
      {"SwiGLU", swiglu},
      {"Trilu", trilu},
  };
  const auto found = adapters.find(op);
  return found == adapters.end() ? nullptr : found->second;
}

void decompose_nodes(Graph& graph, bool (*is_wanted)(OpName)) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) decompose_nodes(*subgraph, is_wanted);
    if (!node->op().is_canonical() || !is_wanted(node->op())) continue;
    const Adapter adapter = decomposition_of(node->op().name());
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
