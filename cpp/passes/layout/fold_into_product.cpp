// Flattened images in front of a dense layer: the order in which the image is flattened goes into the weights.
#include <algorithm>

#include "ops/attributes.h"
#include "passes/layout/move.h"
#include "passes/layout/moves_by_cost.h"

namespace modelconv {
namespace {

// Larger constants are not copied while somebody else needs them in the old order.
constexpr size_t kSmall = 64 * 1024;

bool flattens_all_but_first(const Node& node) {
  static const std::vector<OpName> ops = {"Reshape", "Flatten"};
  if (std::find(ops.begin(), ops.end(), node.op()) == ops.end()) return false;
  const Shape &from = node.input(0)->shape(), &to = node.output()->shape();
  return from.has_rank() && from.rank() > 2 && to.has_rank() && to.rank() == 2 && from[0] == to[0];
}

// The axis of the weights that is summed over; nothing for other operands than a matrix of constants.
std::optional<size_t> summed_axis(const Node& node) {
  const Value* weights = node.input(1);
  if (!weights || !weights->is_constant() || weights->constant().rank() != 2) return std::nullopt;
  if (node.op() == OpName("MatMul")) return 0;
  if (int_attr(node, "transA") != 0) return std::nullopt;
  return int_attr(node, "transB") == 0 ? 0 : 1;
}

// The matrix with the elements of `axis`, seen as `sizes`, in the order p.
Tensor reorder(const Tensor& weights, size_t axis, const Dims& sizes, const Permutation& p) {
  const Dims dims = weights.dims();
  Dims split = axis == 0 ? sizes : Dims{dims[0]};
  if (axis == 0)
    split.push_back(dims[1]);
  else
    split.insert(split.end(), sizes.begin(), sizes.end());
  Permutation full;
  if (axis == 1) full.push_back(0);
  for (const size_t each : p) full.push_back(each + axis);
  if (axis == 0) full.push_back(p.size());
  return permuted(weights.reshaped(split), full).reshaped(dims);
}

Outcome fold_into_product(Node& node, Patch& patch) {
  const Node* flatten = node.input(0) ? node.input(0)->producer() : nullptr;
  if (!flatten || &flatten->graph() != &node.graph() || !flattens_all_but_first(*flatten)) return no_match();
  const auto p = transposed_by(flatten->input(0), node.graph());
  const auto axis = summed_axis(node);
  if (!p || !axis || (*p)[0] != 0) return no_match();
  const Value& weights = *node.input(1);
  if (!weights.has_one_use() && weights.constant().nbytes() > kSmall)
    return refuse("the weights '{}' have other uses", weights.name());
  const auto sizes = Shape(std::vector<Dim>(flatten->input(0)->shape().dims().begin() + 1,
                                            flatten->input(0)->shape().dims().end()))
                         .static_dims();
  if (!sizes) return refuse("the image has dynamic sizes {}", flatten->input(0)->shape().str());
  Permutation
      inner;  // of the axes behind the first, from the flattened order back to that of the Transpose's input
  for (size_t i = 1; i < p->size(); ++i) inner.push_back((*p)[i] - 1);
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  Value& image = *flatten->input(0)->producer()->input(0);
  inputs[0] = &patch.add("Flatten", {&image}, {{"axis", int64_t{1}}}, flatten->name());
  inputs[1] = &patch.constant(reorder(weights.constant(), *axis, *sizes, inverse(inner)), weights.name());
  return replace_root(patch, patch.add(node.op(), std::move(inputs), node.attrs));
}

}  // namespace

Rule fold_transpose_into_product_rule() {
  Rule rule("fold_transpose_into_product");
  rule.describe("a Transpose before a flattened image goes into the weights of the product that reads it")
      .on({"Gemm", "MatMul"}, fold_into_product);
  return rule;
}

}  // namespace modelconv
