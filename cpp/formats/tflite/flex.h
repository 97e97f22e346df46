// TensorFlow's operators inside TFLite files ("select TensorFlow operators").
#pragma once

#include "formats/common/format.h"
#include "ir/graph.h"

namespace modelconv::tflite {

// Custom operators "FlexX" become "flex.X" with the attribute "node_def", for TensorFlow's reader (Format::raise),
// but for those that the user has a function for.
void mark_flex_operators(Graph& graph, const CustomOps& custom_ops);

}  // namespace modelconv::tflite
