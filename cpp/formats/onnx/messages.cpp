#include "formats/onnx/messages.h"

#include <cstring>

#include "base/error.h"
#include "wire/protobuf.h"

namespace modelconv::onnx {
namespace {

using protobuf::Reader;

std::pair<Text, Text> parse_pair(Reader&& reader) {
  std::pair<Text, Text> pair;
  while (reader.next()) switch (reader.field()) {
      case PairField::key: pair.first = reader.as_string(); break;
      case PairField::value: pair.second = reader.as_string(); break;
    }
  return pair;
}

std::pair<Text, int64_t> parse_opset(Reader&& reader) {
  std::pair<Text, int64_t> opset;
  while (reader.next()) switch (reader.field()) {
      case OpsetField::domain: opset.first = reader.as_name(); break;
      case OpsetField::version: opset.second = reader.as_int64(); break;
    }
  return opset;
}

ValueMessage parse_value(Reader&& reader) {
  ValueMessage value;
  while (reader.next()) switch (reader.field()) {
      case ValueField::name: value.name = reader.as_name(); break;
      case ValueField::type: value.type = decode_type(reader.as_message("type")); break;
      case ValueField::doc_string: value.doc = reader.as_string(); break;
      case ValueField::metadata_props:
        value.metadata.push_back(parse_pair(reader.as_message("metadata_props")));
        break;
    }
  return value;
}

AnnotationMessage parse_annotation(Reader&& reader) {
  AnnotationMessage annotation;
  while (reader.next()) switch (reader.field()) {
      case AnnotationField::tensor_name: annotation.tensor = reader.as_name(); break;
      case AnnotationField::quant_parameter_tensor_names:
        annotation.parameters.push_back(parse_pair(reader.as_message("quant_parameter_tensor_names")));
        break;
    }
  return annotation;
}

template <class T>
void append(FixedData<T>& data, Reader& reader) {
  if (reader.wire_type() == protobuf::WireType::bytes && data.bytes().empty()) {
    data.view = reader.as_bytes();
    return;
  }
  if (!data.view.empty()) {
    if (data.view.size() % sizeof(T) != 0)
      throw reader.error("the part before it is no whole number of values");
    data.copied.resize(data.view.size() / sizeof(T));
    std::memcpy(data.copied.data(), data.view.data(), data.view.size());
    data.view = {};
  }
  reader.append_fixed(data.copied);
}

TensorMessage parse_tensor(Reader&& reader) {
  TensorMessage tensor;
  while (reader.next()) switch (reader.field()) {
      case TensorField::dims: reader.append_varints(tensor.dims); break;
      case TensorField::data_type: tensor.data_type = reader.as_int64(); break;
      case TensorField::segment: tensor.segmented = true; break;
      case TensorField::float_data: append(tensor.floats, reader); break;
      case TensorField::double_data: append(tensor.doubles, reader); break;
      case TensorField::int32_data:
      case TensorField::int64_data:
      case TensorField::uint64_data: reader.append_varints(tensor.integers); break;
      case TensorField::string_data: tensor.strings.push_back(reader.as_string()); break;
      case TensorField::name: tensor.name = reader.as_name(); break;
      case TensorField::raw_data:
        tensor.raw = reader.as_bytes();
        tensor.has_raw = true;
        break;
      case TensorField::doc_string: tensor.doc = reader.as_string(); break;
      case TensorField::external_data:
        tensor.external_data.push_back(parse_pair(reader.as_message("external_data")));
        break;
      case TensorField::data_location: tensor.external = reader.as_int64() == kDataLocationExternal; break;
      case TensorField::metadata_props:
        tensor.metadata.push_back(parse_pair(reader.as_message("metadata_props")));
        break;
    }
  return tensor;
}

SparseTensorMessage parse_sparse_tensor(Reader&& reader) {
  SparseTensorMessage sparse;
  while (reader.next()) switch (reader.field()) {
      case SparseTensorField::values: sparse.values = parse_tensor(reader.as_message("values")); break;
      case SparseTensorField::indices: sparse.indices = parse_tensor(reader.as_message("indices")); break;
      case SparseTensorField::dims: reader.append_varints(sparse.dims); break;
    }
  return sparse;
}

GraphMessage parse_graph(Reader&& reader);

// Files of IR version 1 have no `type`: then the field that is there says it.
AttributeType type_of_field(Field field) {
  switch (field) {
    case AttributeField::f: return AttributeType::floating;
    case AttributeField::i: return AttributeType::integer;
    case AttributeField::s: return AttributeType::string;
    case AttributeField::t: return AttributeType::tensor;
    case AttributeField::g: return AttributeType::graph;
    case AttributeField::floats: return AttributeType::floats;
    case AttributeField::ints: return AttributeType::integers;
    case AttributeField::strings: return AttributeType::strings;
    case AttributeField::tensors: return AttributeType::tensors;
    case AttributeField::graphs: return AttributeType::graphs;
    case AttributeField::tp: return AttributeType::type;
    case AttributeField::type_protos: return AttributeType::types;
    case AttributeField::sparse_tensor: return AttributeType::sparse_tensor;
    case AttributeField::sparse_tensors: return AttributeType::sparse_tensors;
    default: return AttributeType::undefined;
  }
}

AttributeMessage parse_attribute(Reader&& reader) {
  AttributeMessage attribute;
  AttributeType seen = AttributeType::undefined;
  while (reader.next()) {
    switch (reader.field()) {
      case AttributeField::name: attribute.name = reader.as_name(); break;
      case AttributeField::ref_attr_name: attribute.ref_attr_name = reader.as_name(); break;
      case AttributeField::type: attribute.type = static_cast<AttributeType>(reader.as_int32()); break;
      case AttributeField::i: attribute.i = reader.as_int64(); break;
      case AttributeField::f: attribute.f = reader.as_float(); break;
      case AttributeField::s: attribute.s = reader.as_string(); break;
      case AttributeField::ints: reader.append_varints(attribute.ints); break;
      case AttributeField::floats: reader.append_fixed(attribute.floats); break;
      case AttributeField::strings: attribute.strings.push_back(reader.as_string()); break;
      case AttributeField::t:
      case AttributeField::tensors:
        attribute.tensors.push_back(parse_tensor(reader.as_message("tensor")));
        break;
      case AttributeField::sparse_tensor:
      case AttributeField::sparse_tensors:
        attribute.sparse_tensors.push_back(parse_sparse_tensor(reader.as_message("sparse_tensor")));
        break;
      case AttributeField::g:
      case AttributeField::graphs: attribute.graphs.push_back(parse_graph(reader.as_message("graph"))); break;
      case AttributeField::tp:
      case AttributeField::type_protos:
        attribute.types.push_back(decode_type(reader.as_message("type")).type);
        break;
    }
    if (const AttributeType type = type_of_field(reader.field()); type != AttributeType::undefined)
      seen = type;
  }
  if (attribute.type == AttributeType::undefined) attribute.type = seen;
  if (attribute.name.empty()) throw reader.error("the attribute has no name");
  return attribute;
}

NodeMessage parse_node(Reader&& reader) {
  NodeMessage node;
  while (reader.next()) switch (reader.field()) {
      case NodeField::input: node.inputs.push_back(reader.as_name()); break;
      case NodeField::output: node.outputs.push_back(reader.as_name()); break;
      case NodeField::name: node.name = reader.as_name(); break;
      case NodeField::op_type: node.op_type = reader.as_name(); break;
      case NodeField::attribute:
        node.attributes.push_back(parse_attribute(reader.as_message("attribute")));
        break;
      case NodeField::doc_string: node.doc = reader.as_string(); break;
      case NodeField::domain: node.domain = reader.as_name(); break;
      case NodeField::overload: node.overload = reader.as_name(); break;
      case NodeField::metadata_props:
        node.metadata.push_back(parse_pair(reader.as_message("metadata_props")));
        break;
    }
  if (node.op_type.empty()) throw reader.error("the node has no operator type");
  return node;
}

GraphMessage parse_graph(Reader&& reader) {
  GraphMessage graph;
  while (reader.next()) switch (reader.field()) {
      case GraphField::node: graph.nodes.push_back(parse_node(reader.as_message("node"))); break;
      case GraphField::name: graph.name = reader.as_name(); break;
      case GraphField::initializer:
        graph.initializers.push_back(parse_tensor(reader.as_message("initializer")));
        break;
      case GraphField::doc_string: graph.doc = reader.as_string(); break;
      case GraphField::input: graph.inputs.push_back(parse_value(reader.as_message("input"))); break;
      case GraphField::output: graph.outputs.push_back(parse_value(reader.as_message("output"))); break;
      case GraphField::value_info:
        graph.value_infos.push_back(parse_value(reader.as_message("value_info")));
        break;
      case GraphField::quantization_annotation:
        graph.annotations.push_back(parse_annotation(reader.as_message("quantization_annotation")));
        break;
      case GraphField::sparse_initializer:
        graph.sparse_initializers.push_back(parse_sparse_tensor(reader.as_message("sparse_initializer")));
        break;
      case GraphField::metadata_props:
        graph.metadata.push_back(parse_pair(reader.as_message("metadata_props")));
        break;
    }
  return graph;
}

FunctionMessage parse_function(Reader&& reader) {
  FunctionMessage function;
  while (reader.next()) switch (reader.field()) {
      case FunctionField::name: function.name = reader.as_name(); break;
      case FunctionField::input: function.inputs.push_back(reader.as_name()); break;
      case FunctionField::output: function.outputs.push_back(reader.as_name()); break;
      case FunctionField::attribute: function.attributes.push_back(reader.as_name()); break;
      case FunctionField::attribute_proto:
        function.defaults.push_back(parse_attribute(reader.as_message("attribute_proto")));
        break;
      case FunctionField::node: function.nodes.push_back(parse_node(reader.as_message("node"))); break;
      case FunctionField::value_info:
        function.value_infos.push_back(parse_value(reader.as_message("value_info")));
        break;
      case FunctionField::opset_import:
        function.opsets.push_back(parse_opset(reader.as_message("opset_import")));
        break;
      case FunctionField::domain: function.domain = reader.as_name(); break;
      case FunctionField::overload: function.overload = reader.as_name(); break;
    }
  if (function.name.empty()) throw reader.error("the function has no name");
  return function;
}

}  // namespace

ModelMessage parse_model(Bytes bytes) {
  Reader reader(bytes, "ModelProto");
  ModelMessage model;
  while (reader.next()) switch (reader.field()) {
      case ModelField::ir_version: model.ir_version = reader.as_int64(); break;
      case ModelField::producer_name: model.producer_name = reader.as_name(); break;
      case ModelField::producer_version: model.producer_version = reader.as_name(); break;
      case ModelField::domain: model.domain = reader.as_name(); break;
      case ModelField::model_version: model.model_version = reader.as_int64(); break;
      case ModelField::doc_string: model.doc = reader.as_string(); break;
      case ModelField::graph:
        if (model.has_graph) throw reader.error("a model has one graph, this is a second one");
        model.graph = parse_graph(reader.as_message("graph"));
        model.has_graph = true;
        break;
      case ModelField::opset_import:
        model.opsets.push_back(parse_opset(reader.as_message("opset_import")));
        break;
      case ModelField::metadata_props:
        model.metadata.push_back(parse_pair(reader.as_message("metadata_props")));
        break;
      case ModelField::functions:
        model.functions.push_back(parse_function(reader.as_message("functions")));
        break;
    }
  return model;
}

}  // namespace modelconv::onnx
