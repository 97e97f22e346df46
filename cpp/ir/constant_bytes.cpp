#include "ir/constant_bytes.h"

namespace modelconv {

uint64_t constant_bytes(const Graph& graph) {
  uint64_t total = 0;
  for (const auto& constant : graph.constants()) total += constant->constant().nbytes();
  for (const auto& node : graph.nodes())
    for (const Graph* subgraph : node->subgraphs()) total += constant_bytes(*subgraph);
  return total;
}

}  // namespace modelconv
