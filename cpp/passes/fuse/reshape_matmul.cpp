// A product of matrices between Reshapes that flatten all axes but the last and restore them: MatMul does that itself.
#include "ops/attributes.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

// True when `matrix` is `x` with all axes but the last merged.
bool is_flattened(const Shape& x, const Shape& matrix) {
  return x.has_rank() && x.rank() > 2 && matrix.has_rank() && matrix.rank() == 2 &&
         x[x.rank() - 1] == matrix[1];
}

bool same_leading_axes(const Shape& x, const Shape& result, const Dim& last) {
  if (!result.has_rank() || result.rank() != x.rank() || !(result[x.rank() - 1] == last)) return false;
  for (size_t axis = 0; axis + 1 < x.rank(); ++axis)
    if (!(x[axis] == result[axis])) return false;
  return true;
}

// A bias that broadcasts along the last axis alone.
bool is_row(const Shape& bias) {
  if (!bias.is_static()) return false;
  for (size_t axis = 0; axis + 1 < bias.rank(); ++axis)
    if (!bias[axis].equals(1)) return false;
  return bias.rank() <= 2;
}

bool is_plain_product(const Node& gemm) {
  return float_attr(gemm, "alpha") == 1.0f && int_attr(gemm, "transA") == 0 &&
         int_attr(gemm, "transB") == 0 && (!gemm.input(2) || float_attr(gemm, "beta") == 1.0f);
}

Outcome fuse_reshape_matmul(Node& node, Patch& patch) {
  const Node* product = node.input(0)->producer();
  if (!product || &product->graph() != &node.graph()) return no_match();
  const bool is_gemm = product->op() == OpName("Gemm");
  if (!is_gemm && product->op() != OpName("MatMul")) return no_match();
  const Node* flatten = product->input(0)->producer();
  if (!flatten || (flatten->op() != OpName("Reshape") && flatten->op() != OpName("Flatten")))
    return no_match();
  Value &x = *flatten->input(0), &weights = *product->input(1);
  if (!is_flattened(x.shape(), product->input(0)->shape()))
    return refuse("{} is not {} with all axes but the last merged", product->input(0)->shape().str(),
                  x.shape().str());
  if (!weights.shape().has_rank() || weights.shape().rank() != 2) return refuse("the weights are no matrix");
  if (!same_leading_axes(x.shape(), node.output()->shape(), weights.shape()[1]))
    return refuse("the result {} does not restore the axes of {}", node.output()->shape().str(),
                  x.shape().str());
  if (!product->output()->has_one_use())
    return refuse("the product '{}' has other uses", product->output()->name());
  if (is_gemm && !is_plain_product(*product)) return refuse("the Gemm scales or transposes");
  Value* bias = is_gemm ? product->input(2) : nullptr;
  if (bias && !is_row(bias->shape())) return refuse("the bias {} is not one row", bias->shape().str());
  Value& y = patch.add("MatMul", {&x, &weights}, {}, product->name());
  return replace_root(patch, bias ? patch.add("Add", {&y, bias}) : y);
}

}  // namespace

Rules fuse_reshape_matmul_rules() {
  return {Rule("fuse_reshape_matmul_reshape")
              .describe("a Gemm or MatMul of matrices between Reshapes that merge the leading axes and "
                        "restore them is a "
                        "MatMul, with an Add for the bias")
              .on({"Reshape"}, fuse_reshape_matmul)};
}

}  // namespace modelconv
