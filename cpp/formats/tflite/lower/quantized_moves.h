// Operators that move elements, when what they move are integers with a scale.
#pragma once

#include "ir/graph.h"

namespace modelconv::tflite {

// QuantizeLinear, then Reshape or MaxPool or the like on its integers: as the same on floats between DequantizeLinear and
// QuantizeLinear, from which fold_quantization() makes operators that know the scale. The integers stay the same.
void unfold_quantized_moves(Graph& graph);

}  // namespace modelconv::tflite
