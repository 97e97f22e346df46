#include "passes/quantize/plan.h"

#include "base/error.h"

namespace modelconv {
namespace {

std::set<std::string> names_of(const Node& node) {
  std::set<std::string> names{node.name()};
  for (const Value* output : node.outputs())
    if (output) names.insert(output->name());
  return names;
}

// Nodes that are named, and a mark on the names that were found.
bool is_kept(const Node& node, const QuantizeOptions& options, std::set<std::string>& found) {
  bool kept = false;
  for (const std::string& name : names_of(node))
    if (options.keep_float.contains(name)) {
      found.insert(name);
      kept = true;
    }
  return kept;
}

void require_found(const Graph& graph, const QuantizeOptions& options, const std::set<std::string>& found) {
  for (const std::string& name : options.keep_float) {
    if (found.contains(name)) continue;
    std::vector<std::string> all;
    for (const auto& node : graph.nodes())
      for (const std::string& each : names_of(*node)) all.push_back(each);
    const std::vector<std::string> near = nearest_names(name, all);
    BadArgument error(fmt::format("keep_float names '{}', which is no node or value of the model", name));
    if (!near.empty()) error.hint(fmt::format("did you mean '{}'?", near[0]));
    throw error;
  }
}

// Integer kernels clamp on their own: the value in front of the activation does not exist for them.
bool is_inside_fusion(const Value& value) {
  if (!value.producer() || !value.has_one_use() || value.is_graph_output() || value.uses().empty())
    return false;
  static const std::set<OpName> fusing = {"Conv", "ConvTranspose", "Gemm", "Add", "Sub", "Mul"};
  return fusing.contains(value.producer()->op()) && is_clamp(*value.uses()[0].node) &&
         &value.uses()[0].node->graph() == &value.graph();
}

// Activations among the node's inputs.
std::vector<Value*> data_inputs(const Node& node, const QuantizableOp& op) {
  std::vector<Value*> inputs;
  for (size_t i = 0; i < node.input_count() && i < op.data_inputs; ++i)
    if (Value* input = node.input(i);
        input && input->dtype() == DType::float32 && !(op.weights == i && input->is_constant()))
      inputs.push_back(input);
  return inputs;
}

class Planner {
 public:
  Planner(const Graph& graph, const QuantizeOptions& options) : graph_(graph) {
    std::set<std::string> found;
    for (const auto& node : graph.nodes()) {
      if (is_kept(*node, options, found)) continue;
      if (quantizable(*node)) plan_.nodes.push_back(node.get());
    }
    require_found(graph, options, found);
  }

  QuantizePlan take() {
    for (Node* node : plan_.nodes) {
      for (Value* input : data_inputs(*node, *quantizable(*node)))
        if (!is_inside_fusion(*input)) wanted_.insert(input);
      for (Value* output : node->outputs())
        if (!is_inside_fusion(*output)) wanted_.insert(output);
    }
    for (Value* input : graph_.inputs()) add(input);
    for (const auto& constant : graph_.constants()) add(constant.get());
    for (const auto& node : graph_.nodes())
      for (Value* output : node->outputs()) add(output);
    for (Node* node : plan_.nodes) join(*node, *quantizable(*node));
    return std::move(plan_);
  }

 private:
  void add(Value* value) {
    if (!value || !wanted_.contains(value)) return;
    plan_.values.push_back(value);
    plan_.groups[value] = value;
  }

  void join(const Node& node, const QuantizableOp& op) {
    if (op.kind != QuantizableOp::Kind::moves) return;
    for (const Value* input : data_inputs(node, op))
      for (const Value* output : node.outputs())
        if (plan_.contains(*input) && plan_.contains(*output)) unite(*input, *output);
  }

  void unite(const Value& a, const Value& b) {
    const Value &first = plan_.group_of(a), &second = plan_.group_of(b);
    if (&first != &second) plan_.groups[&second] = &first;
  }

  const Graph& graph_;
  QuantizePlan plan_;
  std::unordered_set<const Value*> wanted_;
};

}  // namespace

const Value& QuantizePlan::group_of(const Value& value) const {
  const Value* at = &value;
  while (groups.at(at) != at) at = groups.at(at);
  return *at;
}

QuantizePlan plan_quantization(const Graph& graph, const QuantizeOptions& options) {
  return Planner(graph, options).take();
}

std::vector<std::string> values_to_observe(const Graph& graph, const QuantizeOptions& options) {
  std::vector<std::string> names;
  for (const Value* value : plan_quantization(graph, options).values)
    if (!value->is_constant()) names.push_back(value->name());
  return names;
}

}  // namespace modelconv
