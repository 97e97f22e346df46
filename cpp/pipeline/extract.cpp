// Cutting a model out between named tensors.
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "formats/common/subgraph.h"
#include "pipeline/convert.h"
#include "rewrite/driver.h"

namespace modelconv {
namespace {

using ValuesByName = std::unordered_map<std::string, Value*>;

// Values by name; names of outputs win, because those are the ones a user sees.
ValuesByName values_by_name(Graph& graph) {
  ValuesByName values;
  for (const auto& node : graph.nodes())
    for (Value* output : node->outputs())
      if (output) values[output->name()] = output;
  for (Value* input : graph.inputs()) values[input->name()] = input;
  for (const GraphOutput& output : graph.outputs()) values[output.name] = output.value;
  return values;
}

Value& find(const ValuesByName& values, const std::string& name) {
  const auto found = values.find(name);
  if (found != values.end()) return *found->second;
  std::vector<std::string> names;
  for (const auto& [candidate, value] : values) names.push_back(candidate);
  BadArgument error(fmt::format("the model has no tensor '{}'", name));
  std::string near;
  for (const std::string& candidate : nearest_names(name, names))
    near += (near.empty() ? "'" : ", '") + candidate + "'";
  error.hint(near.empty() ? "modelconv inspect --text shows every tensor by its name"
                          : "did you mean " + near + "?");
  throw error;
}

// Inputs of the whole model that the wanted outputs still need although no cut replaces them.
void require_inputs_covered(const Graph& graph, const std::unordered_set<const Value*>& wanted) {
  for (const Value* input : graph.inputs())
    if (!wanted.contains(input) && !input->is_unused())
      throw BadArgument(
          fmt::format("the wanted outputs need input '{}', which is not among the wanted inputs",
                      input->name()))
          .hint("add it to the inputs, or cut nearer to the outputs");
}

void replace_outputs(Graph& graph, const std::vector<std::string>& names, const ValuesByName& values) {
  std::vector<std::pair<std::string, Value*>> wanted;
  for (const std::string& name : names) wanted.emplace_back(name, &find(values, name));
  take_outputs(graph);
  for (const auto& [name, value] : wanted) graph.add_output(name, *value, value->type);
}

void cut_inputs(Graph& graph, const std::vector<std::string>& names, const ValuesByName& values) {
  std::vector<Value*> inputs;
  for (const std::string& name : names) {
    Value& value = find(values, name);
    if (value.is_input()) {
      inputs.push_back(&value);
      continue;
    }
    Value& input = graph.add_input(value.name(), value.type);
    graph.replace_all_uses(value, input);
    graph.rename(value, name + "_cut");
    graph.rename(input, name);
    inputs.push_back(&input);
  }
  remove_unused(graph);
  const std::unordered_set<const Value*> wanted(inputs.begin(), inputs.end());
  require_inputs_covered(graph, wanted);
  const std::vector<Value*> all(graph.inputs().begin(), graph.inputs().end());
  for (Value* input : all)
    if (!wanted.contains(input)) graph.remove_input(*input);
  graph.reorder_inputs(inputs);
}

}  // namespace

Model extract(const Model& model, const std::vector<std::string>& inputs,
              const std::vector<std::string>& outputs) {
  Model part = model.clone();
  const ValuesByName values = values_by_name(*part.graph);
  if (!outputs.empty()) replace_outputs(*part.graph, outputs, values);
  if (!inputs.empty()) cut_inputs(*part.graph, inputs, values);
  remove_unused(*part.graph);
  part.graph->verify();
  return part;
}

}  // namespace modelconv
