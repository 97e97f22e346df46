// Attention, as products of matrices.
#include <cmath>
#include <limits>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

// [batch, length, heads * size] as [batch, heads, length, size].
Value& with_heads(Translation& t, Value& x, int64_t heads) {
  if (t.rank_of(x) == 4) return x;
  const Dims dims = static_dims(t, x);
  return t.transpose(reshaped(t, x, {dims[0], dims[1], heads, dims[2] / heads}), {0, 2, 1, 3});
}

// Each head of keys and values serves several heads of queries.
Value& repeated(Translation& t, Value& x, int64_t times) {
  if (times == 1) return x;
  const Dims dims = static_dims(t, x);
  Value& column = reshaped(t, x, {dims[0], dims[1], 1, dims[2] * dims[3]});
  Value& copies = t.add("Tile", {&column, &t.ints({1, 1, times, 1})});
  return reshaped(t, copies, {dims[0], dims[1] * times, dims[2], dims[3]});
}

Value& behind_past(Translation& t, Value& x, Value* past) {
  return past ? t.add("Concat", {past, &x}, {{"axis", int64_t{2}}}) : x;
}

// 0 where a query may look, -infinity elsewhere: query i sees keys up to i, counted from the end of the past.
Value& causal_mask(Translation& t, int64_t queries, int64_t keys, int64_t past) {
  std::vector<float> mask;
  for (int64_t i = 0; i < queries; ++i)
    for (int64_t j = 0; j < keys; ++j)
      mask.push_back(j <= i + past ? 0.0f : -std::numeric_limits<float>::infinity());
  return t.constant(Tensor::of<float>({queries, keys}, mask));
}

Value& as_bias(Translation& t, Value& mask) {
  if (mask.dtype() != DType::boolean) return t.cast(mask, DType::float32);
  Value& lowest = t.scalar(DType::float32, -std::numeric_limits<double>::infinity());
  return t.add("Where", {&mask, &t.scalar(DType::float32, 0), &lowest});
}

void refuse_what_is_missing(Translation& t) {
  if (t.input(6)) t.refuse("nonpad_kv_seqlen");
  if (t.wants_output(3)) t.refuse("the product of queries and keys as an output");
  for (const char* name : {"left_window_size", "right_window_size", "local_window_size"})
    if (t.node().attrs.has(name) && int_attr(t.node(), name) >= 0) t.refuse("local windows");
  if (t.required(0).dtype() != DType::float32)
    t.refuse("elements of type {}", name_of(t.required(0).dtype()));
}

void lower_attention(Translation& t) {
  refuse_what_is_missing(t);
  const bool three = t.rank(0) == 3;
  const int64_t q_heads = three ? int_attr(t.node(), "q_num_heads") : static_dim(t, t.required(0), 1);
  const int64_t kv_heads = three ? int_attr(t.node(), "kv_num_heads") : static_dim(t, t.required(1), 1);
  Value& q = with_heads(t, t.required(0), q_heads);
  Value& k = behind_past(t, with_heads(t, t.required(1), kv_heads), t.input(4));
  Value& v = behind_past(t, with_heads(t, t.required(2), kv_heads), t.input(5));
  t.set_output(1, k);
  t.set_output(2, v);
  const int64_t size = static_dim(t, q, 3), queries = static_dim(t, q, 2), keys = static_dim(t, k, 2);
  const double scale = static_cast<double>(
      optional_float(t.node(), "scale").value_or(1 / std::sqrt(static_cast<float>(size))));
  Value& turned = t.transpose(repeated(t, k, q_heads / kv_heads), {0, 1, 3, 2});
  Value* scores = &t.add("MatMul", {&t.add("Mul", {&q, &t.scalar_like(q, scale)}), &turned});
  const double cap = static_cast<double>(float_attr(t.node(), "softcap"));
  if (cap > 0)
    scores = &t.add("Mul", {&t.add("Tanh", {&t.add("Mul", {scores, &t.scalar_like(q, 1 / cap)})}),
                            &t.scalar_like(q, cap)});
  if (Value* mask = t.input(3)) {
    const Dim& length = mask->shape()[mask->shape().rank() - 1];
    if (!length.equals(keys)) t.refuse("a mask of {} for {} keys", mask->shape().str(), keys);
    scores = &t.add("Add", {scores, &as_bias(t, *mask)});
  }
  if (int_attr(t.node(), "is_causal") != 0)
    scores = &t.add("Add",
                    {scores, &causal_mask(t, queries, keys, t.input(4) ? static_dim(t, *t.input(4), 2) : 0)});
  Value& weights = t.add("Softmax", {scores}, {{"axis", int64_t{-1}}});
  Value& y = t.add("MatMul", {&weights, &repeated(t, v, q_heads / kv_heads)});
  if (!three) return t.set_output(0, y);
  const Dims dims = static_dims(t, y);
  t.set_output(0, reshaped(t, t.transpose(y, {0, 2, 1, 3}), {dims[0], dims[2], dims[1] * dims[3]}));
}

}  // namespace

OpMappings lower_attentions() {
  return {{"tflite.BATCH_MATMUL", "Attention", nullptr, lower_attention, "known sizes; no local windows"}};
}

}  // namespace modelconv::tflite
