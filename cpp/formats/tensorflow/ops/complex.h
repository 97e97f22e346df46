// Complex numbers: see complex.cpp for how they are represented.
#pragma once

#include <string_view>

#include "ir/graph.h"

namespace modelconv::tensorflow {

bool knows_complex_numbers(std::string_view op);
// UnsupportedOpError naming all nodes that work on complex numbers without knowing how they are represented.
void refuse_complex_numbers(const Graph& graph);

}  // namespace modelconv::tensorflow
