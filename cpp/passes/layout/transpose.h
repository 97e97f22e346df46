// Facts about Transpose nodes that the rules of this folder share.
#pragma once

#include <optional>

#include "ir/graph.h"
#include "ops/axes.h"

namespace modelconv {

// The permutation of a Transpose node; nothing for other operators, and where it follows from an unknown rank.
std::optional<Permutation> permutation_of(const Node& node);

}  // namespace modelconv
