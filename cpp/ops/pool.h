// Average pooling for the quantised pools.
#pragma once

#include <vector>

#include "ops/infer.h"
#include "ops/kernel.h"

namespace modelconv {

void infer_pool(InferContext& context);

// With the node's attributes; returns the dims of y.
Dims average_pool(ThreadPool& threads, const Node& node, const Dims& dims, const std::vector<float>& x,
                  std::vector<float>& y);

}  // namespace modelconv
