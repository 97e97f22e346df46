// The graph as plain data, for writers in Python.
#pragma once

#include <pybind11/pybind11.h>

namespace modelconv {

void bind_target_graph(pybind11::module_& m);

}  // namespace modelconv
