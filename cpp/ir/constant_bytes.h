#pragma once

#include <cstdint>

#include "ir/graph.h"

namespace modelconv {

// Bytes of all constants, those of subgraphs too.
uint64_t constant_bytes(const Graph& graph);

}  // namespace modelconv
