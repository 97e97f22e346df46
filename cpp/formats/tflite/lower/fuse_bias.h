// Sums with a constant become part of what stands in front of them.
#pragma once

#include "ir/graph.h"

namespace modelconv::tflite {

// ADD of a constant, one number or one per channel, to the result of a convolution or product: its bias. The activation that
// ADD has fused goes along.
void fuse_bias(Graph& graph);

}  // namespace modelconv::tflite
