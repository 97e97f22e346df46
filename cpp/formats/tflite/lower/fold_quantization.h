// From float operators between DEQUANTIZE and QUANTIZE to integer operators.
#pragma once

#include "ir/graph.h"

namespace modelconv::tflite {

// In a graph of "tflite.X": an operator whose data inputs are dequantised and whose outputs are quantised computes with the
// integers themselves, where LiteRT has that kernel and its conditions hold: the same parameters on both sides of what
// only moves values, fixed ones behind SOFTMAX and its like (with a QUANTIZE behind that takes them to the wanted ones),
// symmetric weights, biases with the product of the scales. Everything else stays as it is.
void fold_quantization(Graph& graph);

}  // namespace modelconv::tflite
