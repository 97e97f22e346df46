// Every graph of a model as plain data, for pictures and comparisons in Python.
#pragma once

#include <pybind11/pybind11.h>

namespace modelconv {

void bind_graph_listing(pybind11::module_& m);

}  // namespace modelconv
