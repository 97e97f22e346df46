#include "bindings/bind_errors.h"

#include <pybind11/stl.h>

#include "base/error.h"

namespace modelconv {
namespace {

namespace py = pybind11;

// An instance of modelconv.errors.<name>, with the parts of the message as attributes.
py::object make_exception(const char* name, const Error& error) {
  py::object exception = py::module_::import("modelconv.errors").attr(name)(error.what());
  exception.attr("message") = error.message();
  exception.attr("where") = error.where();
  exception.attr("why") = error.why();
  exception.attr("hint") = error.hint();
  return exception;
}

void raise(const py::object& exception) {
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
}

void raise_unsupported(const UnsupportedOpError& error) {
  const py::object missing_op = py::module_::import("modelconv.errors").attr("MissingOp");
  py::list ops;
  for (const MissingOp& op : error.ops()) ops.append(missing_op(op.op, op.nodes, op.reason));
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
  }
}

}  // namespace

void bind_errors(py::module_&) { py::register_exception_translator(translate); }

}  // namespace modelconv
