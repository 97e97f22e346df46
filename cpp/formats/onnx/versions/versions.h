// Operator sets other than the canonical one, as dialects: "onnx13.Squeeze" is Squeeze as opset 13 defines it.
#pragma once

#include "ir/graph.h"

namespace modelconv {

inline constexpr int64_t kOldestReadOpset = 6, kOldestWrittenOpset = 7;

// "onnx13"; empty for the canonical opset.
std::string dialect_of(int64_t opset);

// The operator is of the default domain, at whatever opset.
bool is_default_domain(OpName op);

// Turns every node of a dialect "onnxN", subgraphs included, into canonical operators and infers all types on the way.
// UnsupportedOpError naming every operator for which there is no way.
void raise_to_canonical_opset(Graph& graph);

// The other direction: every canonical node becomes one of "onnx<opset>". Nodes of other domains stay as they are.
// UnsupportedOpError naming every operator, dtype, input or attribute that the older operator set cannot say.
void lower_from_canonical_opset(Graph& graph, int64_t opset);

}  // namespace modelconv
