// A source graph that is raised while it grows, so that its decoder can ask for types.
#pragma once

#include <pybind11/pybind11.h>

namespace modelconv {

void bind_growing_graph(pybind11::module_& m);

}  // namespace modelconv
