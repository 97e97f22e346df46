#include "formats/common/raised_part.h"

#include <algorithm>

#include "formats/common/subgraph.h"
#include "ir/provenance.h"
#include "rewrite/driver.h"

namespace modelconv {
namespace {

// All values of `graph` that a node reads, also from within its subgraphs.
std::vector<const Value*> values_read(const Node& node) {
  std::vector<const Value*> values;
  const auto add = [&](const Value* value) {
    if (value && &value->graph() == &node.graph()) values.push_back(value);
  };
  for (const Value* input : node.inputs()) add(input);
  for (const Graph* subgraph : node.subgraphs()) {
    for_each_node(*subgraph, [&](const Node& inner) {
      for (const Value* input : inner.inputs()) add(input);
    });
    for (const GraphOutput& output : subgraph->outputs()) add(output.value);
  }
  return values;
}

std::unordered_set<const Value*> depending_on_inputs(const Graph& graph) {
  std::unordered_set<const Value*> varying(graph.inputs().begin(), graph.inputs().end());
  for (const auto& node : graph.nodes()) {
    const std::vector<const Value*> read = values_read(*node);
    if (std::none_of(read.begin(), read.end(), [&](const Value* value) { return varying.contains(value); }))
      continue;
    for (const Value* output : node->outputs())
      if (output) varying.insert(output);
  }
  return varying;
}

}  // namespace

std::vector<std::string> cuts_before(const Graph& graph, const SpoiltValues& spoilt) {
  const std::unordered_set<const Value*> varying = depending_on_inputs(graph);
  std::vector<std::string> names;
  const auto add = [&](const Value& value, const std::string& name) {
    if (value.is_input() || spoilt.contains(&value) || !varying.contains(&value) || name.empty()) return;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  const auto is_spoilt = [&](const Value* value) { return value && spoilt.contains(value); };
  for (const auto& node : graph.nodes()) {
    if (std::none_of(node->outputs().begin(), node->outputs().end(), is_spoilt)) continue;
    for (const Value* value : values_read(*node)) add(*value, source_name_of(*value));
  }
  if (spoilt.empty()) return {};
  for (const GraphOutput& output : graph.outputs()) add(*output.value, output.name);
  return names;
}

std::vector<std::string> cuts_behind(const Graph& graph, const SpoiltValues& refused) {
  std::unordered_set<const Value*> reached;
  std::vector<const Value*> waiting;
  for (const GraphOutput& output : graph.outputs()) {
    if (refused.contains(output.value)) return {};
    waiting.push_back(output.value);
  }
  while (!waiting.empty()) {
    const Value* value = waiting.back();
    waiting.pop_back();
    if (!reached.insert(value).second || refused.contains(value) || !value->producer()) continue;
    for (const Value* read : values_read(*value->producer())) waiting.push_back(read);
  }
  std::vector<std::string> names;
  for (const Value* input : graph.inputs())
    if (reached.contains(input)) names.push_back(input->name());
  const size_t own = names.size();
  for (const auto& node : graph.nodes())
    for (const Value* output : node->outputs())
      if (output && refused.contains(output) && reached.contains(output))
        names.push_back(source_name_of(*output));
  if (names.size() == own || std::find(names.begin(), names.end(), "") != names.end()) return {};
  return names;
}

bool begin_at(Graph& graph, const std::vector<std::string>& names) {
  std::vector<Value*> begins;
  for (const std::string& name : names) {
    Value* value = graph.find_value(name);
    if (!value) return false;
    if (!value->is_input()) begins.push_back(value);
  }
  for (Value* value : begins) {
    const std::string name = value->name();
    Value& input = graph.add_input(name, value->type);
    graph.replace_all_uses(*value, input);
    graph.rename(*value, name + "_cut");
    graph.rename(input, name);
  }
  remove_unused(graph);
  return true;
}

bool reduce_to(Graph& graph, const std::vector<std::string>& names, const SpoiltValues& spoilt) {
  std::vector<Value*> wanted;
  for (const std::string& name : names) {
    Value* value = graph.find_value(name);
    for (const GraphOutput& output : graph.outputs())
      if (output.name == name) value = output.value;
    if (!value || spoilt.contains(value)) return false;
    wanted.push_back(value);
  }
  take_outputs(graph);
  for (size_t i = 0; i < names.size(); ++i) graph.add_output(names[i], *wanted[i], wanted[i]->type);
  remove_unused(graph);
  return true;
}

}  // namespace modelconv
