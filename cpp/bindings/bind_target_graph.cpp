#include "bindings/bind_target_graph.h"

#include <pybind11/stl.h>

#include "bindings/core_model.h"

namespace modelconv {
namespace {

namespace py = pybind11;
using namespace py::literals;

py::object plain(const Attribute& attribute) {
  return std::visit(
      [](const auto& value) -> py::object {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, float> ||
                      std::is_same_v<T, std::string> || std::is_same_v<T, std::vector<int64_t>> ||
                      std::is_same_v<T, std::vector<float>> || std::is_same_v<T, std::vector<std::string>>)
          return py::cast(value);
        else
          return py::none();  // tensors and graphs: no writer in Python needs them
      },
      attribute);
}

// None where the rank is not known; None for a size that is not a number.
py::object plain(const Shape& shape) {
  if (!shape.has_rank()) return py::none();
  py::list sizes;
  for (const Dim& dim : shape.dims())
    if (dim.is_known())
      sizes.append(dim.value());
    else
      sizes.append(py::none());
  return sizes;
}

py::tuple describe(const Value& value) {
  return py::make_tuple(value.name(), std::string(name_of(value.dtype())), plain(value.shape()));
}

py::list describe_all(std::span<Value* const> values) {
  py::list rows;
  for (const Value* value : values)
    if (value)
      rows.append(describe(*value));
    else
      rows.append(py::none());
  return rows;
}

// Of the main graph: inputs and outputs of nodes as (name, element type, shape), None for one left out; outputs of the
// graph as (name, the value's name).
py::dict target_graph(const CoreModel& core) {
  const Graph& graph = *core.model.graph;
  py::list nodes, outputs;
  for (const auto& node : graph.nodes()) {
    py::dict attrs;
    for (const auto& [name, attribute] : node->attrs) attrs[py::str(name)] = plain(attribute);
    nodes.append(py::make_tuple(node->op().str(), node->name(), describe_all(node->inputs()),
                                describe_all(node->outputs()), attrs));
  }
  for (const GraphOutput& output : graph.outputs())
    outputs.append(py::make_tuple(output.name, output.value->name()));
  return py::dict("inputs"_a = describe_all(graph.inputs()), "nodes"_a = nodes, "outputs"_a = outputs);
}

}  // namespace

void bind_target_graph(py::module_& m) { m.def("target_graph", &target_graph, "model"_a); }

}  // namespace modelconv
