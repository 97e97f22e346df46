// Reshapes that what stands in front of them can do as well.
#pragma once

#include "ir/graph.h"

namespace modelconv::tflite {

// A RESHAPE that puts back the axes of size 1 which a MEAN (or another reduction) has dropped, or drops those that it kept:
// the reduction does so itself. Of two RESHAPEs in a row the second is enough.
void fuse_reshapes(Graph& graph);

}  // namespace modelconv::tflite
