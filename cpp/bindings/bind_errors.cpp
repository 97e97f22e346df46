#include "bindings/bind_errors.h"

#include <pybind11/stl.h>

#include <filesystem>

#include "base/error.h"
#include "base/utf8.h"

namespace modelconv {
namespace {

namespace py = pybind11;

// An instance of modelconv.errors.<name>, with the parts of the message as attributes.
py::object make_exception(const char* name, const Error& error) {
  // Names of files and what is in them may be any bytes.
  py::object exception = py::module_::import("modelconv.errors").attr(name)(valid_utf8(error.what()));
  exception.attr("message") = valid_utf8(error.message());
  exception.attr("where") = valid_utf8(error.where());
  exception.attr("why") = valid_utf8(error.why());
  exception.attr("hint") = valid_utf8(error.hint());
  return exception;
}

void raise(const py::object& exception) {
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
}

void raise_unsupported(const UnsupportedOpError& error) {
  const py::object missing_op = py::module_::import("modelconv.errors").attr("MissingOp");
  py::list ops;
  for (const MissingOp& op : error.ops()) {
    py::list nodes;
    for (const std::string& node : op.nodes) nodes.append(valid_utf8(node));
    ops.append(missing_op(valid_utf8(op.op), nodes, valid_utf8(op.reason)));
  }
  py::object exception = make_exception("UnsupportedOpError", error);
  exception.attr("ops") = ops;
  raise(exception);
}

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const UnsupportedOpError& error) {
    raise_unsupported(error);
  } catch (const UnknownFormatError& error) {
    raise(make_exception("UnknownFormatError", error));
  } catch (const MalformedModelError& error) {
    raise(make_exception("MalformedModelError", error));
  } catch (const ShapeError& error) {
    raise(make_exception("ShapeError", error));
  } catch (const BadArgument& error) {
    raise(make_exception("BadArgumentError", error));
  } catch (const FileError& error) {
    raise(make_exception("FileError", error));
  } catch (const Error& error) {
    raise(make_exception("InternalError", error));
  } catch (const std::filesystem::filesystem_error& error) {
    raise(make_exception("FileError", FileError(error.what())));
  }
}

}  // namespace

void bind_errors(py::module_&) { py::register_exception_translator(translate); }

}  // namespace modelconv
