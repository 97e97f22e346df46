#include "formats/tflite/flex.h"

#include "base/error.h"
#include "ir/graph.h"
#include "wire/flexbuffer.h"

namespace modelconv::tflite {
namespace {

constexpr std::string_view kPrefix = "Flex";

// The options are a list of the operator's name and its NodeDef. Source: tensorflow/lite/delegates/flex/kernel.cc.
Bytes node_def_of(const Node& node, const Tensor& options) {
  const std::vector<std::string_view> parts = flexbuffer::read_texts(options.bytes());
  ENSURE(parts.size() == 2, MalformedModelError, "the options of {} have {} parts, not 2", node.describe(),
         parts.size());
  return std::as_bytes(std::span(parts[1]));
}

}  // namespace

void mark_flex_operators(Graph& graph, const CustomOps& custom_ops) {
  for_each_node(graph, [&](Node& node) {
    const std::string& name = node.op().name();
    const auto* options = node.attrs.get<Tensor>("custom_options");
    if (!name.starts_with(kPrefix) || name.size() == kPrefix.size() || !options) return;
    if (custom_ops.contains(name) || custom_ops.contains(node.op().str())) return;
    const Bytes encoded = node_def_of(node, *options);
    Tensor node_def =
        Tensor::view(DType::uint8, {static_cast<int64_t>(encoded.size())}, encoded, options->keep_alive());
    node.set_op(OpName("flex", name.substr(kPrefix.size())));
    node.attrs.remove("custom_options");
    node.attrs.set("node_def", std::move(node_def));
  });
}

}  // namespace modelconv::tflite
