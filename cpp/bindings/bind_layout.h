// Order of axes of images.
#pragma once

#include <pybind11/pybind11.h>

namespace modelconv {

void bind_layout(pybind11::module_& m);

}  // namespace modelconv
