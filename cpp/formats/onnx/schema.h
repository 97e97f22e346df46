// Field numbers and enum values of the ONNX file format, by message. Source: onnx.proto of the onnx package.
#pragma once

#include <cstdint>

namespace modelconv::onnx {

using Field = uint32_t;

struct ModelField {
  static constexpr Field ir_version = 1, producer_name = 2, producer_version = 3, domain = 4,
                         model_version = 5, doc_string = 6, graph = 7, opset_import = 8, metadata_props = 14,
                         training_info = 20, functions = 25, configuration = 26;
};

struct OpsetField {
  static constexpr Field domain = 1, version = 2;
};

struct PairField {  // StringStringEntryProto
  static constexpr Field key = 1, value = 2;
};

struct GraphField {
  static constexpr Field node = 1, name = 2, initializer = 5, doc_string = 10, input = 11, output = 12,
                         value_info = 13, quantization_annotation = 14, sparse_initializer = 15,
                         metadata_props = 16;
};

struct AnnotationField {  // TensorAnnotation
  static constexpr Field tensor_name = 1, quant_parameter_tensor_names = 2;
};

struct FunctionField {
  static constexpr Field name = 1, input = 4, output = 5, attribute = 6, node = 7, doc_string = 8,
                         opset_import = 9, domain = 10, attribute_proto = 11, value_info = 12, overload = 13,
                         metadata_props = 14;
};

struct NodeField {
  static constexpr Field input = 1, output = 2, name = 3, op_type = 4, attribute = 5, doc_string = 6,
                         domain = 7, overload = 8, metadata_props = 9;
};

struct AttributeField {
  static constexpr Field name = 1, f = 2, i = 3, s = 4, t = 5, g = 6, floats = 7, ints = 8, strings = 9,
                         tensors = 10, graphs = 11, doc_string = 13, tp = 14, type_protos = 15, type = 20,
                         ref_attr_name = 21, sparse_tensor = 22, sparse_tensors = 23;
};

enum class AttributeType : int32_t {
  undefined = 0,
  floating = 1,
  integer = 2,
  string = 3,
  tensor = 4,
  graph = 5,
  floats = 6,
  integers = 7,
  strings = 8,
  tensors = 9,
  graphs = 10,
  sparse_tensor = 11,
  sparse_tensors = 12,
  type = 13,
  types = 14,
};

struct ValueField {  // ValueInfoProto
  static constexpr Field name = 1, type = 2, doc_string = 3, metadata_props = 4;
};

struct TypeField {
  static constexpr Field tensor_type = 1, sequence_type = 4, map_type = 5, denotation = 6, opaque_type = 7,
                         sparse_tensor_type = 8, optional_type = 9;
};

struct TensorTypeField {  // of tensor_type and sparse_tensor_type
  static constexpr Field elem_type = 1, shape = 2;
};

struct ElementTypeField {  // of sequence_type and optional_type
  static constexpr Field elem_type = 1;
};

struct MapTypeField {
  static constexpr Field key_type = 1, value_type = 2;
};

struct ShapeField {
  static constexpr Field dim = 1;
};

struct DimField {
  static constexpr Field dim_value = 1, dim_param = 2, denotation = 3;
};

struct TensorField {
  static constexpr Field dims = 1, data_type = 2, segment = 3, float_data = 4, int32_data = 5,
                         string_data = 6, int64_data = 7, name = 8, raw_data = 9, double_data = 10,
                         uint64_data = 11, doc_string = 12, external_data = 13, data_location = 14,
                         metadata_props = 16;
};
inline constexpr int32_t kDataLocationExternal = 1;

struct SparseTensorField {
  static constexpr Field values = 1, indices = 2, dims = 3;
};

}  // namespace modelconv::onnx
