// Matrix products and look-up tables.
#include <algorithm>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/arguments.h"

namespace modelconv::keras {
namespace {

Value& plus_bias(Translation& t, Value& x) {
  Value* bias = argument(t, "bias");
  return bias ? t.add("Add", {&x, bias}) : x;
}

// The last axis of x times the kernel [in, units].
void raise_dense(Translation& t) {
  Value& kernel = weight(t, "kernel", 2);
  t.set_output(0, plus_bias(t, t.add("MatMul", {&t.required(0), &kernel})));
}

// Keras may say "...x,xy->...y"; ONNX's Einsum knows the ellipsis too.
void raise_einsum_dense(Translation& t) {
  std::string equation = string_of(t, "equation", "");
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  Value& y = t.add("Einsum", {&t.required(0), &need_argument(t, "kernel")}, {{"equation", equation}});
  Value* bias = argument(t, "bias");
  t.set_output(0, bias ? t.add("Add", {&y, bias}) : y);
}

void raise_embedding(Translation& t) {
  Value& table = weight(t, "embeddings", 2);
  Value& x = t.required(0);
  const bool is_index = x.dtype() == DType::int32 || x.dtype() == DType::int64;
  t.set_output(0,
               t.add("Gather", {&table, is_index ? &x : &t.cast(x, DType::int32)}, {{"axis", int64_t{0}}}));
}

// An embedding that can be run backwards: hidden states times the table, transposed.
void raise_reversible_embedding(Translation& t) {
  if (!flag_of(t, "reverse", false)) return raise_embedding(t);
  Value* table = argument(t, "reverse_embeddings");
  Value& projected =
      t.add("MatMul", {&t.required(0), table ? table : &t.transpose(weight(t, "embeddings", 2), {1, 0})});
  if (!has(t, "logit_soft_cap")) return t.set_output(0, projected);
  Value& cap = t.scalar_like(projected, float_of(t, "logit_soft_cap", 1));
  t.set_output(0, t.add("Mul", {&t.add("Tanh", {&t.add("Div", {&projected, &cap})}), &cap}));
}

// True where the index is not 0.
void raise_embedding_mask(Translation& t) {
  Value& x = t.required(0);
  t.set_output(0, t.add("Not", {&t.add("Equal", {&x, &t.scalar_like(x, 0)})}));
}

Value& passes(Translation& t, int64_t keepdims) {
  Value& x = t.required(0);
  Value& differs = t.add("Not", {&t.add("Equal", {&x, &t.scalar_like(x, float_of(t, "mask_value", 0))})});
  Value& most = t.add("ReduceMax", {&t.cast(differs, DType::int32), &t.ints({-1})}, {{"keepdims", keepdims}});
  return t.cast(most, DType::boolean);
}

// Steps of which every element is mask_value become 0.
void raise_masking(Translation& t) {
  Value& x = t.required(0);
  t.set_output(0, t.add("Mul", {&x, &t.cast(passes(t, 1), element_type(t, x))}));
}

void raise_masking_mask(Translation& t) { t.set_output(0, passes(t, 0)); }

}  // namespace

OpMappings dense_ops() {
  return {
      {"keras.Dense", "MatMul", raise_dense, nullptr, ""},
      {"keras.EinsumDense", "Einsum", raise_einsum_dense, nullptr, ""},
      {"keras.Embedding", "Gather", raise_embedding, nullptr, ""},
      {"keras.Masking", "Mul", raise_masking, nullptr, ""},
      {"keras.ReversibleEmbedding", "Gather", raise_reversible_embedding, nullptr, ""},
      {"keras.embedding_mask", "Equal", raise_embedding_mask, nullptr, "the mask of an Embedding"},
      {"keras.masking_mask", "Equal", raise_masking_mask, nullptr, "the mask of a Masking layer"},
  };
}

}  // namespace modelconv::keras
