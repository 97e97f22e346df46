// Names as ONNX wants them.
#pragma once

#include "ir/graph.h"

namespace modelconv::onnx {

// Gives every value that fills an output slot the slot's name, with an Identity in between where the value cannot have it:
// it is an input, a constant, of an enclosing graph, or fills another slot too. Other values that have such a name get
// another one. Names that are no valid UTF-8 are changed. Subgraphs included.
void name_outputs(Graph& graph);

// Gives nodes with a name that an earlier node has another one; subgraphs included. ONNX asks for it, ONNX Runtime insists.
void name_nodes(Graph& graph);

}  // namespace modelconv::onnx
