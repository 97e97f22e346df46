#include "passes/fold/file_bytes.h"

namespace modelconv {
namespace {

// Field tags and lengths of a node, of one of its names, and of an attribute with its name and a number.
constexpr int64_t kNode = 8, kName = 2, kAttribute = 20;

int64_t bytes_of_name(const Value* value) {
  return kName + (value ? static_cast<int64_t>(value->name().size()) : 0);
}

int64_t bytes_of_metadata(const Metadata& metadata) {
  int64_t bytes = 0;
  for (const auto& [key, text] : metadata) bytes += kNode + static_cast<int64_t>(key.size() + text.size());
  return bytes;
}

}  // namespace

int64_t file_bytes(const Node& node) {
  int64_t bytes = kNode + static_cast<int64_t>(node.name().size() + node.op().str().size() + node.doc.size());
  bytes += bytes_of_metadata(node.metadata);
  for (const Value* input : node.inputs()) bytes += bytes_of_name(input);
  for (const Value* output : node.outputs()) bytes += bytes_of_name(output);
  for (const auto& [name, attribute] : node.attrs) {
    bytes += kAttribute;
    if (const auto* tensor = std::get_if<Tensor>(&attribute)) bytes += static_cast<int64_t>(tensor->nbytes());
  }
  for (const Graph* subgraph : node.subgraphs()) bytes += file_bytes(*subgraph);
  return bytes;
}

int64_t file_bytes(const Graph& graph) {
  int64_t bytes = 0;
  for (const auto& node : graph.nodes()) bytes += file_bytes(*node);
  for (const auto& constant : graph.constants())
    bytes += kNode + bytes_of_name(constant.get()) + static_cast<int64_t>(constant->constant().nbytes());
  return bytes;
}

}  // namespace modelconv
