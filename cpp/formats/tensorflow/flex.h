// TensorFlow's operators inside files of another format: TFLite's "Flex" operators carry a NodeDef.
#pragma once

#include "formats/common/format.h"
#include "ir/graph.h"

namespace modelconv::tensorflow {

// Nodes "flex.X", whose attribute "node_def" holds the encoded NodeDef and whose outputs have types, raised by TensorFlow's
// own rules.
void raise_flex(Graph& graph, const CustomOps& custom_ops);

}  // namespace modelconv::tensorflow
