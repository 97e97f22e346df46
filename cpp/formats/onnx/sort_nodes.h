// The order in which the nodes of a file can be built.
#pragma once

#include <vector>

#include "formats/onnx/messages.h"

namespace modelconv::onnx {

// The nodes so that each comes after those whose outputs it or its subgraphs use; the file's order is kept where it is
// one. Throws MalformedModelError for a cycle and for a name that two nodes produce.
std::vector<const NodeMessage*> sort_nodes(const std::vector<NodeMessage>& nodes);

// "Conv 'conv1'", or "Conv (output 'y')" when it has no name.
std::string describe(const NodeMessage& node);

}  // namespace modelconv::onnx
