#include "bindings/bind_model.h"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "base/error.h"
#include "bindings/bind_tensor.h"
#include "eval/evaluator.h"
#include "ir/text.h"
#include "pipeline/convert.h"

namespace modelconv {
namespace {

namespace py = pybind11;
using namespace py::literals;

using ModelPtr = std::shared_ptr<Model>;

std::vector<RuntimeValue> take_inputs(const Graph& graph, const py::dict& given) {
  std::vector<std::string> names;
  for (const Value* input : graph.inputs()) names.push_back(input->name());
  for (const auto& [key, value] : given) {
    const auto name = key.cast<std::string>();
    ENSURE(std::find(names.begin(), names.end(), name) != names.end(), BadArgument,
           "the model has no input '{}'", name);
  }
  std::vector<RuntimeValue> inputs;
  for (const Value* input : graph.inputs()) {
    const py::str name(input->name());
    ENSURE(given.contains(name), BadArgument, "input '{}' ({}) is missing", input->name(), input->type.str());
    inputs.push_back(value_from_python(given[name], input->type));
  }
  return inputs;
}

py::dict run(const Model& model, const py::dict& given, int threads, uint64_t seed) {
  const Graph& graph = *model.graph;
  std::vector<RuntimeValue> values = take_inputs(graph, given);
  {
    const py::gil_scoped_release without_gil;
    Evaluator evaluator(graph, {threads, seed, {}});
    values = evaluator.run(std::move(values));
  }
  py::dict results;
  for (size_t i = 0; i < values.size(); ++i)
    results[py::str(graph.outputs()[i].name)] = python_from_value(values[i]);
  return results;
}

ModelPtr load_bytes(const py::bytes& bytes) {
  const std::string_view view = bytes;
  auto owner = std::make_shared<py::bytes>(bytes);
  // Tensors view the bytes; the last of them may go on a thread without the GIL.
  const std::shared_ptr<const void> keep_alive(view.data(), [owner = std::move(owner)](const void*) mutable {
    const py::gil_scoped_acquire gil;
    owner.reset();
  });
  const py::gil_scoped_release without_gil;
  return std::make_shared<Model>(load_model(std::as_bytes(std::span(view.data(), view.size())), keep_alive));
}

}  // namespace

void bind_model(py::module_& m) {
  py::class_<Model, ModelPtr>(m, "Model")
      .def("run", &run, "inputs"_a, py::kw_only(), "threads"_a = 0, "seed"_a = 0)
      .def(
          "save",
          [](const Model& model, const std::filesystem::path& path, std::optional<int64_t> opset,
             std::optional<bool> external_data) {
            SaveOptions options;
            options.opset = opset;
            options.external_data = external_data;
            save_model(model, path, options);
          },
          "path"_a, py::kw_only(), "opset"_a = std::nullopt, "external_data"_a = std::nullopt,
          py::call_guard<py::gil_scoped_release>())
      .def("text", [](const Model& model) { return to_text(*model.graph); })
      .def_property_readonly("input_names",
                             [](const Model& model) {
                               std::vector<std::string> names;
                               for (const Value* input : model.graph->inputs())
                                 names.push_back(input->name());
                               return names;
                             })
      .def_property_readonly("output_names", [](const Model& model) {
        std::vector<std::string> names;
        for (const GraphOutput& output : model.graph->outputs()) names.push_back(output.name);
        return names;
      });
  m.def("load", &load_bytes, "bytes"_a);
  m.def(
      "load", [](const std::filesystem::path& path) { return std::make_shared<Model>(load_model(path)); },
      "path"_a, py::call_guard<py::gil_scoped_release>());
}

}  // namespace modelconv
