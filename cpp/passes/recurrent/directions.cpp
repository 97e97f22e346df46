// Reversed inputs and outputs become the direction of a recurrent operator, and two directions one operator.
#include <algorithm>
#include <cstring>
#include <limits>

#include "ops/attributes.h"
#include "passes/recurrent/loop_values.h"
#include "passes/recurrent/recurrent.h"

namespace modelconv {
namespace {

constexpr size_t kLengths = 4;  // input of RNN, GRU and LSTM

std::optional<int64_t> single_int(const Value* value) {
  if (!value || !value->is_constant() || !is_integer(value->dtype()) || value->constant().size() != 1)
    return std::nullopt;
  return value->constant().to_int64()[0];
}

// A tensor turned round along one axis; with lengths, only that much of each row.
struct Reversal {
  Value* input;
  int64_t axis, batch_axis;
  Value* lengths;
};

std::optional<Reversal> reversal_of(const Value& value) {
  const Node* node = value.producer();
  if (!node || !value.shape().has_rank()) return std::nullopt;
  if (node->op() == OpName("ReverseSequence"))
    return Reversal{node->input(0), node->attrs.get_or<int64_t>("time_axis", 0),
                    node->attrs.get_or<int64_t>("batch_axis", 1), node->input(1)};
  if (node->op() != OpName("Slice") || node->input_count() != 5) return std::nullopt;
  const auto start = single_int(node->input(1)), end = single_int(node->input(2)),
             axis = single_int(node->input(3)), step = single_int(node->input(4));
  if (!start || !end || !axis || step != -1) return std::nullopt;
  const auto size = value.shape()[normalize_axis(*axis, value.shape().rank())].known();
  const bool from_last = *start == -1 || *start >= (size ? *size - 1 : std::numeric_limits<int32_t>::max());
  const bool to_first = *end <= (size ? -*size - 1 : std::numeric_limits<int32_t>::min());
  if (!from_last || !to_first) return std::nullopt;
  return Reversal{node->input(0), static_cast<int64_t>(normalize_axis(*axis, value.shape().rank())), -1,
                  nullptr};
}

Value& reverse(Patch& patch, Value& value, const Reversal& like) {
  if (like.lengths)
    return patch.add("ReverseSequence", {&value, like.lengths},
                     {{"time_axis", like.axis}, {"batch_axis", like.batch_axis}});
  return patch.add("Slice", {&value, &patch.ints({-1}), &patch.ints({std::numeric_limits<int64_t>::min()}),
                             &patch.ints({like.axis}), &patch.ints({-1})});
}

bool is_same_lengths(const Value* a, const Value* b) {
  const auto source = [](const Value* value) {
    value = behind_identities(value);
    while (value && value->producer() && value->producer()->op() == OpName("Cast") &&
           is_integer(value->dtype()))
      value = behind_identities(value->producer()->input(0));
    return value;
  };
  return source(a) == source(b);
}

bool is_squeeze_of_directions(const Node& node) {
  return node.op() == OpName("Squeeze") && single_int(node.input(1)) == 1;
}

Outcome turn_direction(Node& node, Patch& patch) {
  const std::string direction = node.attrs.get_or<std::string>("direction", "forward");
  if (direction == "bidirectional" || !node.input(0)) return no_match();
  const auto reversal = reversal_of(*node.input(0));
  if (!reversal || reversal->axis != 0) return no_match();
  if (node.attrs.get_or<int64_t>("layout", 0) != 0) return refuse("its layout is batch first");
  if (!is_same_lengths(reversal->lengths, node.input(kLengths)))
    return refuse("its input is reversed in other parts than the sequences are long");
  if (reversal->lengths && reversal->batch_axis != 1)
    return refuse("sequences are not along the second axis");
  std::vector<Node*> squeezes;
  if (const Value* outputs = node.output(0); outputs && !outputs->is_unused()) {
    if (outputs->is_graph_output()) return refuse("its outputs are outputs of the graph");
    for (const Use& use : outputs->uses()) {
      if (!is_squeeze_of_directions(*use.node) || &use.node->graph() != &node.graph())
        return refuse("its outputs are used with the axis of directions");
      squeezes.push_back(use.node);
    }
  }
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  inputs[0] = reversal->input;
  Attrs attrs = node.attrs;
  attrs.set("direction", std::string(direction == "forward" ? "reverse" : "forward"));
  Node& turned =
      patch.add_node(node.op(), std::move(inputs), std::move(attrs), node.output_count(), node.name());
  for (size_t i = 1; i < node.output_count(); ++i)
    if (node.output(i)) patch.replace(*node.output(i), *turned.output(i));
  if (squeezes.empty()) return Outcome::applied();
  Value& rows = patch.add("Squeeze", {turned.output(0), &patch.ints({1})});
  Value& in_old_order = reverse(patch, rows, *reversal);
  for (Node* squeeze : squeezes) patch.replace(*squeeze->output(), in_old_order);
  return Outcome::applied();
}

// Reversed, moved, reversed again along the same axis: only moved.
Outcome cancel_reversals(Node& node, Patch& patch) {
  const auto outer = reversal_of(*node.output());
  if (!outer) return no_match();
  std::vector<const Node*> moves;
  int64_t axis = outer->axis, batch = outer->batch_axis;
  Value* at = outer->input;
  for (;; at = at->producer()->input(0)) {
    if (const auto inner = reversal_of(*at)) {
      const bool same_batch = !outer->lengths || inner->batch_axis == batch;
      if (inner->axis != axis || !same_batch || !is_same_lengths(inner->lengths, outer->lengths))
        return no_match();
      at = inner->input;
      break;
    }
    const Node* move = at->producer();
    if (!move || move->op() != OpName("Transpose") || moves.size() > 4) return no_match();
    const auto* perm = move->attrs.get<std::vector<int64_t>>("perm");
    if (!perm || axis >= static_cast<int64_t>(perm->size()) || batch >= static_cast<int64_t>(perm->size()))
      return no_match();
    axis = (*perm)[static_cast<size_t>(axis)];
    if (batch >= 0) batch = (*perm)[static_cast<size_t>(batch)];
    moves.push_back(move);
  }
  for (auto move = moves.rbegin(); move != moves.rend(); ++move)
    at = &patch.add("Transpose", {at}, (*move)->attrs);
  patch.replace(*node.output(), *at);
  return Outcome::applied();
}

Tensor joined(const Tensor& a, const Tensor& b) {
  Dims dims = a.dims();
  dims[0] += b.dims()[0];
  Tensor result = Tensor::allocate(a.dtype(), dims);
  std::memcpy(result.mutable_bytes().data(), a.bytes().data(), a.nbytes());
  std::memcpy(result.mutable_bytes().data() + a.nbytes(), b.bytes().data(), b.nbytes());
  return result;
}

bool same_settings(const Node& a, const Node& b) {
  const auto numbers = [](const Node& node, const char* name) { return node.attrs.get_or<int64_t>(name, 0); };
  for (const char* name : {"hidden_size", "linear_before_reset", "input_forget", "layout"})
    if (numbers(a, name) != numbers(b, name)) return false;
  for (const char* name : {"activations", "activation_alpha", "activation_beta"})
    if (a.attrs.has(name) != b.attrs.has(name)) return false;
  if (a.attrs.has("clip") || b.attrs.has("clip")) return false;
  return true;
}

template <class T>
void double_list(const Node& forward, const Node& backward, const char* name, Attrs& attrs) {
  const auto* first = forward.attrs.get<std::vector<T>>(name);
  const auto* second = backward.attrs.get<std::vector<T>>(name);
  if (!first || !second) return;
  std::vector<T> all = *first;
  all.insert(all.end(), second->begin(), second->end());
  attrs.set(name, std::move(all));
}

// The other direction over the same rows, standing behind `node`; its inputs can be had in front of `node`.
Node* other_direction(const Node& node, const std::string& direction) {
  Node* found = nullptr;
  for (const Use& use : node.input(0)->uses()) {
    Node& other = *use.node;
    const std::string its = other.attrs.get_or<std::string>("direction", "forward");
    if (&other == &node || other.op() != node.op() || use.index != 0 || &other.graph() != &node.graph())
      continue;
    if (its == direction || its == "bidirectional" || !same_settings(node, other)) continue;
    if (!is_same_lengths(node.input(kLengths), other.input(kLengths))) continue;
    bool fits = true;
    for (size_t i = 1; i < 8; ++i) {
      if (i == kLengths) continue;
      const Value *a = node.input(i), *b = other.input(i);
      fits =
          fits && !a == !b && (!b || b->is_constant() || b->is_input()) && (i > 3 || (a && a->is_constant()));
      if (a && b) fits = fits && a->dtype() == b->dtype();
    }
    if (fits) found = &other;
  }
  for (Node* at = node.next(); found && at; at = at->next())
    if (at == found) return found;
  return nullptr;
}

Outcome join_directions(Node& node, Patch& patch) {
  const std::string direction = node.attrs.get_or<std::string>("direction", "forward");
  if (direction == "bidirectional" || !node.input(0)) return no_match();
  Node* other = other_direction(node, direction);
  if (!other) return no_match();
  const Node& forward = direction == "forward" ? node : *other;
  const Node& backward = direction == "forward" ? *other : node;
  std::vector<Value*> inputs = {node.input(0)};
  for (size_t i = 1; i < std::max(forward.input_count(), backward.input_count()); ++i) {
    Value *a = forward.input(i), *b = backward.input(i);
    if (i == kLengths || !a)
      inputs.push_back(i == kLengths ? node.input(i) : nullptr);
    else if (a->is_constant() && b->is_constant())
      inputs.push_back(&patch.constant(joined(a->constant(), b->constant())));
    else
      inputs.push_back(&patch.add("Concat", {a, b}, {{"axis", int64_t{0}}}));
  }
  Attrs attrs = forward.attrs;
  attrs.set("direction", std::string("bidirectional"));
  double_list<std::string>(forward, backward, "activations", attrs);
  double_list<float>(forward, backward, "activation_alpha", attrs);
  double_list<float>(forward, backward, "activation_beta", attrs);
  const size_t outputs = std::max(forward.output_count(), backward.output_count());
  const Node& both = patch.add_node(node.op(), std::move(inputs), std::move(attrs), outputs, node.name());
  for (size_t i = 0; i < outputs; ++i)
    for (const int64_t side : {0, 1}) {
      Value* old = (side == 0 ? forward : backward).output(i);
      if (!old || old->is_unused()) continue;
      patch.replace(*old, patch.add("Slice", {both.output(i), &patch.ints({side}), &patch.ints({side + 1}),
                                              &patch.ints({i == 0 ? int64_t{1} : int64_t{0}})}));
    }
  return Outcome::applied();
}

}  // namespace

Rules recurrent_direction_rules() {
  return {Rule("turn_recurrent_direction")
              .describe("an RNN, GRU or LSTM of a reversed input runs in the other direction")
              .on({"RNN", "GRU", "LSTM"}, turn_direction),
          Rule("cancel_reversals")
              .describe("a tensor that is reversed twice along one axis is not reversed")
              .on({"Slice", "ReverseSequence"}, cancel_reversals),
          Rule("join_recurrent_directions")
              .describe("two directions over the same rows become one bidirectional RNN, GRU or LSTM")
              .on({"RNN", "GRU", "LSTM"}, join_directions)};
}

}  // namespace modelconv
