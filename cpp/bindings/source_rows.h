// Parts of a source graph as Python gives them.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ir/attribute.h"
#include "ir/type.h"

namespace modelconv {

using SourceDimension = std::variant<std::monostate, int64_t, std::string>;
using SizeList = std::optional<std::vector<SourceDimension>>;  // nothing: any rank

Shape shape_from(const SizeList& given);
DType dtype_named(const std::string& name);  // MalformedModelError when there is none of that name
Attribute plain_attribute(const pybind11::handle& value);
// An array, or (element type, bit patterns) for types that NumPy does not have.
Tensor constant_from(const pybind11::object& given);

}  // namespace modelconv
