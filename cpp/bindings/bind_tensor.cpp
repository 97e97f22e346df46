#include "bindings/bind_tensor.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstring>
#include <map>

#include "base/error.h"

namespace modelconv {
namespace {

namespace py = pybind11;

struct DTypeName {
  DType dtype;
  const char* numpy;  // of NumPy itself, or of ml_dtypes
};

// Source of the lower half: the documentation of ml_dtypes.
constexpr DTypeName kNames[] = {
    {DType::float32, "float32"},
    {DType::float64, "float64"},
    {DType::float16, "float16"},
    {DType::int8, "int8"},
    {DType::int16, "int16"},
    {DType::int32, "int32"},
    {DType::int64, "int64"},
    {DType::uint8, "uint8"},
    {DType::uint16, "uint16"},
    {DType::uint32, "uint32"},
    {DType::uint64, "uint64"},
    {DType::boolean, "bool"},
    {DType::complex64, "complex64"},
    {DType::complex128, "complex128"},
    {DType::bfloat16, "bfloat16"},
    {DType::float8e4m3fn, "float8_e4m3fn"},
    {DType::float8e4m3fnuz, "float8_e4m3fnuz"},
    {DType::float8e5m2, "float8_e5m2"},
    {DType::float8e5m2fnuz, "float8_e5m2fnuz"},
    {DType::float8e8m0, "float8_e8m0fnu"},
    {DType::float4e2m1, "float4_e2m1fn"},
    {DType::float6e2m3, "float6_e2m3fn"},
    {DType::float6e3m2, "float6_e3m2fn"},
    {DType::int4, "int4"},
    {DType::uint4, "uint4"},
    {DType::int2, "int2"},
    {DType::uint2, "uint2"},
};

bool is_of_numpy(DType dtype) { return dtype <= DType::complex128; }

std::string numpy_name(DType dtype) {
  for (const DTypeName& entry : kNames)
    if (entry.dtype == dtype) return entry.numpy;
  throw BadArgument(fmt::format("{} has no NumPy type", name_of(dtype)));
}

DType dtype_of_array(const py::array& array) {
  const auto name = py::str(array.dtype().attr("name")).cast<std::string>();
  for (const DTypeName& entry : kNames)
    if (name == entry.numpy) return entry.dtype;
  const char kind = array.dtype().kind();
  if (kind == 'U' || kind == 'S' || kind == 'O') return DType::string;
  throw BadArgument(fmt::format("arrays of {} are not supported", name)).hint("convert the array first");
}

// The NumPy type under which elements of `dtype` are handed out, one per item.
py::dtype item_type(DType dtype) {
  if (is_of_numpy(dtype)) return py::dtype(numpy_name(dtype));
  try {
    return py::dtype::from_args(py::module_::import("ml_dtypes").attr(numpy_name(dtype).c_str()));
  } catch (py::error_already_set& error) {
    if (!error.matches(PyExc_ImportError) && !error.matches(PyExc_AttributeError)) throw;
    return py::dtype(bit_width(dtype) == 16 ? "uint16" : "uint8");
  }
}

py::object python_from_dim(const Dim& dim) {
  if (dim.is_known()) return py::int_(dim.value());
  const std::string text = dim.str();
  return text.starts_with('?') ? py::object(py::none()) : py::object(py::str(dim.as_symbol().value_or(text)));
}

// Owns a reference to a Python object; may be given up on any thread.
std::shared_ptr<const void> hold(py::object object) {
  return {object.release().ptr(), [](const void* held) {
            const py::gil_scoped_acquire gil;
            Py_DECREF(reinterpret_cast<PyObject*>(const_cast<void*>(held)));
          }};
}

Dims dims_of(const py::array& array) { return {array.shape(), array.shape() + array.ndim()}; }

Tensor strings_from_numpy(const py::array& array) {
  Tensor tensor = Tensor::allocate(DType::string, dims_of(array));
  const auto target = tensor.mutable_data<std::string>();
  size_t i = 0;
  for (const py::handle item : array.attr("ravel")()) {
    const bool is_bytes = PyBytes_Check(item.ptr());
    target[i++] = is_bytes ? item.cast<std::string>() : py::str(item).cast<std::string>();
  }
  return tensor;
}

// May an array of `given` stand for the bit patterns of `wanted`?
bool is_pattern_of(DType given, DType wanted) {
  if (is_of_numpy(wanted)) return false;
  if (bit_width(wanted) == 16) return given == DType::uint16 || given == DType::int16;
  return given == DType::uint8 || given == DType::int8;
}

}  // namespace

Tensor tensor_from_numpy(const py::handle& object, DType wanted) {
  py::array array = py::array::ensure(object, py::array::c_style);
  if (!array) throw BadArgument("this cannot be made a NumPy array");
  DType dtype = dtype_of_array(array);
  if (dtype == DType::string) return strings_from_numpy(array);
  if (array.dtype().byteorder() == '>') array = array.attr("astype")(array.dtype().attr("newbyteorder")("="));
  if (wanted != dtype && is_pattern_of(dtype, wanted)) dtype = wanted;
  const auto nbytes = static_cast<size_t>(array.nbytes());
  const auto* data = static_cast<const std::byte*>(array.data());
  Dims dims = dims_of(array);
  if (!is_packed(dtype))
    return Tensor::view(dtype, std::move(dims), Bytes(data, nbytes), hold(std::move(array)));
  Tensor tensor = Tensor::allocate(dtype, std::move(dims));
  pack(reinterpret_cast<const uint8_t*>(data), tensor.size(), dtype, tensor.mutable_bytes().data());
  return tensor;
}

py::object numpy_from_tensor(const Tensor& tensor) {
  const std::vector<py::ssize_t> shape(tensor.dims().begin(), tensor.dims().end());
  if (tensor.dtype() == DType::string) {
    py::list items;
    for (const std::string& text : tensor.data<std::string>()) {
      PyObject* item =
          PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "surrogateescape");
      if (!item) throw py::error_already_set();
      items.append(py::reinterpret_steal<py::object>(item));
    }
    const py::module_ numpy = py::module_::import("numpy");
    const py::object flat = numpy.attr("empty")(items.size(), py::arg("dtype") = "object");
    for (size_t i = 0; i < items.size(); ++i) flat[py::int_(i)] = items[i];
    return flat.attr("reshape")(shape);
  }
  const py::dtype item = item_type(tensor.dtype());
  if (is_packed(tensor.dtype())) {
    py::array_t<uint8_t> array(shape);
    unpack(tensor.dtype(), tensor.bytes().data(), tensor.size(), array.mutable_data());
    return array.attr("view")(item);
  }
  // Weights in a file need not be aligned for their type; NumPy reads them all the same.
  auto owner = std::make_unique<Tensor>(tensor);
  const py::capsule capsule(owner.release(), [](void* held) { delete static_cast<Tensor*>(held); });
  py::array array(item, shape, tensor.bytes().data(), capsule);
  if (!tensor.owns_memory()) array.attr("setflags")(py::arg("write") = false);
  return array;
}

RuntimeValue value_from_python(const py::handle& object, const Type& wanted) {
  if (object.is_none()) return {};
  const Type& inner = wanted.is_optional() && wanted.element ? *wanted.element : wanted;
  const bool is_list = py::isinstance<py::list>(object) || py::isinstance<py::tuple>(object);
  if (!inner.is_sequence() && !(is_list && !inner.is_tensor())) return tensor_from_numpy(object, inner.dtype);
  SequenceValue items;
  for (const py::handle item : object)
    items.push_back(value_from_python(item, inner.element ? *inner.element : Type()));
  return RuntimeValue::sequence(std::move(items));
}

py::object python_from_value(const RuntimeValue& value) {
  if (value.empty()) return py::none();
  if (value.is_tensor()) return numpy_from_tensor(value.tensor());
  py::list items;
  for (const RuntimeValue& item : value.sequence()) items.append(python_from_value(item));
  return items;
}

py::object python_from_shape(const Shape& shape) {
  if (!shape.has_rank()) return py::none();
  py::tuple sizes(shape.rank());
  for (size_t i = 0; i < shape.rank(); ++i) sizes[i] = python_from_dim(shape[i]);
  return sizes;
}

}  // namespace modelconv
