// uint8 quantisation as int8.
#pragma once

#include "ir/graph.h"

namespace modelconv::tflite {

// LiteRT's integer kernels compute with int8. Values that are quantised to uint8 between QuantizeLinear and DequantizeLinear, and
// uint8 constants behind DequantizeLinear, become int8 with the same scale and everything 128 lower, which is exact. Inputs
// and outputs of the model keep their type, with a step from one to the other.
void shift_to_int8(Graph& graph);

}  // namespace modelconv::tflite
