// Element types that TFLite's operators do not compute with.
#pragma once

#include "ir/graph.h"

namespace modelconv::tflite {

// Casts around canonical nodes whose element type LiteRT has no kernel for: float16 and float64 compute as float32, integers
// that are not quantised as int32 or int64. What only moves values keeps its type where there are kernels for it.
void widen_types(Graph& graph);

}  // namespace modelconv::tflite
