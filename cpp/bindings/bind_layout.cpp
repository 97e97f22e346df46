#include "bindings/bind_layout.h"

#include <pybind11/stl.h>

#include "bindings/core_model.h"
#include "passes/layout/channels_last.h"
#include "pipeline/convert.h"

namespace modelconv {
namespace {

namespace py = pybind11;
using namespace py::literals;

template <class Layout>
RestoringOrders set_layout(CoreModel& core, const Layout& layout) {
  core.changed();
  return set_input_layout(*core.model.graph, layout);
}

}  // namespace

void bind_layout(py::module_& m) {
  auto model = m.attr("Model").cast<py::class_<CoreModel, CoreModelPtr>>();
  model.def("set_input_layout", &set_layout<std::string>, "layout"_a)
      .def("set_input_layout", &set_layout<std::map<std::string, std::string>>, "layouts"_a)
      // What writers of channels-last formats do first; here so that the form can be looked at and run.
      .def("to_channels_last", [](CoreModel& core) {
        core.changed();
        const py::gil_scoped_release without_gil;
        return to_channels_last(*core.model.graph);
      });
}

}  // namespace modelconv
