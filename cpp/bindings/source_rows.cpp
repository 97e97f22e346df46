#include "bindings/source_rows.h"

#include <pybind11/stl.h>

#include "base/error.h"
#include "bindings/bind_tensor.h"

namespace modelconv {
namespace {

namespace py = pybind11;

template <class T>
bool all_are(const py::sequence& items) {
  for (const py::handle item : items)
    if (!py::isinstance<T>(item)) return false;
  return true;
}

}  // namespace

Shape shape_from(const SizeList& given) {
  if (!given) return {};
  std::vector<Dim> dims;
  for (const SourceDimension& size : *given) {
    if (const auto* number = std::get_if<int64_t>(&size))
      dims.emplace_back(*number);
    else if (const auto* symbol = std::get_if<std::string>(&size))
      dims.push_back(Dim::symbol(*symbol));
    else
      dims.emplace_back();
  }
  return dims;
}

DType dtype_named(const std::string& name) {
  const auto dtype = dtype_from_name(name);
  ENSURE(dtype, MalformedModelError, "there is no element type '{}'", name);
  return *dtype;
}

Attribute plain_attribute(const pybind11::handle& value) {
  if (py::isinstance<py::str>(value)) return value.cast<std::string>();
  if (py::isinstance<py::int_>(value)) return value.cast<int64_t>();
  if (py::isinstance<py::float_>(value)) return value.cast<float>();
  if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) {
    const auto items = py::reinterpret_borrow<py::sequence>(value);
    if (all_are<py::int_>(items)) return value.cast<std::vector<int64_t>>();
    if (all_are<py::str>(items)) return value.cast<std::vector<std::string>>();
    return value.cast<std::vector<float>>();
  }
  return tensor_from_numpy(value);
}

Tensor constant_from(const pybind11::object& given) {
  if (!py::isinstance<py::tuple>(given)) return tensor_from_numpy(given);
  const auto [dtype, patterns] = given.cast<std::pair<std::string, py::object>>();
  return tensor_from_numpy(patterns, dtype_named(dtype));
}

}  // namespace modelconv
