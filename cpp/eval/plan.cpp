#include "eval/plan.h"

#include <map>
#include <unordered_set>

#include "base/error.h"

namespace modelconv {

Plan::Plan(const Graph& planned, const Plan* outer) : graph(planned), enclosing(outer) {
  for (const Value* input : graph.inputs()) inputs.push_back(slot_of_[input] = slots++);
  for (const auto& constant : graph.constants()) {
    slot_of_[constant.get()] = slots;
    constants.emplace_back(slots++, constant->constant().aligned());
  }
  for (const auto& node : graph.nodes()) add_step(*node);
  for (const GraphOutput& output : graph.outputs()) outputs.push_back(place_of(output.value));
  find_last_uses();
}

Place Plan::place_of(const Value* value) const {
  if (!value) return {};
  size_t depth = 0;
  for (const Plan* plan = this; plan; plan = plan->enclosing, ++depth)
    if (const auto found = plan->slot_of_.find(value); found != plan->slot_of_.end())
      return {depth, found->second, true};
  throw InternalError(
      fmt::format("value '{}' is used in graph '{}' but is not in it", value->name(), graph.name));
}

void Plan::add_step(const Node& node) {
  Step step{&node, find_op(node.op()), {}, {}, {}, {}};
  for (const Value* input : node.inputs()) step.inputs.push_back(place_of(input));
  for (const Graph* subgraph : node.subgraphs())
    subgraphs[subgraph] = std::make_unique<Plan>(*subgraph, this);
  for (const Value* output : node.outputs()) {
    if (output) slot_of_[output] = slots++;
    step.outputs.push_back(place_of(output));
  }
  step.dying.assign(step.inputs.size(), false);
  steps.push_back(std::move(step));
}

namespace {

// Slots of the frame `depth` levels out that a subgraph reads.
void collect_captured(const Plan& plan, size_t depth, std::unordered_set<size_t>& slots) {
  const auto note = [&](const Place& place) {
    if (place.given && place.depth == depth) slots.insert(place.slot);
  };
  for (const Step& step : plan.steps)
    for (const Place& input : step.inputs) note(input);
  for (const Place& output : plan.outputs) note(output);
  for (const auto& [graph, subplan] : plan.subgraphs) collect_captured(*subplan, depth + 1, slots);
}

}  // namespace

// Backwards: the first step that is seen to read a slot is the last to read it. Constants and graph inputs belong to
// the plan and to the caller, outputs to the result; none of them dies.
void Plan::find_last_uses() {
  std::unordered_set<size_t> alive(inputs.begin(), inputs.end());
  for (const auto& [slot, tensor] : constants) alive.insert(slot);
  for (const Place& output : outputs)
    if (output.depth == 0) alive.insert(output.slot);
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    std::unordered_set<size_t> captured;
    for (const Graph* subgraph : step->node->subgraphs())
      collect_captured(*subgraphs.at(subgraph), 1, captured);
    for (const size_t slot : captured)
      if (alive.insert(slot).second) step->to_release.push_back(slot);
    // From the last input on: a value that a node uses twice is handed over with its last use.
    for (size_t i = step->inputs.size(); i-- > 0;) {
      const Place& input = step->inputs[i];
      if (!input.given || input.depth > 0 || !alive.insert(input.slot).second) continue;
      step->dying[i] = true;
      step->to_release.push_back(input.slot);
    }
    for (const Place& output : step->outputs)
      if (output.given && alive.insert(output.slot).second) step->to_release.push_back(output.slot);
  }
}

namespace {

void collect_missing(const Graph& graph, std::map<OpName, MissingOp>& missing) {
  for_each_node(graph, [&](const Node& node) {
    const OpDef* op = find_op(node.op());
    if (op && op->kernel()) return;
    MissingOp& entry = missing[node.op()];
    entry.op = node.op().str();
    entry.nodes.push_back(node.name().empty() && node.output() ? node.output()->name() : node.name());
  });
}

}  // namespace

void require_kernels(const Graph& graph) {
  std::map<OpName, MissingOp> missing;
  collect_missing(graph, missing);
  if (missing.empty()) return;
  std::vector<MissingOp> ops;
  for (auto& [name, entry] : missing) ops.push_back(std::move(entry));
  throw UnsupportedOpError("cannot evaluate the graph", std::move(ops));
}

}  // namespace modelconv
