// Broadcasting that the operator after it does by itself.
#include <algorithm>

#include "ops/attributes.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

const std::vector<OpName>& broadcasting_ops() {
  static const std::vector<OpName> ops = {
      "Add",        "Sub",       "Mul",       "Div",   "Pow",         "Mod",    "Min",
      "Max",        "Sum",       "Mean",      "And",   "Or",          "Xor",    "Where",
      "Equal",      "Less",      "Greater",   "PRelu", "LessOrEqual", "MatMul", "GreaterOrEqual",
      "BitwiseAnd", "BitwiseOr", "BitwiseXor"};
  return ops;
}

// The new result must provably have the shape of the old one: the other operands broadcast x as Expand did.
Outcome skip_expand(Node& node, Patch& patch) {
  bool found = false;
  for (size_t i = 0; i < node.input_count(); ++i) {
    const Node* expand = node.input(i) ? node.input(i)->producer() : nullptr;
    if (!expand || expand->op() != OpName("Expand") || &expand->graph() != &node.graph()) continue;
    if (node.op() == OpName("PRelu") && i == 0) continue;  // broadcasts its slope only
    found = true;
    std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
    inputs[i] = expand->input(0);
    if (!inputs[i]->shape().has_rank()) continue;
    if (node.op() == OpName("MatMul")) {
      // The last two axes are no axes to broadcast, so Expand must not touch them.
      const Shape &before = expand->input(0)->shape(), &after = node.input(i)->shape();
      if (!after.has_rank() || before.rank() < 2 || after.rank() < 2 ||
          !(before[before.rank() - 1] == after[after.rank() - 1]) ||
          !(before[before.rank() - 2] == after[after.rank() - 2]))
        continue;
    }
    Value& narrow = patch.add(node.op(), std::move(inputs), node.attrs, node.name());
    if (narrow.shape().equals(node.output()->shape())) return replace_root(patch, narrow);
  }
  return found ? refuse("the other operands do not provably broadcast as Expand does") : no_match();
}

// Two Expands are one to the last shape, when that is known or does not look back.
Outcome fuse_expands(Node& node, Patch& patch) {
  const Node* inner = node.input(0)->producer();
  if (!inner || inner->op() != OpName("Expand")) return no_match();
  const auto dims = node.output()->shape().static_dims();
  if (!dims) return refuse("the result's shape is not known");
  return replace_root(patch, patch.add("Expand", {inner->input(0), &patch.ints(*dims)}));
}

// Cast of a filled tensor fills with the cast number.
Outcome cast_constant_of_shape(Node& node, Patch& patch) {
  const Node* fill = node.input(0)->producer();
  if (!fill || fill->op() != OpName("ConstantOfShape")) return no_match();
  if (!node.input(0)->has_one_use()) return refuse("'{}' has other uses", node.input(0)->name());
  const DType to = node.output()->dtype();
  const Tensor* value = fill->attrs.get<Tensor>("value");
  const Tensor number = value ? *value : Tensor::filled(DType::float32, {1}, 0);
  const auto simple = [](DType dtype) {
    return dtype == DType::float32 || dtype == DType::float64 || dtype == DType::int32 ||
           dtype == DType::int64 || dtype == DType::boolean;
  };
  if (number.size() != 1 || !simple(number.dtype()) || !simple(to))
    return refuse("{} is left as it is", name_of(to));
  const double filled = number.to_double()[0];
  if (is_float(number.dtype()) && is_integer(to) && !(filled >= -2147483648.0 && filled <= 2147483647.0))
    return refuse("{} is outside of {}", filled, name_of(to));
  return replace_root(
      patch, patch.add("ConstantOfShape", {fill->input(0)}, {{"value", Tensor::filled(to, {1}, filled)}}));
}

}  // namespace

Rules fuse_broadcast_rules() {
  return {
      Rule("skip_expand")
          .describe("an Expand goes where the operator after it broadcasts to the same shape by itself")
          .on(broadcasting_ops(), skip_expand),
      Rule("fuse_expands").describe("two Expands are one").on({"Expand"}, fuse_expands),
      Rule("cast_constant_of_shape")
          .describe("a Cast of a ConstantOfShape is a ConstantOfShape of the cast number")
          .on({"Cast"}, cast_constant_of_shape),
  };
}

}  // namespace modelconv
