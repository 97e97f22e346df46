// Matrix products.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {
namespace {

// The last two axes swapped.
Value& swap_matrix_axes(Translation& t, Value& x) {
  const size_t rank = t.rank_of(x);
  if (rank < 2) t.refuse("an operand has rank {}", rank);
  std::vector<int64_t> perm(rank);
  for (size_t axis = 0; axis < rank; ++axis) perm[axis] = static_cast<int64_t>(axis);
  std::swap(perm[rank - 1], perm[rank - 2]);
  return t.transpose(x, perm);
}

void raise_product(Translation& t, const char* flag_a, const char* flag_b) {
  Value *a = &t.required(0), *b = &t.required(1);
  if (const DType out = type_of(t, "Tout"); out != DType::undefined) {
    a = &t.cast(*a, out);
    b = &t.cast(*b, out);
  }
  if (flag_of(t, flag_a, false)) a = &swap_matrix_axes(t, *a);
  if (flag_of(t, flag_b, false)) b = &swap_matrix_axes(t, *b);
  t.set_output(0, t.add("MatMul", {a, b}));
}

void raise_mat_mul(Translation& t) { raise_product(t, "transpose_a", "transpose_b"); }

void raise_batch_mat_mul(Translation& t) {
  if (is_complex(element_type(t))) t.refuse("it multiplies complex numbers");
  raise_product(t, "adj_x", "adj_y");
}

void raise_einsum(Translation& t) {
  std::vector<Value*> inputs;
  for (size_t i = 0; i < t.input_count(); ++i) inputs.push_back(&t.required(i));
  t.set_output(0, t.add("Einsum", inputs, {{"equation", string_of(t, "equation", "")}}));
}

}  // namespace

OpMappings matrix_ops() {
  return {
      {"tf.BatchMatMul", "MatMul", raise_batch_mat_mul, nullptr, "real numbers"},
      {"tf.BatchMatMulV2", "MatMul", raise_batch_mat_mul, nullptr, "real numbers"},
      {"tf.BatchMatMulV3", "MatMul", raise_batch_mat_mul, nullptr, "real numbers"},
      {"tf.Einsum", "Einsum", raise_einsum, nullptr, ""},
      {"tf.MatMul", "MatMul", raise_mat_mul, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
