// Models in Python.
#pragma once

#include <pybind11/pybind11.h>

namespace modelconv {

void bind_model(pybind11::module_& m);

}  // namespace modelconv
