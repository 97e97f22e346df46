// Versions of builtin operators.
#pragma once

#include "ir/graph.h"

namespace modelconv::tflite {

// The lowest version of the operator that has what this node needs.
int32_t operator_version(const Node& node);

}  // namespace modelconv::tflite
