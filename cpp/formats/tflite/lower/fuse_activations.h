// Activations that the operator in front of them computes along.
#pragma once

#include "ir/graph.h"

namespace modelconv::tflite {

// In a graph of "tflite.X": RELU, RELU6 and RELU_N1_TO_1 go into the option fused_activation_function of the operator that
// they alone read.
void fuse_activations(Graph& graph);

}  // namespace modelconv::tflite
