#include "bindings/bind_graph_listing.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <unordered_map>

#include "bindings/core_model.h"
#include "ir/provenance.h"
#include "ir/quote.h"
#include "ir/text_elements.h"

namespace modelconv {
namespace {

namespace py = pybind11;
using namespace py::literals;

// What is shown of a list, a string, a tensor: the listing is for looking, and must not grow with the weights.
constexpr size_t kShownItems = 64;
constexpr size_t kShownCharacters = 400;
constexpr int64_t kShownElements = 8;

// String attributes may hold bytes that are no text.
py::str decoded(std::string_view text) {
  PyObject* object =
      PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "backslashreplace");
  if (!object) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(object);
}

std::string shown(int64_t value) { return std::to_string(value); }
std::string shown(float value) { return syntax::float_text(value); }
std::string shown(const Type& value) { return value.str(); }
std::string shown(const GraphPtr& value) { return fmt::format("graph of {} nodes", value->node_count()); }
std::string shown(const std::string& value) {
  if (value.size() <= kShownCharacters) return quote(value);
  return fmt::format("{}... {} bytes", quote(value.substr(0, kShownCharacters)), value.size());
}
std::string elements_of(const Tensor& value) {  // strings may be of any length
  const std::string text = syntax::elements_text(value, static_cast<size_t>(value.size()));
  return text.size() <= kShownCharacters ? text : text.substr(0, kShownCharacters) + "...";
}
std::string shown(const Tensor& value) {
  const std::string type = std::string(name_of(value.dtype())) + to_string(value.dims());
  return value.size() > kShownElements ? type : type + " {" + elements_of(value) + "}";
}

template <class T>
std::string shown(const std::vector<T>& values) {
  std::string text = "[";
  const size_t count = std::min(values.size(), kShownItems);
  for (size_t i = 0; i < count; ++i) text += (i > 0 ? ", " : "") + shown(values[i]);
  if (count < values.size()) text += fmt::format(", ... {} in all", values.size());
  return text + "]";
}

class Listing {
 public:
  explicit Listing(const Graph& graph) { add(graph, py::none()); }

  py::dict take() { return py::dict("values"_a = values_, "graphs"_a = graphs_); }

 private:
  // All values of a graph are numbered before its subgraphs are entered: what those capture has a number.
  void add(const Graph& graph, const py::object& parent) {
    py::list inputs, outputs, nodes;
    py::dict row("name"_a = decoded(graph.name), "parent"_a = parent, "inputs"_a = inputs,
                 "outputs"_a = outputs, "nodes"_a = nodes);
    const size_t index = py::len(graphs_);
    graphs_.append(row);
    for (const Value* input : graph.inputs()) inputs.append(number(*input, "input"));
    for (const auto& constant : graph.constants()) number(*constant, "constant");
    for (const auto& node : graph.nodes())
      for (const Value* output : node->outputs())
        if (output) number(*output, "node");
    size_t position = 0;
    for (const auto& node : graph.nodes()) nodes.append(describe(*node, index, position++));
    for (const GraphOutput& output : graph.outputs())
      outputs.append(py::make_tuple(decoded(output.name), numbers_.at(output.value)));
  }

  size_t number(const Value& value, const char* kind) {
    const size_t next = numbers_.size();
    numbers_.emplace(&value, next);
    const bool is_small = value.is_constant() && value.constant().size() <= kShownElements;
    values_.append(py::make_tuple(decoded(value.name()), kind, value.type.str(),
                                  decoded(source_name_of(value)),
                                  decoded(is_small ? elements_of(value.constant()) : "")));
    return next;
  }

  py::list numbers_of(std::span<Value* const> values) const {
    py::list numbers;
    for (const Value* value : values) numbers.append(value ? static_cast<int64_t>(numbers_.at(value)) : -1);
    return numbers;
  }

  py::tuple describe(const Node& node, size_t graph, size_t position) {
    py::list attributes, subgraphs;
    const auto enter = [&](const std::string& name, const Graph& subgraph) {
      subgraphs.append(py::make_tuple(decoded(name), py::len(graphs_)));
      add(subgraph, py::make_tuple(graph, position, decoded(name)));
    };
    for (const auto& [name, attribute] : node.attrs) {
      attributes.append(py::make_tuple(
          decoded(name), decoded(std::visit([](const auto& value) { return shown(value); }, attribute))));
      if (const auto* one = std::get_if<GraphPtr>(&attribute)) enter(name, **one);
      if (const auto* many = std::get_if<std::vector<GraphPtr>>(&attribute))
        for (const GraphPtr& each : *many) enter(name, *each);
    }
    return py::make_tuple(node.op().str(), decoded(node.name()), decoded(node.origin),
                          numbers_of(node.inputs()), numbers_of(node.outputs()), attributes, subgraphs);
  }

  std::unordered_map<const Value*, size_t> numbers_;
  py::list values_, graphs_;
};

// The main graph first. A value is (name, "input" | "constant" | "node", type, the source model's tensor that it equals
// or "", elements of a small constant); a node (operator, name, name in the source or "", inputs and outputs as numbers
// of values with -1 for one left out, attributes as text, subgraphs as numbers of graphs); a graph's parent is (graph,
// position of the node in it, attribute).
py::dict graph_listing(const CoreModel& core) { return Listing(*core.model.graph).take(); }

}  // namespace

void bind_graph_listing(py::module_& m) { m.def("graph_listing", &graph_listing, "model"_a); }

}  // namespace modelconv
