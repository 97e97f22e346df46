#include "formats/onnx/encode_graph.h"

#include "base/utf8.h"
#include "formats/onnx/encode_type.h"
#include "formats/onnx/metadata_keys.h"
#include "formats/onnx/schema.h"
#include "formats/onnx/versions/versions.h"
#include "ops/schema.h"

namespace modelconv::onnx {
namespace {

using protobuf::Writer;

void add_metadata(Writer& writer, uint32_t field, const Metadata& metadata) {
  for (const auto& [key, value] : metadata)
    if (!key.starts_with(kReservedPrefix)) add_pair(writer, field, key, value);
}

void add_text(Writer& writer, uint32_t field, const std::string& text) {
  if (!text.empty()) writer.add_string(field, valid_utf8(text));
}

std::string doc_of(const Value& value) {
  const auto doc = value.metadata.find(std::string(kDocKey));
  return doc == value.metadata.end() ? "" : doc->second;
}

// An element type that is not known has no spelling: then nothing is said.
bool is_complete(const Type& type) {
  switch (type.kind) {
    case Type::Kind::unknown: return false;
    case Type::Kind::tensor:
    case Type::Kind::sparse_tensor: return type.dtype != DType::undefined;
    default: return type.element && is_complete(*type.element);
  }
}

Writer encode_value(const Value& value, const std::string& name, const Type& type) {
  Writer writer;
  writer.add_string(ValueField::name, name);
  if (is_complete(type)) writer.add_message(ValueField::type, encode_type(type, value.metadata));
  add_text(writer, ValueField::doc_string, doc_of(value));
  add_metadata(writer, ValueField::metadata_props, value.metadata);
  return writer;
}

// What the source says of an output: a dimension that is dynamic there stays so, although more may be known of it. Of a
// subgraph's output no more than the source says: a branch that is never taken may have impossible shapes, which readers
// would check.
Type output_type(const Graph& graph, const GraphOutput& output) {
  const Type& known = output.value->type;
  const bool compatible = output.declared.compatible_with(known);
  if (compatible && is_complete(output.declared) && output.declared.is_tensor() &&
      output.declared.shape.has_rank())
    return output.declared;
  if (!graph.parent()) return compatible ? output.declared.merged_with(known) : known;
  if (is_complete(output.declared)) return output.declared;
  return known.is_tensor() ? Type::tensor(known.dtype) : known;
}

class AttributeEncoder {
 public:
  AttributeEncoder(Writer& writer, ExternalWriter* external) : writer_(writer), external_(external) {}

  void operator()(int64_t value) { one(AttributeType::integer).add_int(AttributeField::i, value); }
  void operator()(float value) { one(AttributeType::floating).add_float(AttributeField::f, value); }
  void operator()(const std::string& value) {
    one(AttributeType::string).add_string(AttributeField::s, value);
  }
  void operator()(const Tensor& value) {
    one(AttributeType::tensor).add_message(AttributeField::t, encode_tensor(value, "", nullptr));
  }
  void operator()(const GraphPtr& value) {
    one(AttributeType::graph).add_message(AttributeField::g, encode_graph(*value, external_));
  }
  void operator()(const Type& value) {
    one(AttributeType::type).add_message(AttributeField::tp, encode_type(value));
  }
  void operator()(const std::vector<int64_t>& values) {
    for (one(AttributeType::integers); const int64_t value : values)
      writer_.add_int(AttributeField::ints, value);
  }
  void operator()(const std::vector<float>& values) {
    for (one(AttributeType::floats); const float value : values)
      writer_.add_float(AttributeField::floats, value);
  }
  void operator()(const std::vector<std::string>& values) {
    for (one(AttributeType::strings); const std::string& value : values)
      writer_.add_string(AttributeField::strings, value);
  }
  void operator()(const std::vector<Tensor>& values) {
    for (one(AttributeType::tensors); const Tensor& value : values)
      writer_.add_message(AttributeField::tensors, encode_tensor(value, "", nullptr));
  }
  void operator()(const std::vector<GraphPtr>& values) {
    for (one(AttributeType::graphs); const GraphPtr& value : values)
      writer_.add_message(AttributeField::graphs, encode_graph(*value, external_));
  }
  void operator()(const std::vector<Type>& values) {
    for (one(AttributeType::types); const Type& value : values)
      writer_.add_message(AttributeField::type_protos, encode_type(value));
  }

 private:
  Writer& one(AttributeType type) {
    writer_.add_int(AttributeField::type, static_cast<int64_t>(type));
    return writer_;
  }
  Writer& writer_;
  ExternalWriter* external_;
};

Writer encode_attribute(const std::string& name, const Attribute& attribute, ExternalWriter* external) {
  Writer writer;
  writer.add_string(AttributeField::name, name);
  std::visit(AttributeEncoder(writer, external), attribute);
  return writer;
}

// Values left out at the end are not listed.
void add_names(Writer& writer, uint32_t field, std::span<Value* const> values) {
  size_t count = values.size();
  while (count > 0 && !values[count - 1]) --count;
  for (Value* value : values.first(count)) writer.add_string(field, value ? value->name() : "");
}

Writer encode_node(const Node& node, ExternalWriter* external) {
  Writer writer;
  add_names(writer, NodeField::input, node.inputs());
  add_names(writer, NodeField::output, node.outputs());
  add_text(writer, NodeField::name, node.name());
  writer.add_string(NodeField::op_type, node.op().name());
  for (const auto& [name, attribute] : node.attrs)
    writer.add_message(NodeField::attribute, encode_attribute(name, attribute, external));
  add_text(writer, NodeField::doc_string, node.doc);
  if (!is_default_domain(node.op())) writer.add_string(NodeField::domain, node.op().domain());
  add_metadata(writer, NodeField::metadata_props, node.metadata);
  return writer;
}

Writer encode_constant(const Value& value, ExternalWriter* external) {
  Writer writer = encode_tensor(value.constant(), value.name(), external);
  add_text(writer, TensorField::doc_string, doc_of(value));
  add_metadata(writer, TensorField::metadata_props, value.metadata);
  return writer;
}

// Readers work out the types of known operators themselves; for the others the file is the only place that says them.
void add_value_infos(Writer& writer, const Graph& graph) {
  for (const auto& node : graph.nodes()) {
    const bool known = is_default_domain(node->op()) && find_schema(OpName("", node->op().name()));
    for (const Value* output : node->outputs()) {
      if (!output || output->is_graph_output()) continue;
      if ((!known && is_complete(output->type)) || !output->metadata.empty())
        writer.add_message(GraphField::value_info, encode_value(*output, output->name(), output->type));
    }
  }
}

void add_annotations(Writer& writer, const Value& value) {
  bool has_any = false;
  Writer named;
  named.add_string(AnnotationField::tensor_name, value.name());
  for (const auto& [key, tensor] : value.metadata)
    if (key.starts_with(kQuantizationKey)) {
      add_pair(named, AnnotationField::quant_parameter_tensor_names, key.substr(kQuantizationKey.size()),
               tensor);
      has_any = true;
    }
  if (has_any) writer.add_message(GraphField::quantization_annotation, named);
}

void add_all_annotations(Writer& writer, const Graph& graph) {
  for (const Value* input : graph.inputs()) add_annotations(writer, *input);
  for (const auto& constant : graph.constants()) add_annotations(writer, *constant);
  for (const auto& node : graph.nodes())
    for (const Value* output : node->outputs())
      if (output) add_annotations(writer, *output);
}

}  // namespace

void add_pair(Writer& writer, uint32_t field, std::string_view key, std::string_view value) {
  Writer pair;
  pair.add_string(PairField::key, valid_utf8(key));
  pair.add_string(PairField::value, valid_utf8(value));
  writer.add_message(field, pair);
}

Writer encode_graph(const Graph& graph, ExternalWriter* external) {
  Writer writer;
  for (const auto& node : graph.nodes()) writer.add_message(GraphField::node, encode_node(*node, external));
  writer.add_string(GraphField::name,
                    graph.name.empty() ? "graph" : valid_utf8(graph.name));  // it must have one
  for (const auto& constant : graph.constants())
    writer.add_message(GraphField::initializer, encode_constant(*constant, external));
  add_text(writer, GraphField::doc_string, graph.doc);
  for (const Value* input : graph.inputs())
    writer.add_message(GraphField::input, encode_value(*input, input->name(), input->type));
  for (const GraphOutput& output : graph.outputs())
    writer.add_message(GraphField::output,
                       encode_value(*output.value, output.name, output_type(graph, output)));
  add_value_infos(writer, graph);
  add_all_annotations(writer, graph);
  add_metadata(writer, GraphField::metadata_props, graph.metadata);
  return writer;
}

}  // namespace modelconv::onnx
