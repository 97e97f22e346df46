// The messages of an ONNX file as views of its bytes: split into fields, names still text, nothing interpreted.
// The bytes must outlive them.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "formats/onnx/decode_type.h"
#include "formats/onnx/schema.h"

namespace modelconv::onnx {

using Text = std::string_view;
using Pairs = std::vector<std::pair<Text, Text>>;

struct GraphMessage;

// Little-endian elements of float_data or double_data: a view of the file where they lie there in one piece.
template <class T>
struct FixedData {
  Bytes view;
  std::vector<T> copied;
  Bytes bytes() const { return copied.empty() ? view : std::as_bytes(std::span(copied)); }
};

struct TensorMessage {
  Text name, doc;
  std::vector<int64_t> dims;
  int64_t data_type = 0;
  bool has_raw = false, segmented = false, external = false;
  Bytes raw;
  FixedData<float> floats;
  FixedData<double> doubles;
  std::vector<int64_t> integers;  // int32_data, int64_data and uint64_data
  std::vector<Text> strings;
  Pairs external_data, metadata;
};

struct SparseTensorMessage {
  TensorMessage values, indices;
  std::vector<int64_t> dims;
};

// Of the fields, those count that `type` names.
struct AttributeMessage {
  Text name, ref_attr_name;
  AttributeType type = AttributeType::undefined;
  int64_t i = 0;
  float f = 0;
  Text s;
  std::vector<int64_t> ints;
  std::vector<float> floats;
  std::vector<Text> strings;
  std::vector<TensorMessage> tensors;  // `t` and `tensors`
  std::vector<SparseTensorMessage> sparse_tensors;
  std::vector<GraphMessage> graphs;
  std::vector<Type> types;
};

struct NodeMessage {
  std::vector<Text> inputs, outputs;
  Text name, op_type, domain, overload, doc;
  std::vector<AttributeMessage> attributes;
  Pairs metadata;
};

struct ValueMessage {
  Text name, doc;
  DecodedType type;
  Pairs metadata;
};

struct AnnotationMessage {
  Text tensor;
  Pairs parameters;
};

struct GraphMessage {
  Text name, doc;
  std::vector<NodeMessage> nodes;
  std::vector<TensorMessage> initializers;
  std::vector<SparseTensorMessage> sparse_initializers;
  std::vector<ValueMessage> inputs, outputs, value_infos;
  std::vector<AnnotationMessage> annotations;
  Pairs metadata;
};

using OpsetImports = std::vector<std::pair<Text, int64_t>>;  // domain, version

struct FunctionMessage {
  Text name, domain, overload;
  std::vector<Text> inputs, outputs, attributes;
  std::vector<AttributeMessage> defaults;
  std::vector<NodeMessage> nodes;
  std::vector<ValueMessage> value_infos;
  OpsetImports opsets;
};

struct ModelMessage {
  int64_t ir_version = 0, model_version = 0;
  Text producer_name, producer_version, domain, doc;
  bool has_graph = false;
  GraphMessage graph;
  OpsetImports opsets;
  std::vector<FunctionMessage> functions;
  Pairs metadata;
};

// Throws MalformedModelError.
ModelMessage parse_model(Bytes bytes);

}  // namespace modelconv::onnx
