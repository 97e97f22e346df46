// Why Transposes are left after they were moved.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

// One sentence for each Transpose between an image operator in channels-last form (ops/channels_last.h), with the
// operators of its order around it, and whatever keeps the Transpose where it is.
std::vector<std::string> explain_remaining_transposes(const Graph& graph);

}  // namespace modelconv
