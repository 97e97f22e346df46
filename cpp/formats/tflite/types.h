// Element types of the schema.
#pragma once

#include <optional>
#include <string_view>

#include "base/dtype.h"
#include "ir/tensor.h"

namespace modelconv::tflite {

// Undefined for RESOURCE and VARIANT, which are no tensors; nothing for numbers that the schema does not have.
std::optional<DType> dtype_of_number(int64_t tensor_type);
DType dtype_named(std::string_view tensor_type);        // of an option: "INT32"
std::optional<int8_t> tensor_type_number(DType dtype);  // nothing: TFLite has no such type
std::string_view tensor_type_name(DType dtype);         // "INT32"; InternalError where TFLite has none

// Strings in a buffer: their number, where each begins and the last one ends, then all characters.
Tensor read_strings(Bytes bytes, Dims dims);
std::string write_strings(const Tensor& tensor);

}  // namespace modelconv::tflite
