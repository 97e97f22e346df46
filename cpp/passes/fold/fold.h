// Constant folding by our own kernels.
#pragma once

#include "passes/pass.h"

namespace modelconv {

// Growth of the file, in bytes, that folding one node may cause when no fold_limit is given: a node with its names takes
// some hundred bytes itself, so this counts as none.
inline constexpr int64_t kDefaultFoldLimit = 1024;

// Nodes whose inputs are all constant become constants, unless that makes the file larger (PassOptions::fold_limit).
Pass fold_constants_pass();

// Nodes that depend on constants alone become constants together where that does not make the file larger than its source
// (PassOptions::source_bytes).
Pass fold_regions_pass();

// Values of shape computations whose elements inference knows become constants, whatever their inputs are.
Pass fold_known_elements_pass();

// Repeated nodes (same operator, inputs, attributes) become one.
Pass share_subexpressions_pass();

// Constants with the same dtype, shape and bytes become one.
Pass share_constants_pass();

}  // namespace modelconv
