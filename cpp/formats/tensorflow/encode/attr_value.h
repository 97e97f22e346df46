// Attributes and tensors as TensorFlow's messages.
#pragma once

#include "formats/tensorflow/encode/signature.h"
#include "wire/protobuf.h"

namespace modelconv::tensorflow {

protobuf::Writer encode_shape(const Shape& shape);  // TensorShapeProto; symbolic sizes are -1
// Large contents are referenced, not copied.
protobuf::Writer encode_tensor(const Tensor& tensor);
protobuf::Writer encode_attr(AttrKind kind, const Attribute& attribute);  // AttrValue
protobuf::Writer encode_type_attr(int64_t type);
protobuf::Writer encode_types_attr(const std::vector<int64_t>& types);
protobuf::Writer encode_int_attr(int64_t value);
protobuf::Writer encode_bool_attr(bool value);
protobuf::Writer encode_string_attr(std::string_view text);
protobuf::Writer encode_function_attr(std::string_view name);

// One entry of a map<string, Message>, as the field `field` of `writer`.
void add_entry(protobuf::Writer& writer, uint32_t field, std::string_view key, const protobuf::Writer& value);

}  // namespace modelconv::tensorflow
