// TensorFlow's element types and shapes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ir/type.h"
#include "wire/protobuf.h"

namespace modelconv::tensorflow {

// DType::undefined for types that have no counterpart (resource, variant). Reference types (number + 100) are those
// that they refer to; quantised integers are plain integers.
DType dtype_from_number(int64_t number);
// Nothing when TensorFlow has no such type.
std::optional<int64_t> number_of(DType dtype);

// TensorShapeProto; sizes below zero are unknown dimensions.
Shape decode_shape(protobuf::Reader message);

// Gives unknown dimensions names made of `name` and the axis ("image_dim0"), so that equal ones stay known as equal.
Shape name_unknown_dims(Shape shape, std::string_view name);

}  // namespace modelconv::tensorflow
