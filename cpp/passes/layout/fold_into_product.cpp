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

// The axis of the weights that is summed over.
std::optional<size_t> summed_axis(const Node& node) {
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

bool quantizes_alike(const Node& node) {
  static const std::vector<OpName> ops = {"QuantizeLinear", "DequantizeLinear"};
  const bool listed = std::find(ops.begin(), ops.end(), node.op()) != ops.end();
  return listed && node.input(1)->shape().element_count().equals(1);
}

// The node that flattens the image, and those between it and the product: QuantizeLinear and its like, last one first.
struct Flattening {
  const Node* flatten = nullptr;
  std::vector<const Node*> between;
};

Flattening flattening_above(const Node& node) {
  Flattening found;
  const Value* value = node.input(0);
  while (value && value->producer() && &value->producer()->graph() == &node.graph()) {
    const Node& producer = *value->producer();
    if (flattens_all_but_first(producer)) {
      found.flatten = &producer;
      return found;
    }
    if (!quantizes_alike(producer)) break;
    found.between.push_back(&producer);
    value = producer.input(0);
  }
  return {};
}

// The matrix, or the stored one behind a dequantised one.
const Value* stored_weights(const Node& node) {
  const Value* weights = node.input(1);
  const Node* dequantize = weights ? weights->producer() : nullptr;
  static const OpName kDequantize("DequantizeLinear");
  if (dequantize && dequantize->op() == kDequantize) weights = dequantize->input(0);
  return weights && weights->is_constant() && weights->constant().rank() == 2 ? weights : nullptr;
}

// Scales along the summed axis would have to move too.
bool scales_move(const Node& node, size_t axis) {
  const Node* dequantize = node.input(1)->producer();
  if (!dequantize || dequantize->input(1)->shape().element_count().equals(1)) return false;
  return normalize_axis(int_attr(*dequantize, "axis"), 2) == axis;
}

Value& same_node_on(Patch& patch, const Node& node, Value& first) {
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  inputs[0] = &first;
  return patch.add(node.op(), std::move(inputs), node.attrs, node.name());
}

Outcome fold_into_product(Node& node, Patch& patch) {
  const Flattening found = flattening_above(node);
  if (!found.flatten) return no_match();
  const Value& flattened = *found.flatten->input(0);
  const auto p = transposed_by(&flattened, node.graph());
  const Value* weights = stored_weights(node);
  const auto axis = weights ? summed_axis(node) : std::nullopt;
  if (!p || !axis || (*p)[0] != 0 || scales_move(node, *axis)) return no_match();
  if (!weights->has_one_use() && weights->constant().nbytes() > kSmall)
    return refuse("the weights '{}' have other uses", weights->name());
  const auto& dims = flattened.shape().dims();
  const auto sizes = Shape(std::vector<Dim>(dims.begin() + 1, dims.end())).static_dims();
  if (!sizes) return refuse("the image has dynamic sizes {}", flattened.shape().str());
  Permutation
      inner;  // of the axes behind the first, from the flattened order back to that of the Transpose's input
  for (size_t i = 1; i < p->size(); ++i) inner.push_back((*p)[i] - 1);
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  Value* image =
      &patch.add("Flatten", {flattened.producer()->input(0)}, {{"axis", int64_t{1}}}, found.flatten->name());
  for (auto each = found.between.rbegin(); each != found.between.rend(); ++each)
    image = &same_node_on(patch, **each, *image);
  inputs[0] = image;
  inputs[1] = &patch.constant(reorder(weights->constant(), *axis, *sizes, inverse(inner)), weights->name());
  if (weights != node.input(1)) inputs[1] = &same_node_on(patch, *node.input(1)->producer(), *inputs[1]);
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
