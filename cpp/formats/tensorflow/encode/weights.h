// Constants as they are written: a weight that only changes its layout does so when it is written, one at a time, and
// is not kept.
#pragma once

#include <optional>

#include "ir/graph.h"

namespace modelconv::tensorflow {

// The value is a constant, or one behind Transpose and Reshape with constant arguments.
bool is_weight(const Value& value);

// Bytes of its elements.
uint64_t weight_bytes(const Value& value);

// The elements: a view where the layout does not change.
Tensor read_weight(const Value& value);

// Constants of subgraphs above `bytes` become constants of the main graph, which functions can then be given.
void hoist_weights(Graph& main, uint64_t bytes);

}  // namespace modelconv::tensorflow
