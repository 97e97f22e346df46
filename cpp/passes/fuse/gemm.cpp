#include "ops/attributes.h"
#include "ops/axes.h"
#include "passes/fold/evaluate.h"
#include "passes/fuse/batchnorm.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

bool is_matrix(const Value* value) { return value->shape().has_rank() && value->shape().rank() == 2; }

// Gemm takes floating point and 32- and 64-bit integers; MatMul takes the same.
// Its bias must broadcast to the result [M, N] in one direction.
Outcome fuse_matmul_add(const Match& match, Patch& patch) {
  Value &a = *match["a"], &b = *match["b"], &bias = *match["bias"];
  if (!is_matrix(&a) || !is_matrix(&b)) return refuse("the operands are not both matrices");
  const Shape& result = match["m"]->shape();
  const Shape& shape = bias.shape();
  if (!shape.has_rank() || shape.rank() > 2)
    return refuse("'{}' {} is no bias of a matrix", bias.name(), shape.str());
  for (size_t i = 1; i <= shape.rank(); ++i) {
    const Dim& size = shape[shape.rank() - i];
    if (!size.equals(1) && !(size == result[2 - i]))
      return refuse("'{}' {} does not provably broadcast to {}", bias.name(), shape.str(), result.str());
  }
  return replace_root(patch, patch.add("Gemm", {&a, &b, &bias}));
}

// Gemm's own flag does what a Transpose of an operand does.
Outcome fuse_transpose_into_gemm(Node& node, Patch& patch) {
  const std::vector<int64_t> swap = {1, 0};
  const char* flags[] = {"transA", "transB"};
  for (size_t i = 0; i < 2; ++i) {
    const Node* transpose = node.input(i)->producer();
    if (!transpose || transpose->op() != OpName("Transpose") || optional_ints(*transpose, "perm") != swap)
      continue;
    std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
    inputs[i] = transpose->input(0);
    Attrs attrs = node.attrs;
    attrs.set(flags[i], int64_t{1} - int_attr(node, flags[i]));
    return replace_root(patch, patch.add("Gemm", std::move(inputs), std::move(attrs)));
  }
  return no_match();
}

// [N] along the columns of the result, or one number.
bool is_per_column(const Value& value, const Dim& columns) {
  const Dims& dims = value.constant().dims();
  if (value.constant().size() == 1 && dims.size() <= 2) return true;
  const bool is_row = dims.size() == 1 || (dims.size() == 2 && dims[0] == 1);
  return is_row && columns.equals(dims.back());
}

// y = alpha * A' B' + beta * C, scaled per column and shifted; `scale` and `shift` are per column or null.
Outcome replace_gemm(Patch& patch, const Node& gemm, Value* scale, Value* shift) {
  for (const Value* part : {scale, shift})
    if (part && !all_finite(*part)) return refuse("'{}' is not finite everywhere", part->name());
  Value* weights = gemm.input(1);
  Value* bias = gemm.input(2);
  Attrs attrs = gemm.attrs;
  if (bias && float_attr(gemm, "beta") != 1.0F) {
    bias = &fold(patch, "Mul", {bias, &scalar_like(patch, *bias, float_attr(gemm, "beta"))});
    attrs.set("beta", 1.0F);
  }
  if (scale) {
    // Columns of the result are rows of B when it is transposed.
    Value& flat = fold(patch, "Reshape", {scale, &patch.ints({-1})});
    const std::vector<int64_t> along =
        int_attr(gemm, "transB") ? std::vector<int64_t>{-1, 1} : std::vector<int64_t>{1, -1};
    weights = &fold(patch, "Mul", {weights, &fold(patch, "Reshape", {&flat, &patch.ints(along)})});
    if (bias) bias = &fold(patch, "Mul", {bias, &flat});
  }
  if (shift) {
    Value& flat = fold(patch, "Reshape", {shift, &patch.ints({-1})});
    bias = bias ? &fold(patch, "Add", {bias, &flat}) : &flat;
  }
  return replace_root(patch,
                      patch.add("Gemm", {gemm.input(0), weights, bias}, std::move(attrs), gemm.name()));
}

Outcome fuse_gemm_batchnorm(const Match& match, Patch& patch) {
  const auto affine = affine_of_batchnorm(match, patch);
  if (const auto* refusal = std::get_if<Outcome>(&affine)) return *refusal;
  const auto [scale, shift] = std::get<Affine>(affine);
  return replace_gemm(patch, match.node("g"), scale, shift);
}

Outcome fuse_gemm_arithmetic(const Match& match, Patch& patch) {
  Value& operand = *match["k"];
  if (operand.dtype() != match["w"]->dtype())
    return refuse("'{}' has another dtype than the weights", operand.name());
  if (!is_per_column(operand, match["g"]->shape().has_rank() ? match["g"]->shape()[1] : Dim::unknown()))
    return refuse("'{}' {} is not one number per column", operand.name(), operand.shape().str());
  const bool multiplies = match.root().op() == OpName("Mul");
  return replace_gemm(patch, match.node("g"), multiplies ? &operand : nullptr,
                      multiplies ? nullptr : &operand);
}

Rule gemm_arithmetic_rule(const std::string& name, const std::string& op) {
  return Rule("fuse_gemm_" + name)
      .describe(op + " by a constant per column goes into the Gemm before it")
      .match("y = " + op + "(g = Gemm(x, w, b?), k)")
      .require(single_use("g"))
      .require(constant({"w", "b", "k"}))
      .replace(fuse_gemm_arithmetic);
}

}  // namespace

Rules fuse_gemm_rules() {
  return {Rule("fuse_matmul_add")
              .describe("MatMul of matrices and the Add of a bias are a Gemm")
              .match("y = Add(m = MatMul(a, b), bias)")
              .require(single_use("m"))
              .require(constant({"bias"}))
              .replace(fuse_matmul_add),
          Rule("fuse_transpose_into_gemm")
              .describe("a Transpose of a matrix that Gemm reads becomes transA or transB")
              .on({"Gemm"}, fuse_transpose_into_gemm)};
}

Rules fuse_gemm_affine_rules() {
  return {Rule("fuse_gemm_batchnorm")
              .describe("a BatchNormalization goes into the Gemm before it")
              .match("y = BatchNormalization(g = Gemm(x, w, b?), scale, beta, mean, var)")
              .require(single_use("g"))
              .require(constant({"w", "b", "scale", "beta", "mean", "var"}))
              .replace(fuse_gemm_batchnorm),
          gemm_arithmetic_rule("mul", "Mul"), gemm_arithmetic_rule("add", "Add")};
}

}  // namespace modelconv
