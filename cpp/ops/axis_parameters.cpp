#include "ops/axis_parameters.h"

namespace modelconv {

const Tensor* constant_input(const Node& node, size_t index) {
  const Value* input = node.input(index);
  return input && input->is_constant() ? &input->constant() : nullptr;
}

AxisMove move_first_input(const Node& node, const Permutation& p, const Permutation& out) {
  AxisMove move;
  move.inputs.resize(node.input_count());
  move.inputs[0] = p;
  for (const Value* output : node.outputs())
    move.outputs.push_back(output ? std::optional<Permutation>(out) : std::nullopt);
  move.attrs = node.attrs;
  return move;
}

std::optional<std::vector<int64_t>> renumber_axes(const std::vector<int64_t>& axes, const Permutation& p) {
  const Permutation places = inverse(p);
  const auto rank = static_cast<int64_t>(p.size());
  std::vector<int64_t> renumbered;
  for (const int64_t axis : axes) {
    if (axis < -rank || axis >= rank) return std::nullopt;
    renumbered.push_back(static_cast<int64_t>(places[static_cast<size_t>(axis < 0 ? axis + rank : axis)]));
  }
  return renumbered;
}

Tensor integers_like(const Tensor& old, const std::vector<int64_t>& values) {
  if (old.dtype() == DType::int32) return Tensor::vector(std::vector<int32_t>(values.begin(), values.end()));
  return Tensor::vector(values);
}

}  // namespace modelconv
