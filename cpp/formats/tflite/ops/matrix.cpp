// Products of matrices.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/layout.h"

namespace modelconv::tflite {
namespace {

// Weights [out, in]. Without keep_num_dims whatever comes becomes rows of `in` numbers.
void raise_fully_connected(Translation& t) {
  if (string_of(t, "weights_format") != "DEFAULT") t.refuse("its weights are shuffled");
  if (t.rank(1) != 2) t.refuse("its weights have rank {}", t.rank(1));
  Term x = input(t, 0);
  const Term weights = input(t, 1);
  const Dim& depth = weights.value().shape()[1];
  const bool is_matrix = x.value().shape().has_rank() && x.rank() == 2;
  const bool keeps = flag_of(t, "keep_num_dims") && !is_matrix;
  if (!keeps && !(is_matrix && x.value().shape()[1] == depth))
    x = depth.is_known() ? reshape(x, {-1, depth.value()})
                         : reshape(x, concat({numbers(t, {-1}), size_of(weights, 1)}, 0));
  std::vector<Term> operands = {x, weights};
  if (t.input(2)) operands.push_back(input(t, 2));
  if (!keeps) {
    const Term y = compute("Gemm", operands, {{"transB", int64_t{1}}});
    return t.set_output(0, activated(t, y.value()));
  }
  Term y = compute("MatMul", {x, {t, transpose_weights(t, weights.value(), {1, 0})}});
  if (t.input(2)) y = y + input(t, 2);
  t.set_output(0, activated(t, y.value()));
}

Term adjoint(const Term& x) {
  std::vector<int64_t> perm;
  for (size_t axis = 0; axis < x.rank(); ++axis) perm.push_back(static_cast<int64_t>(axis));
  if (perm.size() < 2) x.translation().refuse("it multiplies a tensor of rank {}", perm.size());
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return transpose(x, perm);
}

void raise_batch_matmul(Translation& t) {
  Term x = input(t, 0), y = input(t, 1);
  if (flag_of(t, "adj_x")) x = adjoint(x);
  if (flag_of(t, "adj_y")) y = adjoint(y);
  if (x.dtype() == DType::int8 && t.node().output()->dtype() == DType::int32) {
    x = cast(x, DType::int32);
    y = cast(y, DType::int32);
  }
  set_output(t, 0, compute("MatMul", {x, y}));
}

}  // namespace

OpMappings matrix_ops() {
  return {
      {"tflite.BATCH_MATMUL", "MatMul", raise_batch_matmul, nullptr, ""},
      {"tflite.FULLY_CONNECTED", "Gemm", raise_fully_connected, nullptr, "weights in the default order"},
  };
}

}  // namespace modelconv::tflite
