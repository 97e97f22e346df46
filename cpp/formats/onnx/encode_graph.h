// Graph to GraphProto.
#pragma once

#include "formats/onnx/encode_tensor.h"
#include "ir/graph.h"

namespace modelconv::onnx {

// The graph is lowered and its outputs are named (name_outputs). `external` may be null.
protobuf::Writer encode_graph(const Graph& graph, ExternalWriter* external);

void add_pair(protobuf::Writer& writer, uint32_t field, std::string_view key, std::string_view value);

}  // namespace modelconv::onnx
