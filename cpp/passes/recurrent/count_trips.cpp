#include <algorithm>

#include "ops/attributes.h"
#include "ops/infer.h"
#include "passes/control/inline_body.h"
#include "passes/recurrent/loop_values.h"
#include "passes/recurrent/recurrent.h"
#include "rewrite/driver.h"

namespace modelconv {
namespace {

struct Counter {
  size_t variable;
  int64_t start, step;
};

struct Limit {
  Counter counter;
  Value* bound;  // the loop goes on while the counter is less
};

std::optional<int64_t> constant_number(const Value* value) {
  if (!value || !value->is_constant() || !is_integer(value->dtype()) || value->constant().size() != 1)
    return std::nullopt;
  return value->constant().to_int64()[0];
}

// The variable starts at a constant and grows by one.
std::optional<Counter> counter_of(const Node& loop, const Graph& body, size_t variable) {
  const auto start = constant_number(behind_identities(loop.input(2 + variable)));
  const Value* next = behind_identities(body.outputs()[1 + variable].value);
  const Node* add = next->producer();
  if (!start || !add || add->op() != OpName("Add")) return std::nullopt;
  for (const size_t i : {0, 1}) {
    const auto step = constant_number(add->input(1 - i));
    if (behind_identities(add->input(i)) == body.inputs()[2 + variable] && step && *step > 0 &&
        *step < (1 << 20))
      return Counter{variable, *start, *step};
  }
  return std::nullopt;
}

// The comparisons that `condition` is the conjunction of; nothing when it is something else.
std::optional<std::vector<const Node*>> comparisons(const Value* condition) {
  std::vector<const Value*> terms = {condition};
  std::vector<const Node*> found;
  for (size_t i = 0; i < terms.size(); ++i) {
    const Value* term = behind_identities(terms[i]);
    if (term->is_constant() && term->constant().size() == 1 && term->constant().to_int64()[0] != 0) continue;
    const Node* node = term->producer();
    if (!node || terms.size() > 100) return std::nullopt;
    if (node->op() == OpName("And")) {
      terms.push_back(node->input(0));
      terms.push_back(node->input(1));
    } else if (node->op() == OpName("Less")) {
      found.push_back(node);
    } else {
      return std::nullopt;
    }
  }
  return found;
}

bool is_same(const Value* a, const Value* b) {
  a = behind_identities(a);
  b = behind_identities(b);
  return a == b || (a->is_constant() && b->is_constant() && a->constant().identical_to(b->constant()));
}

std::optional<Limit> limit_of(const Node& loop, Graph& body, const Node& less) {
  Value* bound = const_cast<Value*>(behind_identities(less.input(1)));
  if (&bound->graph() == &body && !bound->is_constant()) return std::nullopt;
  if (!bound->shape().has_rank() || bound->shape().rank() != 0) return std::nullopt;
  for (size_t k = 0; 2 + k < loop.input_count(); ++k) {
    if (behind_identities(body.outputs()[1 + k].value) != behind_identities(less.input(0))) continue;
    if (const auto counter = counter_of(loop, body, k)) return Limit{*counter, bound};
  }
  return std::nullopt;
}

// The condition for the first iteration is the same one, of the counters' first values.
bool begins_alike(const Node& loop, const std::vector<Limit>& limits) {
  const auto first = comparisons(loop.input(1));
  if (!first) return false;
  const auto is_limit = [&](const Node* less, const Limit& limit) {
    return is_same(less->input(0), loop.input(2 + limit.counter.variable)) &&
           is_same(less->input(1), limit.bound);
  };
  const bool all_known = std::all_of(limits.begin(), limits.end(), [&](const Limit& limit) {
    const auto bound = constant_number(limit.bound);
    return (bound && limit.counter.start < *bound) ||
           std::any_of(first->begin(), first->end(), [&](const Node* less) { return is_limit(less, limit); });
  });
  return all_known && std::all_of(first->begin(), first->end(), [&](const Node* less) {
           return std::any_of(limits.begin(), limits.end(),
                              [&](const Limit& limit) { return is_limit(less, limit); });
         });
}

Value& trips_of(Patch& patch, const Node& loop, const std::vector<Limit>& limits, bool at_least_one) {
  std::vector<Value*> counts;
  if (loop.input(0)) counts.push_back(loop.input(0));
  for (const Limit& limit : limits) {
    const auto [variable, start, step] = limit.counter;
    if (const auto bound = constant_number(limit.bound)) {
      const int64_t distance = std::max<int64_t>(*bound - start, 0);
      counts.push_back(&patch.int_scalar((distance + step - 1) / step));
      continue;
    }
    Value* count = &patch.add("Cast", {limit.bound}, {{"to", static_cast<int64_t>(DType::int64)}});
    if (start != step - 1) count = &patch.add("Add", {count, &patch.int_scalar(step - 1 - start)});
    if (step != 1) count = &patch.add("Div", {count, &patch.int_scalar(step)});
    counts.push_back(count);
  }
  std::vector<Value*> different;
  for (Value* count : counts)
    if (std::none_of(different.begin(), different.end(), [&](const Value* other) {
          return is_same(count, other) || is_same_number(*count, *other);
        }))
      different.push_back(count);
  Value* trips = different[0];
  if (different.size() > 1) trips = &patch.add("Min", different);
  if (at_least_one) trips = &patch.add("Max", {trips, &patch.int_scalar(1)});
  return *trips;
}

Outcome count_trips(Node& node, Patch& patch) {
  Graph& body = graph_attr(node, "body");
  const size_t variables = node.input_count() - 2;
  if (!node.input(1) || body.inputs().size() != node.input_count() || body.outputs().size() < 1 + variables)
    return no_match();
  const auto tests = comparisons(body.outputs()[0].value);
  if (!tests || tests->empty()) return no_match();
  std::vector<Limit> limits;
  for (const Node* less : *tests) {
    const auto limit = limit_of(node, body, *less);
    if (!limit) return refuse("its condition is more than counters below limits");
    limits.push_back(*limit);
  }
  const bool same_start = begins_alike(node, limits);
  Value& trips = trips_of(patch, node, limits, !same_start);
  std::unordered_map<const Value*, Value*> copies;
  const GraphPtr counted = copy_body(patch, body, &copies);
  Node* front = counted->nodes().empty() ? nullptr : counted->nodes().front().get();
  for (size_t k = 0; k < variables; ++k) {
    const auto counter = counter_of(node, body, k);
    if (!counter) continue;
    Value* now = counted->inputs()[0];
    const auto add = [&](OpName op, std::vector<Value*> inputs, Attrs attrs = {}) {
      Node& added = counted->add_node(op, std::move(inputs), std::move(attrs), {""}, "", front);
      infer_node(added);
      return added.output();
    };
    const auto number = [&](int64_t value) { return &counted->add_constant(Tensor::scalar(value)); };
    if (counter->step != 1) now = add("Mul", {now, number(counter->step)});
    if (counter->start != 0) now = add("Add", {now, number(counter->start)});
    const DType dtype = node.input(2 + k)->dtype();
    if (dtype != DType::int64) now = add("Cast", {now}, {{"to", static_cast<int64_t>(dtype)}});
    counted->replace_all_uses(*counted->inputs()[2 + k], *now);
  }
  counted->set_output_value(0, counted->add_constant(Tensor::boolean(true)));
  remove_unused(*counted);  // the comparisons
  std::vector<Value*> inputs = {&trips, same_start ? nullptr : node.input(1)};
  inputs.insert(inputs.end(), node.inputs().begin() + 2, node.inputs().end());
  Attrs attrs = node.attrs;
  attrs.set("body", counted);
  Node& loop = patch.add_node("Loop", std::move(inputs), std::move(attrs), node.output_count(), node.name());
  for (size_t i = 0; i < node.output_count(); ++i)
    if (node.output(i)) patch.replace(*node.output(i), *loop.output(i));
  return Outcome::applied();
}

}  // namespace

Rule count_loop_trips_rule() {
  return Rule("count_loop_trips")
      .describe("a Loop whose condition only compares counters with limits gets a number of trips")
      .on({"Loop"}, count_trips);
}

Rules recurrent_rules() { return {count_loop_trips_rule(), recover_recurrent_cell_rule()}; }

}  // namespace modelconv
