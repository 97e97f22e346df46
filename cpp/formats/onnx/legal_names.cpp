#include "formats/onnx/legal_names.h"

#include <set>

#include "base/error.h"
#include "base/utf8.h"

namespace modelconv::onnx {
namespace {

using ValuesByName = std::unordered_map<std::string, Value*>;

void collect(Graph& graph, std::vector<Graph*>& graphs, ValuesByName& values) {
  graphs.push_back(&graph);
  for (Value* input : graph.inputs()) values[input->name()] = input;
  for (const auto& constant : graph.constants()) values[constant->name()] = constant.get();
  for (const auto& node : graph.nodes()) {
    for (Value* output : node->outputs())
      if (output) values[output->name()] = output;
    for (Graph* subgraph : node->subgraphs()) collect(*subgraph, graphs, values);
  }
}

class Namer {
 public:
  explicit Namer(Graph& graph) { collect(graph, graphs_, values_); }

  void run() {
    for (const auto& [name, value] : ValuesByName(values_))
      if (const std::string legal = valid_utf8(name); legal != name) rename(*value, legal);
    for (Graph* graph : graphs_) name_slots(*graph);
  }

 private:
  void rename(Value& value, const std::string& wanted) {
    values_.erase(value.name());
    value.graph().rename(value, wanted);
    values_[value.name()] = &value;
  }

  // No value but `owner` has the name afterwards, except an input, whose name the user knows.
  bool free_name(const std::string& name, const Value* owner) {
    const auto holder = values_.find(name);
    if (holder == values_.end() || holder->second == owner) return true;
    Value& value = *holder->second;
    if (value.is_input() && !value.graph().parent()) return false;
    rename(value, name + "_value");
    return true;
  }

  void name_slots(Graph& graph) {
    std::set<const Value*> named;
    for (size_t slot = 0; slot < graph.outputs().size(); ++slot) {
      const std::string wanted = valid_utf8(graph.outputs()[slot].name);
      Value* value = graph.outputs()[slot].value;
      const bool can_have_it = value->kind() == Value::Kind::node_output && &value->graph() == &graph &&
                               named.insert(value).second;
      const bool has_it = value->name() == wanted && &value->graph() == &graph && !value->is_constant();
      if (has_it) continue;
      if (graph.parent()) {  // nobody outside knows the name of a subgraph's output: its value keeps its own
        if (!can_have_it) value = &add_identity(graph, *value);
        if (!can_have_it) graph.set_output_value(slot, *value);
        values_[value->name()] = value;
        graph.rename_output(slot, value->name());
        continue;
      }
      // An input of that name that is not this value: the output must be called something else.
      const bool free = free_name(wanted, can_have_it ? value : nullptr);
      const std::string name = free ? wanted : graph.unique_name(wanted + "_output");
      if (!free) graph.rename_output(slot, name);
      if (!can_have_it) value = &add_identity(graph, *value);
      graph.set_output_value(slot, *value);
      rename(*value, name);
      ENSURE(value->name() == name, InternalError, "the name '{}' of an output is taken", name);
    }
  }

  static Value& add_identity(Graph& graph, Value& value) {
    Value& copy = *graph.add_node("Identity", {&value}).output();
    copy.type = value.type;
    return copy;
  }

  std::vector<Graph*> graphs_;
  ValuesByName values_;
};

}  // namespace

void name_outputs(Graph& graph) { Namer(graph).run(); }

void name_nodes(Graph& graph) {
  std::unordered_map<std::string, size_t> taken;  // name -> last suffix
  for_each_node(graph, [&](const Node& node) { taken.try_emplace(node.name(), 0); });
  std::set<std::string> seen;
  for_each_node(graph, [&](Node& node) {
    if (node.name().empty() || seen.insert(node.name()).second) return;
    const std::string stem = node.name();
    std::string name;
    do name = fmt::format("{}_{}", stem, ++taken[stem]);
    while (!taken.try_emplace(name, 0).second);
    seen.insert(name);
    node.set_name(name);
  });
}

}  // namespace modelconv::onnx
