#pragma once

#include "ir/graph.h"

namespace modelconv::tflite {

// Subgraphs of a file see nothing of what is around them: what those of IF and WHILE use from outside becomes inputs, which
// a WHILE hands on from iteration to iteration. Constants are written again inside; equal bytes are stored once.
void close_subgraphs(Graph& graph);

}  // namespace modelconv::tflite
