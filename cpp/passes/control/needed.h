// What a body computes for whom.
#pragma once

#include <unordered_set>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

// All values of `body` (its inputs included) that `roots` depend on, the roots among them. A node with a subgraph
// depends on what the subgraph captures.
std::unordered_set<const Value*> needed_for(const Graph& body, const std::vector<const Value*>& roots);

// What the node reads: its inputs, and what its subgraphs read from outside of themselves.
std::vector<Value*> values_read(const Node& node);

}  // namespace modelconv
