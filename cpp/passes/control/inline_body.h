// The nodes of a subgraph, put into the graph around it.
#pragma once

#include <unordered_map>
#include <vector>

#include "rewrite/patch.h"

namespace modelconv {

// Copies the nodes and constants of `body` in front of the patch's root, with `inputs` in place of the body's inputs.
// Returns what the body's outputs have become. Types are inferred anew: sizes may differ from one iteration to the next.
std::vector<Value*> inline_body(Patch& patch, const Graph& body, const std::vector<Value*>& inputs);

// A copy of `body` for an attribute of a new node in the patch's graph. `copies` receives original -> copy.
GraphPtr copy_body(Patch& patch, const Graph& body,
                   std::unordered_map<const Value*, Value*>* copies = nullptr);

// Number of nodes, subgraphs included.
int64_t count_nodes(const Graph& graph);

}  // namespace modelconv
