// TypeProto to Type.
#pragma once

#include "ir/graph.h"
#include "wire/protobuf.h"

namespace modelconv::onnx {

struct DecodedType {
  Type type;            // dimensions without a name are unknown
  Metadata denotation;  // under the keys of metadata_keys.h
};

DecodedType decode_type(protobuf::Reader&& reader);

// Throws MalformedModelError for a number that is no DType.
DType decode_dtype(int64_t number, std::string_view what);

}  // namespace modelconv::onnx
