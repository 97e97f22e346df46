#include "passes/layout/move.h"

#include "base/error.h"

namespace modelconv {

std::optional<Permutation> transposed_by(const Value* value, const Graph& graph) {
  if (!value || !value->producer() || &value->producer()->graph() != &graph) return std::nullopt;
  return permutation_of(*value->producer());
}

Value& transposed(Patch& patch, Value& value, const Permutation& p) {
  if (is_identity(p)) return value;
  if (value.is_constant()) return patch.constant(permuted(value.constant(), p), value.name());
  if (const auto inner = transposed_by(&value, patch.graph())) {
    const Permutation both = compose(*inner, p);
    Value& source = *value.producer()->input(0);
    return is_identity(both) ? source : patch.add("Transpose", {&source}, {{"perm", to_attribute(both)}});
  }
  return patch.add("Transpose", {&value}, {{"perm", to_attribute(p)}});
}

bool copies_shared_weights(const Node& node, const AxisMove& move) {
  constexpr size_t kSmall = 64 * 1024;
  for (size_t i = 0; i < move.inputs.size(); ++i) {
    const Value* input = node.input(i);
    if (!input || !input->is_constant() || input->has_one_use()) continue;
    const bool moves = move.inputs[i] && !is_identity(*move.inputs[i]);
    if (moves && input->constant().nbytes() > kSmall) return true;
  }
  return false;
}

std::vector<Value*> moved_inputs(const Node& node, Patch& patch, const AxisMove& move) {
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  for (size_t i = 0; i < move.inputs.size(); ++i)
    if (inputs[i] && move.inputs[i]) inputs[i] = &transposed(patch, *inputs[i], *move.inputs[i]);
  for (const auto& [index, tensor] : move.replaced_inputs) {
    if (index >= inputs.size()) inputs.resize(index + 1, nullptr);
    inputs[index] = &patch.constant(tensor);
  }
  return inputs;
}

Outcome apply_move(Node& node, Patch& patch, const AxisMove& move) {
  Node& moved = patch.add_node(node.op(), moved_inputs(node, patch, move), move.attrs, node.output_count());
  for (size_t i = 0; i < node.output_count(); ++i) {
    if (!node.output(i)) continue;
    Value* result = moved.output(i);
    if (move.outputs[i] && !is_identity(*move.outputs[i]))
      result = &patch.add("Transpose", {result}, {{"perm", to_attribute(inverse(*move.outputs[i]))}});
    patch.replace(*node.output(i), *result);
  }
  return Outcome::applied();
}

}  // namespace modelconv
