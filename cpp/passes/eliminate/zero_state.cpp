// Initial states of recurrent operators: left out, they are zeros.
#include <algorithm>
#include <cmath>

#include "ops/attributes.h"
#include "passes/eliminate/eliminate.h"

namespace modelconv {
namespace {

bool is_positive_zero(const Tensor& tensor) {
  constexpr int64_t kMostElements = 1 << 20;
  if (!is_float(tensor.dtype()) || tensor.size() > kMostElements) return false;
  const std::vector<double> elements = tensor.to_double();
  return std::all_of(elements.begin(), elements.end(), [](double x) { return x == 0 && !std::signbit(x); });
}

bool only_moves_elements(OpName op) {
  static const std::vector<OpName> ops = {"Slice",     "Expand",    "Reshape", "Squeeze",
                                          "Unsqueeze", "Flatten",   "Gather",  "Identity",
                                          "Tile",      "Transpose", "Split"};
  return std::find(ops.begin(), ops.end(), op) != ops.end();
}

// Every element of `value` is 0.0, whatever its shape turns out to be.
bool is_all_zero(const Value& value) {
  constexpr int kLongestChain = 16;
  const Value* current = &value;
  for (int step = 0; step < kLongestChain; ++step) {
    if (current->is_constant()) return is_positive_zero(current->constant());
    const Node* producer = current->producer();
    if (!producer) return false;
    if (producer->op() == OpName("ConstantOfShape")) {
      const Tensor* filling = producer->attrs.get<Tensor>("value");
      return !filling || is_positive_zero(*filling);
    }
    if (!only_moves_elements(producer->op())) return false;
    current = producer->input(0);
  }
  return false;
}

// A state whose batch or direction does not fit is an error that must not go unnoticed.
bool can_fit(const Value& state, const Node& node) {
  const Value* last = node.output(1);
  return !last || state.shape().compatible_with(last->shape());
}

Outcome eliminate_zero_state(Node& node, Patch& patch) {
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  bool found = false;
  for (const size_t index : {size_t{5}, size_t{6}}) {
    if (index >= inputs.size() || !inputs[index]) continue;
    if (!is_all_zero(*inputs[index]) || !can_fit(*inputs[index], node)) continue;
    inputs[index] = nullptr;
    found = true;
  }
  if (!found) return no_match();
  while (!inputs.empty() && !inputs.back()) inputs.pop_back();
  Node& plain = patch.add_node(node.op(), std::move(inputs), node.attrs, node.output_count(), node.name());
  for (size_t i = 0; i < node.output_count(); ++i)
    if (node.output(i)) patch.replace(*node.output(i), *plain.output(i));
  return Outcome::applied();
}

}  // namespace

Rules eliminate_zero_state_rules() {
  return {Rule("eliminate_zero_state")
              .describe("an initial state of zeros of LSTM, GRU or RNN is left out")
              .on({"LSTM", "GRU", "RNN"}, eliminate_zero_state)};
}

}  // namespace modelconv
