// custom_ops: Python functions that build what replaces an operator.
#pragma once

#include <pybind11/pybind11.h>

#include <map>
#include <string>

#include "formats/common/format.h"

namespace modelconv {

using PythonFunctions = std::map<std::string, pybind11::function>;

// The functions as the readers call them, without the GIL held. Each gets (node, builder) and returns the value, or the
// tuple of values, that stand for the node's outputs.
CustomOps custom_ops_from(const PythonFunctions& functions);

void bind_custom_ops(pybind11::module_& m);

}  // namespace modelconv
