// Moving Transposes through one node by its axis rule: what the rules of this folder do.
#pragma once

#include "ops/op_def.h"
#include "passes/layout/transpose.h"
#include "rewrite/rule.h"

namespace modelconv {

// The permutation that makes `value`: it is the output of a Transpose in the same graph.
std::optional<Permutation> transposed_by(const Value* value, const Graph& graph);

// Input `value` transposed by `p`, without a node where it can be helped.
Value& transposed(Patch& patch, Value& value, const Permutation& p);

// Large constants are not copied into another order when somebody else still needs them in the old one.
bool copies_shared_weights(const Node& node, const AxisMove& move);

// The node's inputs fed as `move` says.
std::vector<Value*> moved_inputs(const Node& node, Patch& patch, const AxisMove& move);

// The node with its inputs fed as `move` says, and the old outputs recovered from the new ones.
Outcome apply_move(Node& node, Patch& patch, const AxisMove& move);

}  // namespace modelconv
