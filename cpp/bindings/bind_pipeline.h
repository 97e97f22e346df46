// load, save, simplify, extract, formats.
#pragma once

#include <pybind11/pybind11.h>

namespace modelconv {

void bind_pipeline(pybind11::module_& m);

}  // namespace modelconv
