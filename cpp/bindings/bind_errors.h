// The core's errors as the exceptions of modelconv.errors.
#pragma once

#include <pybind11/pybind11.h>

namespace modelconv {

void bind_errors(pybind11::module_& m);

}  // namespace modelconv
