// What an ONNX file says of a value that ir/graph.h has no field for is kept in Value::metadata under these keys, so that
// reading and writing lose nothing.
#pragma once

#include <string_view>

namespace modelconv::onnx {

inline constexpr std::string_view kDocKey = "onnx.doc_string";
inline constexpr std::string_view kTypeDenotationKey = "onnx.type_denotation";
inline constexpr std::string_view kDimDenotationKey = "onnx.dim_denotation.";  // and the axis
inline constexpr std::string_view kQuantizationKey =
    "onnx.quantization.";  // and the parameter (SCALE_TENSOR, ...)
inline constexpr std::string_view kReservedPrefix = "onnx.";

}  // namespace modelconv::onnx
