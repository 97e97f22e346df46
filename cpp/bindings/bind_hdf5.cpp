#include "bindings/bind_hdf5.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>

#include "base/utf8.h"
#include "wire/hdf5/file.h"

namespace modelconv {
namespace {

namespace py = pybind11;
using namespace py::literals;
using hdf5::Datatype;

// Arrays view the buffer, and hold it.
struct CoreHdf5 {
  explicit CoreHdf5(const py::buffer& given) : buffer(given), info(given.request()), file(bytes_of(info)) {}

  static Bytes bytes_of(const py::buffer_info& info) {
    return {static_cast<const std::byte*>(info.ptr), static_cast<size_t>(info.size * info.itemsize)};
  }

  py::buffer buffer;
  py::buffer_info info;
  hdf5::File file;
};
using CoreHdf5Ptr = std::shared_ptr<CoreHdf5>;

// Objects are the file's; the same address is the same object.
struct CoreHdf5Object {
  CoreHdf5Ptr owner;
  hdf5::Object* object;
};

py::bytes python_bytes(std::string_view text) { return {text.data(), text.size()}; }

// Bytes that are not UTF-8 come as os.fsdecode() gives them, so that every name can be asked for again.
py::str python_name(std::string_view name) {
  PyObject* decoded =
      PyUnicode_DecodeUTF8(name.data(), static_cast<py::ssize_t>(name.size()), "surrogateescape");
  if (decoded == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(decoded);
}

std::string core_name(const py::str& name) {
  const auto encoded =
      py::reinterpret_steal<py::bytes>(PyUnicode_AsEncodedString(name.ptr(), "utf-8", "surrogateescape"));
  if (!encoded) throw py::error_already_set();
  return encoded;
}

[[noreturn]] void refuse(const Datatype& type) {
  throw MalformedModelError(fmt::format("its elements are {}, which are not read", type.name));
}

std::string numpy_name(const Datatype& type) {
  if (type.is_number()) return type.numpy_name();
  if (type.kind == Datatype::Kind::text) return fmt::format("S{}", type.size);
  if (type.kind == Datatype::Kind::long_text) return "O";
  refuse(type);
}

py::tuple shape_of(const hdf5::Dataspace& space) {
  py::tuple shape(space.dims.size());
  for (size_t i = 0; i < space.dims.size(); ++i) shape[i] = space.dims[i];
  return shape;
}

// Nobody may write into the file.
py::array read_only(py::array array) {
  array.attr("setflags")("write"_a = false);
  return array;
}

py::array text_array(const Datatype& type, Bytes bytes, uint64_t count) {
  py::array array(py::dtype(numpy_name(type)), static_cast<py::ssize_t>(count));
  auto* target = static_cast<char*>(array.mutable_data());
  std::fill_n(target, bytes.size(), '\0');
  for (size_t i = 0; i < count; ++i) {
    const std::string_view text = hdf5::text_in(bytes.subspan(i * type.size, type.size), type.padding);
    std::copy(text.begin(), text.end(), target + i * type.size);
  }
  return array;
}

py::object long_text_array(hdf5::File& file, const Datatype& type, Bytes bytes, uint64_t count) {
  py::list texts;
  for (const std::string_view text : file.texts(type, bytes, count)) texts.append(python_bytes(text));
  return py::module_::import("numpy").attr("array")(texts, "dtype"_a = "O");
}

// `base` keeps the bytes.
py::object array_of(hdf5::File& file, const Datatype& type, const hdf5::Dataspace& space, Bytes bytes,
                    const py::object& base) {
  const uint64_t count = space.count();
  space.bytes(type.size);  // NumPy asks the same of its shapes
  py::object flat;
  if (type.kind == Datatype::Kind::long_text)
    flat = long_text_array(file, type, bytes, count);
  else if (type.kind == Datatype::Kind::text)
    flat = text_array(type, bytes, count);
  else
    flat = read_only(
        py::array(py::dtype(numpy_name(type)), static_cast<py::ssize_t>(count), bytes.data(), base));
  return flat.attr("reshape")(shape_of(space));
}

// None: there is no such attribute, or it is empty.
py::object attribute_of(CoreHdf5Object& self, const py::str& name) {
  const auto value = self.object->attribute(core_name(name));
  if (!value || value->space.is_null) return py::none();
  return array_of(self.owner->file, value->type, value->space, value->bytes, self.owner->buffer);
}

py::list attribute_names(CoreHdf5Object& self) {
  py::list names;
  for (const hdf5::Attribute& attribute : self.object->attributes())
    names.append(python_name(attribute.name));
  return names;
}

py::list link_names(CoreHdf5Object& self) {
  py::list names;
  for (const hdf5::Link& link : self.object->links()) names.append(python_name(link.name));
  return names;
}

// None: there is no such member. Else the object, or the path of a soft link, or why it cannot be followed.
py::object link_of(CoreHdf5Object& self, const py::str& name) {
  const hdf5::Link* link = self.object->find_link(core_name(name));
  if (link == nullptr) return py::none();
  switch (link->kind) {
    case hdf5::Link::Kind::hard:
      return py::cast(CoreHdf5Object{self.owner, &self.owner->file.object(link->address)});
    case hdf5::Link::Kind::soft: return python_name(link->target);
    default: return py::bool_(false);
  }
}

py::object array_of_dataset(CoreHdf5Object& self) {
  const hdf5::Dataset& dataset = self.object->dataset();
  numpy_name(dataset.type);  // refuses before anything is read
  const hdf5::Elements& elements = self.object->elements();
  py::object base = self.owner->buffer;
  if (elements.owner) {
    auto held = std::make_unique<std::shared_ptr<const std::vector<std::byte>>>(elements.owner);
    base = py::capsule(held.release(), [](void* pointer) {
      delete static_cast<std::shared_ptr<const std::vector<std::byte>>*>(pointer);
    });
  }
  return array_of(self.owner->file, dataset.type, dataset.space, elements.bytes, base);
}

}  // namespace

void bind_hdf5(py::module_& m) {
  py::class_<CoreHdf5, CoreHdf5Ptr>(m, "Hdf5File")
      .def(py::init<const py::buffer&>(), "data"_a)
      .def("root", [](const CoreHdf5Ptr& self) { return CoreHdf5Object{self, &self->file.root()}; });
  py::class_<CoreHdf5Object>(m, "Hdf5Object")
      .def_property_readonly("address", [](const CoreHdf5Object& self) { return self.object->address(); })
      .def_property_readonly("is_group", [](const CoreHdf5Object& self) { return self.object->is_group(); })
      .def_property_readonly("is_dataset",
                             [](const CoreHdf5Object& self) { return self.object->is_dataset(); })
      .def("root",
           [](const CoreHdf5Object& self) { return CoreHdf5Object{self.owner, &self.owner->file.root()}; })
      .def("links", &link_names)
      .def("link", &link_of, "name"_a)
      .def("attributes", &attribute_names)
      .def("attribute", &attribute_of, "name"_a)
      .def_property_readonly("is_null",
                             [](CoreHdf5Object& self) { return self.object->dataset().space.is_null; })
      .def_property_readonly("shape",
                             [](CoreHdf5Object& self) { return shape_of(self.object->dataset().space); })
      .def_property_readonly("is_text",
                             [](CoreHdf5Object& self) { return self.object->dataset().type.is_text(); })
      .def("array", &array_of_dataset);
}

}  // namespace modelconv
