// Names and shapes of a model's inputs and outputs, as the user asks for them.
#include <set>

#include "base/error.h"
#include "ir/other_order.h"
#include "ops/op_def.h"
#include "pipeline/convert.h"

namespace modelconv {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

std::vector<std::string> input_names_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Value* input : graph.inputs()) names.push_back(input->name());
  return names;
}

BadArgument no_such_input(const Graph& graph, const std::string& name) {
  const std::vector<std::string> names = input_names_of(graph);
  const std::vector<std::string> near = nearest_names(name, names);
  BadArgument error(fmt::format("the model has no input '{}'", name));
  error.because("its inputs are " + joined(names));
  if (!near.empty()) error.hint("did you mean " + joined(near) + "?");
  return error;
}

// Shapes that inference found before follow from the old input shapes: they are found anew.
void forget_inferred_shapes(Graph& graph) {
  for_each_node(graph, [](Node& node) {
    const OpDef* op = find_op(node.op());
    if (!op || !op->infer_rule()) return;
    for (Value* output : node.outputs()) {
      if (!output) continue;
      output->elements.reset();
      output->type.shape = Shape::unranked();
    }
  });
}

Shape wanted_shape(const Value& input, const std::vector<Dim>& dims) {
  if (input.shape().has_rank() && input.shape().rank() != dims.size())
    throw ShapeError(fmt::format("input '{}' has {} dimensions {}, the wanted shape {}", input.name(),
                                 input.shape().rank(), input.shape().str(), Shape(dims).str()))
        .hint("a size for each of them, the batch too; -1 leaves one dynamic");
  std::vector<Dim> wanted = dims;
  for (size_t axis = 0; axis < wanted.size(); ++axis)
    if (wanted[axis].is_unknown()) wanted[axis] = Dim::symbol(fmt::format("?{}.{}", input.name(), axis));
  return wanted;
}

// What the file declares of an output may follow from the old input shapes too; then the inferred type replaces it.
void refresh_declared_outputs(Graph& graph) {
  for (size_t slot = 0; slot < graph.outputs().size(); ++slot) {
    const GraphOutput& output = graph.outputs()[slot];
    if (output.value->type.kind != Type::Kind::unknown && output.value->shape().has_rank())
      graph.set_declared(slot, output.value->type);
  }
}

}  // namespace

Value& input_named(Graph& graph, const std::string& name) {
  for (Value* input : graph.inputs())
    if (input->name() == name) return *input;
  throw no_such_input(graph, name);
}

void set_input_shapes(Graph& graph, const std::map<std::string, std::vector<Dim>>& shapes) {
  if (shapes.empty()) return;
  std::string hint;
  for (const auto& [name, dims] : shapes) {
    Value& input = input_named(graph, name);
    const Shape wanted = wanted_shape(input, dims);
    if (hint.empty()) hint = hint_for_other_order(input.shape(), wanted);
    input.type.shape = wanted;
  }
  forget_inferred_shapes(graph);
  try {
    infer_graph(graph);
  } catch (Error& error) {
    if (error.hint().empty()) error.hint(hint);
    throw;
  }
  refresh_declared_outputs(graph);
}

void rename_inputs(Graph& graph, const std::vector<std::string>& names) {
  if (names.empty()) return;
  ENSURE(names.size() == graph.inputs().size(), BadArgument,
         "{} input names are given, the model has {} inputs: {}", names.size(), graph.inputs().size(),
         joined(input_names_of(graph)));
  ENSURE(std::set<std::string>(names.begin(), names.end()).size() == names.size(), BadArgument,
         "the input names {} are not all different", joined(names));
  // Two steps, so that inputs can swap names. Another value that has a wanted name makes way.
  for (Value* input : graph.inputs()) graph.rename(*input, input->name() + "_renamed");
  for (size_t i = 0; i < names.size(); ++i) {
    if (Value* holder = graph.find_value(names[i])) graph.rename(*holder, names[i] + "_inner");
    graph.rename(*graph.inputs()[i], names[i]);
  }
}

void rename_outputs(Graph& graph, const std::vector<std::string>& names) {
  if (names.empty()) return;
  ENSURE(names.size() == graph.outputs().size(), BadArgument,
         "{} output names are given, the model has {} outputs", names.size(), graph.outputs().size());
  ENSURE(std::set<std::string>(names.begin(), names.end()).size() == names.size(), BadArgument,
         "the output names {} are not all different", joined(names));
  for (size_t slot = 0; slot < names.size(); ++slot) graph.rename_output(slot, names[slot]);
}

std::map<std::string, int64_t> op_counts(const Graph& graph) {
  std::map<std::string, int64_t> counts;
  for_each_node(graph, [&](const Node& node) { ++counts[node.op().str()]; });
  return counts;
}

}  // namespace modelconv
