// Constants that are the same are stored once.
#pragma once

#include "ir/graph.h"

namespace modelconv::tflite {

// Small ones of the same type, contents and quantisation: biases of zeros, shapes, axes, pads. Large weights that are the same
// were found before lowering.
void share_constants(Graph& graph);

}  // namespace modelconv::tflite
