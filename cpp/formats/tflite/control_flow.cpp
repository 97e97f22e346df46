#include "formats/tflite/control_flow.h"

#include "base/error.h"
#include "formats/common/subgraph.h"

namespace modelconv::tflite {
namespace {

// Outputs of `node` become `values`; the node goes.
void replace(Graph& graph, Node& node, const std::vector<Value*>& values) {
  ENSURE(values.size() == node.output_count(), MalformedModelError, "{} has {} outputs, its subgraph {}",
         node.describe(), node.output_count(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    Value* output = node.output(i);
    if (!output) continue;
    graph.replace_all_uses(*output, *values[i]);
  }
  graph.remove(node);
}

// The branch uses the node's inputs in place of its own.
GraphPtr as_branch(const GraphPtr& branch, const std::vector<Value*>& arguments, size_t outputs) {
  ENSURE(branch->inputs().size() == arguments.size() && branch->outputs().size() == outputs,
         MalformedModelError, "a branch has {} inputs and {} outputs, {} and {} are expected",
         branch->inputs().size(), branch->outputs().size(), arguments.size(), outputs);
  const std::vector<Value*> inputs(branch->inputs().begin(), branch->inputs().end());
  for (size_t i = 0; i < inputs.size(); ++i) {
    branch->replace_all_uses(*inputs[i], *arguments[i]);
    branch->remove_input(*inputs[i]);
  }
  return branch;
}

void resolve_if(Graph& graph, Node& node) {
  ENSURE(node.input(0), MalformedModelError, "{} has no condition", node.describe());
  const std::vector<Value*> arguments(node.inputs().begin() + 1, node.inputs().end());
  const GraphPtr holds = as_branch(subgraph_of(node, "then"), arguments, node.output_count());
  const GraphPtr fails = as_branch(subgraph_of(node, "else"), arguments, node.output_count());
  node.attrs = {{"then_branch", holds}, {"else_branch", fails}};
  node.set_op("tflite.If");
  graph.set_inputs(node, {node.input(0)});
}

// Variables that each iteration hands on as they are are no variables: the body uses them from outside.
void resolve_while(Graph& graph, Node& node) {
  const GraphPtr condition = subgraph_of(node, "cond"), body = subgraph_of(node, "body");
  const std::vector<Value*> initial(node.inputs().begin(), node.inputs().end());
  const size_t count = initial.size();
  ENSURE(body->inputs().size() == count && body->outputs().size() == count && node.output_count() == count &&
             condition->outputs().size() == 1,
         MalformedModelError, "{} has {} variables, its body {} inputs and {} outputs", node.describe(),
         count, body->inputs().size(), body->outputs().size());
  for (const Value* value : initial)
    ENSURE(value, MalformedModelError, "{} leaves out an input", node.describe());
  const std::vector<Value*> inside(body->inputs().begin(), body->inputs().end());
  std::vector<Value*> next, first = inline_graph(*condition, graph, &node, initial);
  for (const GraphOutput& output : body->outputs()) next.push_back(output.value);
  while (!body->outputs().empty()) body->remove_output(body->outputs().size() - 1);

  std::vector<size_t> carried;
  for (size_t i = 0; i < count; ++i) {
    if (next[i] != inside[i]) {
      carried.push_back(i);
      continue;
    }
    for (Value*& value : next)
      if (value == inside[i] && &value != &next[i]) value = initial[i];
    body->replace_all_uses(*inside[i], *initial[i]);
    body->remove_input(*inside[i]);
    next[i] = initial[i];
  }
  std::vector<Value*> order = {
      &body->add_input("iteration", Type::tensor(DType::int64, Shape(std::vector<Dim>{}))),
      &body->add_input("condition", Type::tensor(DType::boolean, Shape(std::vector<Dim>{})))};
  for (const size_t i : carried) order.push_back(inside[i]);
  body->reorder_inputs(order);
  body->add_output("condition_next", *inline_graph(*condition, *body, nullptr, next)[0]);
  std::vector<Value*> inputs = {first[0]};
  std::vector<std::string> names;
  for (const size_t i : carried) {
    body->add_output(inside[i]->name() + "_next", *next[i]);
    inputs.push_back(initial[i]);
    names.push_back(node.output(i) ? node.output(i)->name() : "");
  }
  const Node& loop = graph.add_node("tflite.Loop", inputs, {{"body", body}}, names, node.name(), &node);
  node.attrs = {};
  std::vector<Value*> results = initial;
  for (size_t i = 0; i < carried.size(); ++i) results[carried[i]] = loop.output(i);
  std::vector<std::string> wanted;
  for (const size_t i : carried) wanted.push_back(node.output(i) ? node.output(i)->name() : "");
  replace(graph, node, results);
  for (size_t i = 0; i < carried.size(); ++i)
    if (!wanted[i].empty()) graph.rename(*loop.output(i), wanted[i]);
}

void resolve_call(Graph& graph, Node& node, std::string_view name) {
  const std::vector<Value*> arguments(node.inputs().begin(), node.inputs().end());
  replace(graph, node, inline_graph(*subgraph_of(node, name), graph, &node, arguments));
}

}  // namespace

void resolve_control_flow(Graph& graph) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) resolve_control_flow(*subgraph);
    const std::string& op = node->op().name();
    if (op == "IF")
      resolve_if(graph, *node);
    else if (op == "WHILE" || op == "STABLEHLO_WHILE")
      resolve_while(graph, *node);
    else if (op == "CALL")
      resolve_call(graph, *node, "subgraph");
    else if (op == "STABLEHLO_COMPOSITE")
      resolve_call(graph, *node, "decomposition");
  }
}

}  // namespace modelconv::tflite
