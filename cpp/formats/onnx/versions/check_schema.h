// Whether an operator set can say a node.
#pragma once

#include "ir/graph.h"
#include "ops/schema.h"

namespace modelconv::onnx {

// Removes attributes that the schema does not know and whose value the newest schema has as its default. Returns why the
// node does not fit (a type, an input, an output or an attribute that the schema lacks), or an empty string.
std::string fit_to_schema(Node& node, const OpSchema& schema);

}  // namespace modelconv::onnx
