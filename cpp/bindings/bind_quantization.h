// Quantisation of a model's graph.
#pragma once

#include <pybind11/pybind11.h>

namespace modelconv {

void bind_quantization(pybind11::module_& m);

}  // namespace modelconv
