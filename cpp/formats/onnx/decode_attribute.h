// AttributeProto to Attribute.
#pragma once

#include "formats/onnx/decode_graph.h"

namespace modelconv::onnx {

// `parent`: the graph of the node; `argument` says where the names in subgraphs count.
Attribute decode_attribute(ModelContext& model, const Argument& argument, Graph& parent);

}  // namespace modelconv::onnx
