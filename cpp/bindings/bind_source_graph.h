// A graph of a format's own operators, decoded in Python.
#pragma once

#include <pybind11/pybind11.h>

namespace modelconv {

void bind_source_graph(pybind11::module_& m);

}  // namespace modelconv
