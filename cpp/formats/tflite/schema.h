// Field numbers of the TFLite file format, by table. Source: tensorflow/compiler/mlir/lite/schema/schema.fbs, version 3c.
// Numbers of operators and their options are in schema_operators.cpp and schema_options.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace modelconv::tflite {

using Field = size_t;

inline constexpr std::string_view kIdentifier = "TFL3";
inline constexpr uint32_t kSchemaVersion = 3;

struct ModelField {
  static constexpr Field version = 0, operator_codes = 1, subgraphs = 2, description = 3, buffers = 4,
                         metadata_buffer = 5, metadata = 6, signature_defs = 7, external_buffer_groups = 8,
                         external_buffers = 9;
};

struct OperatorCodeField {
  static constexpr Field deprecated_builtin_code = 0, custom_code = 1, version = 2, builtin_code = 3;
};
// The first field is a byte; operators with higher numbers put this there.
inline constexpr int8_t kGreaterOpCodes = 127;
inline constexpr int32_t kCustomOperator = 32;

struct SubGraphField {
  static constexpr Field tensors = 0, inputs = 1, outputs = 2, operators = 3, name = 4;
};

struct OperatorField {
  static constexpr Field opcode_index = 0, inputs = 1, outputs = 2, builtin_options_type = 3,
                         builtin_options = 4, custom_options = 5, custom_options_format = 6,
                         mutating_variable_inputs = 7, intermediates = 8, large_custom_options_offset = 9,
                         large_custom_options_size = 10, builtin_options_2_type = 11, builtin_options_2 = 12;
};
inline constexpr int32_t kNoTensor = -1;  // among an operator's inputs: left out

struct TensorField {
  static constexpr Field shape = 0, type = 1, buffer = 2, name = 3, quantization = 4, is_variable = 5,
                         sparsity = 6, shape_signature = 7, has_rank = 8, variant_tensors = 9,
                         external_buffer = 10;
};

struct QuantizationField {
  static constexpr Field min = 0, max = 1, scale = 2, zero_point = 3, details_type = 4, details = 5,
                         quantized_dimension = 6;
};

struct SparsityField {
  static constexpr Field traversal_order = 0, block_map = 1, dim_metadata = 2;
};
struct DimensionField {
  static constexpr Field format = 0, dense_size = 1, array_segments_type = 2, array_segments = 3,
                         array_indices_type = 4, array_indices = 5;
};

// Data may also lie behind the flatbuffer, where offsets of 32 bits do not reach: then offset and size say where.
struct BufferField {
  static constexpr Field data = 0, offset = 1, size = 2;
};
inline constexpr size_t kBufferAlignment = 16;

struct MetadataField {
  static constexpr Field name = 0, buffer = 1;
};

struct SignatureField {
  static constexpr Field inputs = 0, outputs = 1, signature_key = 2, subgraph_index = 4;
};
struct TensorMapField {
  static constexpr Field name = 0, tensor_index = 1;
};

}  // namespace modelconv::tflite
