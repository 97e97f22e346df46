// Loop. Inputs: trip count, condition, carried values. The body takes (iteration, condition, carried...) and gives
// (condition, carried..., a slice of each scan output...).
#include "ops/attributes.h"
#include "ops/op_def.h"
#include "passes/control/control.h"
#include "passes/control/inline_body.h"
#include "passes/control/needed.h"
#include "rewrite/driver.h"

namespace modelconv {
namespace {

// Nodes that unrolling may leave: a loop and its body are worth about this many in time and in file size.
constexpr int64_t kMostUnrolledNodes = 128;

struct LoopParts {
  explicit LoopParts(const Node& node) : body(graph_attr(node, "body")), carried(node.input_count() - 2) {}
  bool is_whole(const Node& node) const {
    return node.input_count() >= 2 && body.inputs().size() == carried + 2 &&
           body.outputs().size() == node.output_count() + 1 && node.output_count() >= carried;
  }
  const Value* next(size_t index) const { return body.outputs()[1 + index].value; }

  Graph& body;
  size_t carried;
};

const Value* behind_identities(const Value* value) {
  while (value->producer() && value->producer()->op() == OpName("Identity"))
    value = value->producer()->input(0);
  return value;
}

std::optional<bool> constant_truth(const Value* value) {
  if (!value || !value->is_constant() || value->constant().size() != 1) return std::nullopt;
  return value->constant().to_int64()[0] != 0;
}

std::optional<int64_t> constant_trips(const Node& node) {
  const Value* count = node.input(0);
  if (!count || !count->is_constant() || count->constant().size() != 1) return std::nullopt;
  return std::max<int64_t>(0, count->constant().to_int64()[0]);
}

// How often the body runs: nothing when data decide.
std::optional<int64_t> number_of_trips(const Node& node, const LoopParts& loop) {
  const auto enters = node.input(1) ? constant_truth(node.input(1)) : std::optional(true);
  if (enters == false) return 0;
  const Value* goes_on = behind_identities(loop.body.outputs()[0].value);
  const auto trips = constant_trips(node);
  if (trips == 0) return 0;
  if (enters != true) return std::nullopt;
  // At most one trip; a count that is not known may be none.
  if (constant_truth(goes_on) == false)
    return trips || !node.input(0) ? std::optional<int64_t>(1) : std::nullopt;
  if (trips == 1) return 1;
  return goes_on == loop.body.inputs()[1] || constant_truth(goes_on) == true ? trips : std::nullopt;
}

// Slices of scan outputs, one for each iteration, as one tensor.
Value& stacked(Patch& patch, const std::vector<Value*>& slices) {
  std::vector<Value*> parts;
  for (Value* slice : slices) parts.push_back(&patch.add("Unsqueeze", {slice, &patch.ints({0})}));
  return parts.size() == 1 ? *parts[0] : patch.add("Concat", std::move(parts), {{"axis", int64_t{0}}});
}

Outcome eliminate_no_trips(Node& node, Patch& patch, const LoopParts& loop) {
  for (size_t i = 0; i < node.output_count(); ++i) {
    Value* output = node.output(i);
    if (!output || output->is_unused()) continue;
    if (i < loop.carried) {
      patch.replace(*output, *node.input(2 + i));
      continue;
    }
    Shape stacked = output->shape();
    if (stacked.has_rank() && stacked.rank() > 0) stacked[0] = 0;
    const auto dims = stacked.static_dims();
    if (!dims || output->dtype() == DType::undefined)
      return refuse("sizes of its empty scan output are not known");
    patch.replace(*output, patch.constant(Tensor::allocate(output->dtype(), *dims)));
  }
  return Outcome::applied();
}

Outcome unroll_loop(Node& node, Patch& patch) {
  const LoopParts loop(node);
  if (!loop.is_whole(node)) return refuse("its body does not fit the node");
  const auto trips = number_of_trips(node, loop);
  if (!trips) return refuse("the number of trips depends on data");
  if (*trips == 0) return eliminate_no_trips(node, patch, loop);
  const int64_t nodes = count_nodes(loop.body);
  if (*trips > 1 && *trips > kMostUnrolledNodes / (nodes + 1))
    return refuse("{} trips of {} nodes are more than the {} nodes that unrolling may make", *trips, nodes,
                  kMostUnrolledNodes);
  std::vector<Value*> state(node.inputs().begin() + 2, node.inputs().end());
  std::vector<std::vector<Value*>> slices(node.output_count() - loop.carried);
  Value& goes_on = patch.constant(Tensor::boolean(true));
  for (int64_t trip = 0; trip < *trips; ++trip) {
    std::vector<Value*> inputs = {&patch.int_scalar(trip), &goes_on};
    inputs.insert(inputs.end(), state.begin(), state.end());
    const std::vector<Value*> results = inline_body(patch, loop.body, inputs);
    for (size_t i = 0; i < loop.carried; ++i) state[i] = results[1 + i];
    for (size_t i = 0; i < slices.size(); ++i) slices[i].push_back(results[1 + loop.carried + i]);
  }
  for (size_t i = 0; i < node.output_count(); ++i) {
    if (!node.output(i) || node.output(i)->is_unused()) continue;
    patch.replace(*node.output(i), i < loop.carried ? *state[i] : stacked(patch, slices[i - loop.carried]));
  }
  return Outcome::applied();
}

// The loop with only some of its carried values and scan outputs; `captured` stands for dropped carried values in the body.
Outcome shrink_loop(Node& node, Patch& patch, const LoopParts& loop, const std::vector<bool>& keeps_carried,
                    const std::vector<bool>& keeps_scan) {
  std::unordered_map<const Value*, Value*> copies;
  const GraphPtr body = copy_body(patch, loop.body, &copies);
  std::vector<Value*> inputs = {node.input(0), node.input(1)};
  for (size_t i = 0; i < loop.carried; ++i) {
    if (keeps_carried[i])
      inputs.push_back(node.input(2 + i));
    else
      body->replace_all_uses(*copies.at(loop.body.inputs()[2 + i]), *node.input(2 + i));
  }
  size_t outputs = node.output_count();
  for (size_t i = node.output_count(); i-- > 0;) {
    if (i < loop.carried ? keeps_carried[i] : keeps_scan[i - loop.carried]) continue;
    body->remove_output(1 + i);
    --outputs;
  }
  remove_unused(*body);
  for (size_t i = 0; i < loop.carried; ++i)
    if (!keeps_carried[i]) body->remove_input(*copies.at(loop.body.inputs()[2 + i]));
  Attrs attrs = node.attrs;
  attrs.set("body", body);
  Node& smaller = patch.add_node(node.op(), std::move(inputs), std::move(attrs), outputs, node.name());
  for (size_t i = 0, slot = 0; i < node.output_count(); ++i) {
    const bool keeps = i < loop.carried ? keeps_carried[i] : keeps_scan[i - loop.carried];
    Value* result = keeps ? smaller.output(slot++) : i < loop.carried ? node.input(2 + i) : nullptr;
    if (node.output(i) && result) patch.replace(*node.output(i), *result);
  }
  return Outcome::applied();
}

Outcome capture_constant_state(Node& node, Patch& patch) {
  const LoopParts loop(node);
  if (!loop.is_whole(node)) return refuse("its body does not fit the node");
  std::vector<bool> changes(loop.carried);
  bool all = true;
  for (size_t i = 0; i < loop.carried; ++i) {
    changes[i] = behind_identities(loop.next(i)) != loop.body.inputs()[2 + i];
    all = all && changes[i];
  }
  if (all) return no_match();
  return shrink_loop(node, patch, loop, changes, std::vector<bool>(node.output_count() - loop.carried, true));
}

bool is_used(const Value* output) { return output && !output->is_unused(); }

Outcome drop_unused_outputs(Node& node, Patch& patch) {
  const LoopParts loop(node);
  if (!loop.is_whole(node)) return refuse("its body does not fit the node");
  std::vector<const Value*> roots = {loop.body.outputs()[0].value};
  std::vector<bool> keeps_carried(loop.carried), keeps_scan;
  for (size_t i = loop.carried; i < node.output_count(); ++i) {
    keeps_scan.push_back(is_used(node.output(i)));
    if (keeps_scan.back()) roots.push_back(loop.body.outputs()[1 + i].value);
  }
  for (size_t i = 0; i < loop.carried; ++i)
    if (is_used(node.output(i))) roots.push_back(loop.next(i)), keeps_carried[i] = true;
  // A carried value is needed too when a needed one is computed from it, in whatever iteration.
  for (bool grows = true; grows;) {
    grows = false;
    const auto needed = needed_for(loop.body, roots);
    for (size_t i = 0; i < loop.carried; ++i) {
      if (keeps_carried[i] || !needed.contains(loop.body.inputs()[2 + i])) continue;
      keeps_carried[i] = grows = true;
      roots.push_back(loop.next(i));
    }
  }
  const auto all = [](const std::vector<bool>& list) {
    return std::find(list.begin(), list.end(), false) == list.end();
  };
  if (all(keeps_carried) && all(keeps_scan)) return no_match();
  if (std::find(keeps_scan.begin(), keeps_scan.end(), true) == keeps_scan.end() &&
      std::find(keeps_carried.begin(), keeps_carried.end(), true) == keeps_carried.end())
    return no_match();
  return shrink_loop(node, patch, loop, keeps_carried, keeps_scan);
}

// Such a node gives the same in every iteration, and cannot fail where the body might never have run.
bool may_leave(const Node& node) {
  static const std::vector<OpName> kShapeOps = {"Shape", "Size", "Transpose", "Cast"};
  const OpDef* op = find_op(node.op());
  if (!op || op->is_random() || node.output_count() != 1) return false;
  const bool divides = node.op() == OpName("Div") || node.op() == OpName("Mod");
  if (divides && !is_float(node.output()->dtype())) return false;
  if (!op->is_elementwise() && std::find(kShapeOps.begin(), kShapeOps.end(), node.op()) == kShapeOps.end())
    return false;
  for (const Value* input : node.inputs())
    if (input && &input->graph() == &node.graph() && !input->is_constant()) return false;
  return true;
}

Outcome hoist_invariants(Node& node, Patch& patch) {
  Graph& original = graph_attr(node, "body");
  std::vector<Node*> leaving;
  for (const auto& inner : original.nodes())
    if (may_leave(*inner)) leaving.push_back(inner.get());
  if (leaving.empty()) return no_match();
  std::unordered_map<const Value*, Value*> copies;
  const GraphPtr body = copy_body(patch, original, &copies);
  for (const Node* inner : leaving) {
    std::vector<Value*> inputs;
    for (Value* input : inner->inputs()) {
      const bool is_own_constant = input && &input->graph() == &original;
      inputs.push_back(is_own_constant ? &patch.constant(input->constant(), input->name()) : input);
    }
    body->replace_all_uses(*copies.at(inner->output()),
                           patch.add(inner->op(), std::move(inputs), inner->attrs));
  }
  remove_unused(*body);
  Attrs attrs = node.attrs;
  attrs.set("body", body);
  Node& lighter = patch.add_node(node.op(), std::vector<Value*>(node.inputs().begin(), node.inputs().end()),
                                 std::move(attrs), node.output_count(), node.name());
  for (size_t i = 0; i < node.output_count(); ++i)
    if (node.output(i)) patch.replace(*node.output(i), *lighter.output(i));
  return Outcome::applied();
}

}  // namespace

Rules loop_rules() {
  return {
      Rule("unroll_loop")
          .describe("a Loop with a constant number of trips is unrolled: none and one always, more when the "
                    "result has few nodes")
          .on({"Loop"}, unroll_loop),
      Rule("capture_constant_loop_state")
          .describe("a carried value that the body of a Loop hands on unchanged is read from outside")
          .on({"Loop"}, capture_constant_state),
      Rule("drop_unused_loop_outputs")
          .describe("outputs and carried values of a Loop that nothing needs go, with what computes them")
          .on({"Loop"}, drop_unused_outputs),
      Rule("hoist_loop_invariants")
          .describe("what the body of a Loop or Scan computes from outer values alone is computed before it")
          .on({"Loop", "Scan"}, hoist_invariants)};
}

}  // namespace modelconv
