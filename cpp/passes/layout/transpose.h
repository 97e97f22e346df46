// Facts about Transpose nodes that the rules of this folder share.
#pragma once

#include <optional>

#include "ir/graph.h"
#include "ops/axes.h"

namespace modelconv {

// The permutation of a Transpose node; nothing for other operators, and where it follows from an unknown rank.
std::optional<Permutation> permutation_of(const Node& node);

// Axes of size 1 carry no elements: when the others keep their order, nothing moves in memory.
bool keeps_memory_order(const Shape& shape, const Permutation& p);

}  // namespace modelconv
