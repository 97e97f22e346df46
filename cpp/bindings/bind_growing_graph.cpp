#include "bindings/bind_growing_graph.h"

#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <unordered_map>

#include "base/error.h"
#include "bindings/bind_custom_ops.h"
#include "bindings/bind_tensor.h"
#include "bindings/core_model.h"
#include "bindings/source_rows.h"
#include "formats/common/index_input.h"
#include "formats/common/mapping.h"
#include "ops/infer.h"
#include "pipeline/all_formats.h"
#include "pipeline/convert.h"

namespace modelconv {
namespace {

namespace py = pybind11;
using namespace py::literals;
using Names = std::vector<std::string>;
using Handle = int64_t;

// The main graph or one inside of it. Handles are given out by the outermost one.
class GrowingGraph {
 public:
  GrowingGraph(const std::string& format, const PythonFunctions& custom_ops)
      : format_(format), custom_ops_(custom_ops_from(custom_ops)), graph_(std::make_shared<Graph>()) {
    const auto make = format_named(format).raiser;
    ENSURE(make, InternalError, "{} does not raise node by node", format);
    raiser_ = make(custom_ops_);
  }

  explicit GrowingGraph(GrowingGraph& outer)
      : outer_(&outer), graph_(std::make_shared<Graph>("body", outer.graph_.get())) {}

  Handle input(const std::string& name, const std::string& dtype, const SizeList& shape) {
    return keep(graph_->add_input(name, Type::tensor(dtype_named(dtype), shape_from(shape))));
  }

  Handle constant(const std::string& name, const py::object& array) {
    return keep(graph_->add_constant(constant_from(array), name));
  }

  std::vector<Handle> node(const std::string& op, const std::string& name, const std::vector<Handle>& inputs,
                           const Names& outputs, const std::map<std::string, py::object>& attributes) {
    Attrs attrs;
    for (const auto& [key, value] : attributes)
      attrs.set(key, py::isinstance<GrowingGraph>(value) ? Attribute(value.cast<GrowingGraph&>().graph_)
                                                         : plain_attribute(value));
    std::vector<Value*> arguments;
    for (const Handle handle : inputs) arguments.push_back(handle < 0 ? nullptr : &find(handle));
    Node& added = graph_->add_node(op, arguments, std::move(attrs), outputs, name);
    std::vector<Handle> handles;
    for (Value* value : root().raiser_->raise(added)) handles.push_back(keep(*value));
    return handles;
  }

  void output(const std::string& name, Handle handle) { graph_->add_output(name, find(handle)); }

  // (element type, shape), "" and None where they are not known.
  py::tuple type(Handle handle) {
    const Value& value = find(handle);
    const std::string dtype = value.dtype() == DType::undefined ? "" : std::string(name_of(value.dtype()));
    return py::make_tuple(dtype, python_from_shape(value.shape()));
  }

  // The integers that the value is known to hold; None where they depend on data.
  std::optional<std::vector<int64_t>> known_ints(Handle handle) {
    return modelconv::known_ints(find(handle));
  }

  CoreModelPtr finish(const std::string& where, Names cut_inputs, Names cut_outputs, const Names& notes) {
    raiser_->throw_if_missing();
    LoadOptions options;
    options.source_format = format_;
    options.inputs = std::move(cut_inputs);
    options.outputs = std::move(cut_outputs);
    options.custom_ops = custom_ops_;
    auto core = std::make_shared<CoreModel>(load_graph(graph_->clone(), where, options));
    core->model.notes.insert(core->model.notes.begin(), notes.begin(), notes.end());
    return core;
  }

  void throw_if_missing() { root().raiser_->throw_if_missing(); }

 private:
  GrowingGraph& root() { return outer_ ? outer_->root() : *this; }

  Handle keep(Value& value) {
    std::vector<Value*>& values = root().values_;
    values.push_back(&value);
    return static_cast<Handle>(values.size()) - 1;
  }

  Value& find(Handle handle) {
    const std::vector<Value*>& values = root().values_;
    ENSURE(handle >= 0 && static_cast<size_t>(handle) < values.size(), InternalError,
           "value {} of the source graph is not there", handle);
    return *values[static_cast<size_t>(handle)];
  }

  GrowingGraph* outer_ = nullptr;
  std::string format_;
  CustomOps custom_ops_;
  GraphPtr graph_;
  std::unique_ptr<GraphRaiser> raiser_;
  std::vector<Value*> values_;
};

}  // namespace

void bind_growing_graph(py::module_& m) {
  py::class_<GrowingGraph>(m, "GrowingGraph")
      .def(py::init<const std::string&, const PythonFunctions&>(), "source_format"_a, "custom_ops"_a)
      .def(
          "inner", [](GrowingGraph& outer) { return std::make_unique<GrowingGraph>(outer); },
          py::keep_alive<0, 1>())
      .def("input", &GrowingGraph::input, "name"_a, "dtype"_a, "shape"_a)
      .def("constant", &GrowingGraph::constant, "name"_a, "array"_a)
      .def("node", &GrowingGraph::node, "op"_a, "name"_a, "inputs"_a, "outputs"_a, "attributes"_a)
      .def("output", &GrowingGraph::output, "name"_a, "handle"_a)
      .def("type", &GrowingGraph::type, "handle"_a)
      .def("known_ints", &GrowingGraph::known_ints, "handle"_a)
      .def("throw_if_missing", &GrowingGraph::throw_if_missing)
      .def("finish", &GrowingGraph::finish, "where"_a, "cut_inputs"_a, "cut_outputs"_a, "notes"_a);
}

}  // namespace modelconv
