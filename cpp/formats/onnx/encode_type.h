// Type to TypeProto.
#pragma once

#include "ir/graph.h"
#include "wire/protobuf.h"

namespace modelconv::onnx {

// `metadata` may hold denotations under the keys of metadata_keys.h.
protobuf::Writer encode_type(const Type& type, const Metadata& metadata = {});

}  // namespace modelconv::onnx
