#include "formats/tflite/lower/share_constants.h"

#include <map>

namespace modelconv::tflite {
namespace {

constexpr size_t kLargest = size_t{1} << 16;  // bytes: what is read to be compared

std::string key_of(const Value& value) {
  const Tensor& tensor = value.constant();
  std::string key = value.type.str();
  for (const auto& [name, text] : value.metadata) key += fmt::format("|{}={}", name, text);
  key += '|';
  key.append(reinterpret_cast<const char*>(tensor.bytes().data()), tensor.nbytes());
  return key;
}

}  // namespace

void share_constants(Graph& graph) {
  std::map<std::string, Value*> known;
  std::vector<std::pair<Value*, Value*>> same;
  for (const auto& constant : graph.constants()) {
    const Tensor& tensor = constant->constant();
    if (tensor.dtype() == DType::string || tensor.nbytes() > kLargest || constant->is_graph_output())
      continue;
    const auto [first, is_new] = known.try_emplace(key_of(*constant), constant.get());
    if (!is_new) same.emplace_back(constant.get(), first->second);
  }
  for (const auto& [value, first] : same) {
    graph.replace_all_uses(*value, *first);
    graph.remove_constant(*value);
  }
  for (const auto& node : graph.nodes())
    for (Graph* subgraph : node->subgraphs()) share_constants(*subgraph);
}

}  // namespace modelconv::tflite
