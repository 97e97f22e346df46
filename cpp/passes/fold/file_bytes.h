// How large a graph is as a file, near enough to weigh a constant against the nodes that compute it.
#pragma once

#include <cstdint>

#include "ir/graph.h"

namespace modelconv {

// Names, operator, attributes: what a node takes in the formats that store graphs as messages of named fields.
int64_t file_bytes(const Node& node);
// Nodes and constants, subgraphs included.
int64_t file_bytes(const Graph& graph);

}  // namespace modelconv
