#include "bindings/bind_model.h"

#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <map>

#include "base/error.h"
#include "bindings/bind_tensor.h"
#include "bindings/core_model.h"
#include "ir/constant_bytes.h"
#include "ir/provenance.h"
#include "ir/text.h"
#include "pipeline/convert.h"
#include "verify/inputs.h"

namespace modelconv {
namespace {

namespace py = pybind11;
using namespace py::literals;

// --- inputs, outputs, weights

py::tuple describe(const std::string& name, const Type& type) {
  if (!type.is_tensor()) return py::make_tuple(name, type.str(), py::none());
  return py::make_tuple(name, name_of(type.dtype), python_from_shape(type.shape));
}

py::list inputs_of(const CoreModel& core) {
  py::list rows;
  for (const Value* input : core.model.graph->inputs()) rows.append(describe(input->name(), input->type));
  return rows;
}

// What the source declares of an output carries the dimensions' names; where it says nothing, inference does.
py::list outputs_of(const CoreModel& core) {
  py::list rows;
  for (const GraphOutput& output : core.model.graph->outputs()) {
    const bool declared = output.declared.is_tensor() && output.declared.shape.has_rank();
    rows.append(describe(output.name, declared ? output.declared : output.value->type));
  }
  return rows;
}

py::object read_only(py::object array) {
  array.attr("setflags")("write"_a = false);
  return array;
}

py::dict weights_of(const CoreModel& core) {
  py::dict weights;
  for (const auto& constant : core.model.graph->constants())
    weights[py::str(constant->name())] = read_only(numpy_from_tensor(constant->constant()));
  return weights;
}

// The element types behind weights(): what NumPy lacks may be bit patterns there.
std::map<std::string, std::string> weight_types_of(const CoreModel& core) {
  std::map<std::string, std::string> types;
  for (const auto& constant : core.model.graph->constants())
    types[constant->name()] = name_of(constant->constant().dtype());
  return types;
}

// --- running

std::vector<RuntimeValue> take_inputs(const Graph& graph, const py::dict& given) {
  std::vector<std::string> names;
  for (const Value* input : graph.inputs()) names.push_back(input->name());
  for (const auto& [key, value] : given) {
    const auto name = key.cast<std::string>();
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::vector<std::string> near = nearest_names(name, names);
    throw ShapeError(fmt::format("the model has no input '{}'", name))
        .hint(near.empty() ? "see Model.inputs" : fmt::format("did you mean '{}'?", near[0]));
  }
  std::vector<RuntimeValue> inputs;
  for (const Value* input : graph.inputs()) {
    const py::str name(input->name());
    ENSURE(given.contains(name), ShapeError, "input '{}' ({}) is missing", input->name(), input->type.str());
    inputs.push_back(value_from_python(given[name], input->type));
  }
  return inputs;
}

// An output that is an input, a weight or another output as it is must not share its memory with the caller's array.
RuntimeValue unshared(const RuntimeValue& value) {
  if (!value.is_tensor() || value.tensor().dtype() == DType::string) return value;
  const Tensor& tensor = value.tensor();
  if (tensor.owns_memory() && tensor.keep_alive().use_count() == 1) return value;
  Tensor copy = Tensor::allocate(tensor.dtype(), tensor.dims());
  std::copy(tensor.bytes().begin(), tensor.bytes().end(), copy.mutable_bytes().begin());
  return copy;
}

py::dict name_outputs(const Graph& graph, const std::vector<RuntimeValue>& values) {
  py::dict results;
  for (size_t i = 0; i < values.size(); ++i)
    results[py::str(graph.outputs()[i].name)] = python_from_value(unshared(values[i]));
  return results;
}

py::dict run(CoreModel& core, const py::dict& given, int threads, uint64_t seed,
             std::optional<int64_t> iteration_limit) {
  const Graph& graph = *core.model.graph;
  std::vector<RuntimeValue> values = take_inputs(graph, given);
  {
    const py::gil_scoped_release without_gil;
    const std::lock_guard lock(core.mutex);
    if (seed != 0 || iteration_limit) {  // the plan for the usual options is the one that is kept
      EvalOptions options{threads, seed};
      options.iteration_limit = iteration_limit.value_or(kDefaultIterationLimit);
      values = Evaluator(graph, std::move(options)).run(std::move(values));
    } else {
      if (!core.evaluator || core.threads != threads) {
        core.evaluator = std::make_unique<Evaluator>(graph, EvalOptions{threads});
        core.threads = threads;
      }
      values = core.evaluator->run(std::move(values));
    }
  }
  return name_outputs(graph, values);
}

// Values of the main graph that a node reads, those that its subgraphs capture included; constants are left out.
py::list names_read_by(const Node& node) {
  std::vector<const Value*> read;
  const auto note = [&](const Value* value) {
    if (!value || value->is_constant() || &value->graph() != &node.graph()) return;
    if (std::find(read.begin(), read.end(), value) == read.end()) read.push_back(value);
  };
  for (const Value* input : node.inputs()) note(input);
  for (const Graph* subgraph : node.subgraphs()) {
    for_each_node(*subgraph, [&](const Node& inner) {
      for (const Value* input : inner.inputs()) note(input);
    });
    for (const GraphOutput& output : subgraph->outputs()) note(output.value);
  }
  py::list names;
  for (const Value* value : read) names.append(value->name());
  return names;
}

// The main graph's nodes in order: name in the source model, operator, names of inputs, and of each output its own name
// and that of the source model's tensor that it equals ("" when there is none).
py::list nodes_of(const CoreModel& core) {
  py::list rows;
  for (const auto& node : core.model.graph->nodes()) {
    py::list outputs;
    for (const Value* output : node->outputs())
      if (output) outputs.append(py::make_tuple(output->name(), source_name_of(*output)));
    rows.append(py::make_tuple(node->origin.empty() ? node->name() : node->origin, node->op().str(),
                               names_read_by(*node), outputs));
  }
  return rows;
}

// Calls observe(name, value) for each output of each node of the main graph; a result other than None takes the value's
// place.
py::dict run_observed(CoreModel& core, const py::dict& given, const py::function& observe, int threads,
                      uint64_t seed) {
  const Graph& graph = *core.model.graph;
  EvalOptions options{threads, seed, [&](const Node& node, std::vector<RuntimeValue>& values) {
                        const py::gil_scoped_acquire with_gil;
                        for (size_t i = 0; i < values.size(); ++i) {
                          const Value* output = node.output(i);
                          if (!output) continue;
                          const py::object other = observe(output->name(), python_from_value(values[i]));
                          if (!other.is_none()) values[i] = value_from_python(other, output->type);
                        }
                      }};
  std::vector<RuntimeValue> values = take_inputs(graph, given);
  {
    const py::gil_scoped_release without_gil;
    values = Evaluator(graph, std::move(options)).run(std::move(values));
  }
  return name_outputs(graph, values);
}

py::dict make_up_inputs(const CoreModel& core, uint64_t seed, const std::map<std::string, int64_t>& sizes,
                        int64_t length) {
  const Graph& graph = *core.model.graph;
  const std::vector<RuntimeValue> values = make_inputs(graph, {seed, sizes, length});
  py::dict inputs;
  for (size_t i = 0; i < values.size(); ++i)
    inputs[py::str(graph.inputs()[i]->name())] = python_from_value(values[i]);
  return inputs;
}

// String attributes may hold bytes that are no text.
py::object text_of(const CoreModel& core) {
  const std::string text = to_text(*core.model.graph);
  PyObject* decoded =
      PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "backslashreplace");
  if (!decoded) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(decoded);
}

}  // namespace

void bind_model(py::module_& m) {
  py::class_<CoreModel, CoreModelPtr>(m, "Model")
      .def_property_readonly("inputs", &inputs_of)
      .def_property_readonly("outputs", &outputs_of)
      .def_property_readonly("weight_count",
                             [](const CoreModel& core) { return core.model.graph->constants().size(); })
      .def_property_readonly("weight_bytes",
                             [](const CoreModel& core) { return constant_bytes(*core.model.graph); })
      .def_property_readonly("source_format", [](const CoreModel& core) { return core.model.source_format; })
      .def_property_readonly("notes", [](const CoreModel& core) { return core.model.notes; })
      .def_property_readonly("metadata", [](const CoreModel& core) { return core.model.metadata; })
      .def("op_counts", [](const CoreModel& core) { return op_counts(*core.model.graph); })
      .def("weights", &weights_of)
      .def("weight_types", &weight_types_of)
      .def("text", &text_of)
      .def("clone", [](const CoreModel& core) { return std::make_shared<CoreModel>(core.model.clone()); })
      .def("run", &run, "inputs"_a, py::kw_only(), "threads"_a = 0, "seed"_a = 0,
           "iteration_limit"_a = std::nullopt)
      .def("nodes", &nodes_of)
      .def("run_observed", &run_observed, "inputs"_a, "observe"_a, py::kw_only(), "threads"_a = 0,
           "seed"_a = 0)
      .def("make_inputs", &make_up_inputs, py::kw_only(), "seed"_a = 0,
           "sizes"_a = std::map<std::string, int64_t>{}, "length"_a = 8);
}

}  // namespace modelconv
