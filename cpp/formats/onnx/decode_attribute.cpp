#include "formats/onnx/decode_attribute.h"

#include "base/error.h"

namespace modelconv::onnx {
namespace {

template <class T>
const T& only(const std::vector<T>& items, const AttributeMessage& attribute) {
  ENSURE(items.size() == 1, MalformedModelError, "attribute '{}' has {} values where one is expected",
         attribute.name, items.size());
  return items.front();
}

GraphPtr decode_subgraph(ModelContext& model, const GraphMessage& message, const Argument& argument,
                         Graph& parent) {
  auto graph = std::make_shared<Graph>(std::string(message.name), &parent);
  decode_graph(model, message, *graph, argument.scope, argument.call);
  return graph;
}

template <class T>
std::vector<Tensor> decode_all(TensorDecoder& decoder, const std::vector<T>& messages) {
  std::vector<Tensor> tensors;
  for (const T& message : messages) tensors.push_back(decoder.decode(message));
  return tensors;
}

}  // namespace

Attribute decode_attribute(ModelContext& model, const Argument& argument, Graph& parent) {
  const AttributeMessage& attribute = *argument.attribute;
  switch (attribute.type) {
    case AttributeType::integer: return attribute.i;
    case AttributeType::floating: return attribute.f;
    case AttributeType::string: return std::string(attribute.s);
    case AttributeType::tensor: return model.tensors.decode(only(attribute.tensors, attribute));
    case AttributeType::sparse_tensor: return model.tensors.decode(only(attribute.sparse_tensors, attribute));
    case AttributeType::graph:
      return decode_subgraph(model, only(attribute.graphs, attribute), argument, parent);
    case AttributeType::type: return only(attribute.types, attribute);
    case AttributeType::integers: return attribute.ints;
    case AttributeType::floats: return attribute.floats;
    case AttributeType::strings:
      return std::vector<std::string>(attribute.strings.begin(), attribute.strings.end());
    case AttributeType::tensors: return decode_all(model.tensors, attribute.tensors);
    case AttributeType::sparse_tensors: return decode_all(model.tensors, attribute.sparse_tensors);
    case AttributeType::types: return attribute.types;
    case AttributeType::graphs: {
      std::vector<GraphPtr> graphs;
      for (const GraphMessage& graph : attribute.graphs)
        graphs.push_back(decode_subgraph(model, graph, argument, parent));
      return graphs;
    }
    default: break;
  }
  throw MalformedModelError(fmt::format("attribute '{}' has kind {}, which does not exist", attribute.name,
                                        static_cast<int32_t>(attribute.type)));
}

}  // namespace modelconv::onnx
