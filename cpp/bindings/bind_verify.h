// Comparison of tensors.
#pragma once

#include <pybind11/pybind11.h>

namespace modelconv {

void bind_verify(pybind11::module_& m);

}  // namespace modelconv
