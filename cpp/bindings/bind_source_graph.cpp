#include "bindings/bind_source_graph.h"

#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <unordered_map>

#include "base/error.h"
#include "bindings/bind_custom_ops.h"
#include "bindings/core_model.h"
#include "bindings/source_rows.h"
#include "pipeline/convert.h"

namespace modelconv {
namespace {

namespace py = pybind11;
using namespace py::literals;
using Names = std::vector<std::string>;
using Callback = std::optional<std::function<void(std::string, int64_t, int64_t)>>;
// Values are called by numbers that the caller gave them; -1 is an input or output left out.
using Handle = int64_t;

struct GraphBuilder {
  std::unique_ptr<Graph> graph = std::make_unique<Graph>();
  const GraphBuilder* enclosing = nullptr;  // whose values can be used here too
  std::unordered_map<Handle, Value*> values;

  Value* find(Handle handle) const {
    if (handle < 0) return nullptr;
    if (const auto found = values.find(handle); found != values.end()) return found->second;
    ENSURE(enclosing, InternalError, "value {} of the source graph is used before it is there", handle);
    return enclosing->find(handle);
  }
};

std::unique_ptr<Graph> subgraph_from(const py::dict& parts, const GraphBuilder& enclosing);

Attribute attribute_from(const py::handle& value, const GraphBuilder& builder) {
  if (py::isinstance<py::dict>(value))
    return GraphPtr(subgraph_from(py::reinterpret_borrow<py::dict>(value), builder));
  return plain_attribute(value);
}

Attrs attrs_from(const std::map<std::string, py::object>& given, const GraphBuilder& builder) {
  Attrs attrs;
  for (const auto& [name, value] : given) attrs.set(name, attribute_from(value, builder));
  return attrs;
}

using InputRow = std::tuple<Handle, std::string, std::string, SizeList>;  // name, element type, shape
using ConstantRow = std::tuple<Handle, std::string, py::object>;
using NodeRow = std::tuple<std::string, std::string, std::vector<Handle>,
                           std::vector<std::pair<Handle, std::string>>, std::map<std::string, py::object>>;
using OutputRow = std::pair<Handle, std::string>;

void add_nodes(GraphBuilder& builder, const std::vector<NodeRow>& nodes) {
  for (const auto& [op, name, inputs, outputs, attrs] : nodes) {
    std::vector<Value*> arguments;
    for (const Handle input : inputs) arguments.push_back(builder.find(input));
    Names output_names;
    for (const auto& [handle, output] : outputs)
      output_names.push_back(handle < 0 ? Graph::kNoOutput : output);
    const Node& node = builder.graph->add_node(op, arguments, attrs_from(attrs, builder), output_names, name);
    for (size_t i = 0; i < outputs.size(); ++i) builder.values[outputs[i].first] = node.output(i);
  }
}

void fill(GraphBuilder& builder, const std::vector<InputRow>& inputs,
          const std::vector<ConstantRow>& constants, const std::vector<NodeRow>& nodes,
          const std::vector<OutputRow>& outputs) {
  Graph& graph = *builder.graph;
  for (const auto& [handle, name, dtype, shape] : inputs)
    builder.values[handle] = &graph.add_input(name, Type::tensor(dtype_named(dtype), shape_from(shape)));
  for (const auto& [handle, name, array] : constants)
    builder.values[handle] = &graph.add_constant(constant_from(array), name);
  add_nodes(builder, nodes);
  for (const auto& [handle, name] : outputs) {
    Value* value = builder.find(handle);
    ENSURE(value, MalformedModelError, "output '{}' has no value", name);
    graph.add_output(name, *value);
  }
}

// A dict with the keys of load_graph: "inputs", "constants", "nodes", "outputs".
std::unique_ptr<Graph> subgraph_from(const py::dict& parts, const GraphBuilder& enclosing) {
  GraphBuilder builder;
  builder.graph = std::make_unique<Graph>("body", enclosing.graph.get());
  builder.enclosing = &enclosing;
  fill(builder, parts["inputs"].cast<std::vector<InputRow>>(),
       parts["constants"].cast<std::vector<ConstantRow>>(), parts["nodes"].cast<std::vector<NodeRow>>(),
       parts["outputs"].cast<std::vector<OutputRow>>());
  return std::move(builder.graph);
}

CoreModelPtr load(const std::vector<InputRow>& inputs, const std::vector<ConstantRow>& constants,
                  const std::vector<NodeRow>& nodes, const std::vector<OutputRow>& outputs,
                  const std::string& source_format, const std::string& where, Names cut_inputs,
                  Names cut_outputs, const Names& notes, const PythonFunctions& custom_ops,
                  Callback progress) {
  LoadOptions options;
  options.source_format = source_format;
  options.inputs = std::move(cut_inputs);
  options.outputs = std::move(cut_outputs);
  options.custom_ops = custom_ops_from(custom_ops);
  if (progress)
    options.progress = [callback = std::move(*progress)](std::string_view stage, int64_t done,
                                                         int64_t total) {
      callback(std::string(stage), done, total);
    };
  GraphBuilder builder;
  fill(builder, inputs, constants, nodes, outputs);
  CoreModelPtr core;
  {
    const py::gil_scoped_release without_gil;
    core = std::make_shared<CoreModel>(load_graph(std::move(builder.graph), where, options));
  }
  std::vector<std::string>& said = core->model.notes;
  said.insert(said.begin(), notes.begin(), notes.end());
  return core;
}

}  // namespace

void bind_source_graph(py::module_& m) {
  m.def("load_graph", &load, "inputs"_a, "constants"_a, "nodes"_a, "outputs"_a, py::kw_only(),
        "source_format"_a, "where"_a, "cut_inputs"_a = Names{}, "cut_outputs"_a = Names{},
        "notes"_a = Names{}, "custom_ops"_a = PythonFunctions{}, "progress"_a = std::nullopt);
}

}  // namespace modelconv
