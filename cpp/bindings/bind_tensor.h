// NumPy arrays and what flows through a graph.
#pragma once

#include <pybind11/pybind11.h>

#include "ops/kernel.h"

namespace modelconv {

// Without copying where the array is contiguous and in native byte order. Arrays of ml_dtypes (bfloat16, float8_e4m3fn,
// int4, ...) are understood; where `wanted` is such a type, an unsigned array of its bit patterns is taken too (one
// element per byte for types below 8 bits). Strings come as arrays of str or objects.
Tensor tensor_from_numpy(const pybind11::handle& array, DType wanted = DType::undefined);

// A view that keeps the tensor alive; read-only when the tensor views a file. Types that NumPy lacks come as those of
// ml_dtypes, where it is installed, else as bit patterns in uint8 or uint16; strings as an object array of str.
pybind11::object numpy_from_tensor(const Tensor& tensor);

// None is an empty optional, a list or tuple a sequence, anything else what numpy.asarray makes of it.
RuntimeValue value_from_python(const pybind11::handle& object, const Type& wanted);
pybind11::object python_from_value(const RuntimeValue& value);

// A tuple of sizes; a str is a dynamic dimension's name or formula, None an unnamed one. None altogether: any rank.
pybind11::object python_from_shape(const Shape& shape);

}  // namespace modelconv
