#pragma once

#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {

// Over the last axis of `x`: a softmax in each group of classes.
Term tree_softmax(const Term& x, const std::vector<int64_t>& group_sizes);
// Each class's probability times those of all its ancestors.
Term tree_products(const Term& probabilities, const std::vector<int64_t>& parents);

}  // namespace modelconv::darknet
