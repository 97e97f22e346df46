// Attention layers. Scores of positions that a mask stops are pushed down before the softmax, by as much as Keras does.
#include <algorithm>
#include <cmath>
#include <limits>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/arguments.h"

namespace modelconv::keras {
namespace {

constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

Value& unsqueeze(Translation& t, Value& x, const std::vector<int64_t>& axes) {
  return t.add("Unsqueeze", {&x, &t.ints(axes)});
}

// The sizes of `x` from axis `begin` to `end`.
Value& sizes(Translation& t, Value& x, int64_t begin, int64_t end) {
  return t.add("Slice", {&t.shape_of(x), &t.ints({begin}), &t.ints({end})});
}

// 0, 1, ... up to the size of an axis.
Value& count_up(Translation& t, Value& x, int64_t axis) {
  Value& size = t.add("Squeeze", {&sizes(t, x, axis, axis + 1 == 0 ? kEnd : axis + 1), &t.ints({0})});
  return t.add("Range", {&t.scalar(DType::int64, 0), &size, &t.scalar(DType::int64, 1)});
}

// bool [queries, keys]: no query looks ahead.
Value& causal_mask(Translation& t, Value& scores) {
  Value& rows = unsqueeze(t, count_up(t, scores, -2), {1});
  return t.add("GreaterOrEqual", {&rows, &unsqueeze(t, count_up(t, scores, -1), {0})});
}

// Both, where there are two.
Value* both(Translation& t, Value* a, Value* b) { return a && b ? &t.add("And", {a, b}) : (a ? a : b); }

// --- Attention, AdditiveAttention

// [batch, queries, 1, dim] + [batch, 1, keys, dim]
Value& pairwise_sum(Translation& t) {
  return t.add(
      "Add", {&unsqueeze(t, need_argument(t, "query"), {-2}), &unsqueeze(t, need_argument(t, "key"), {-3})});
}

Value& sum_over_last(Translation& t, Value& x) {
  return t.add("ReduceSum", {&x, &t.ints({-1})}, {{"keepdims", int64_t{0}}});
}

Value& dot_scores(Translation& t) {
  Value& key = need_argument(t, "key");
  std::vector<int64_t> perm = axes_up_to(t.rank_of(key));
  ENSURE(perm.size() >= 2, MalformedModelError, "{}: its key has the shape {}", t.node().describe(),
         key.shape().str());
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return t.add("MatMul", {&need_argument(t, "query"), &t.transpose(key, perm)});
}

void attend(Translation& t, Value& raw_scores) {
  Value* scores = &raw_scores;
  Value* mask = argument(t, "value_mask");
  if (mask) mask = &unsqueeze(t, *mask, {-2});
  if (flag_of(t, "use_causal_mask", false)) mask = both(t, mask, &causal_mask(t, *scores));
  if (mask) {
    const double low = element_type(t, *scores) == DType::float16 ? 65504 : 1e9;
    scores = &t.add("Where", {mask, scores, &t.add("Sub", {scores, &t.scalar_like(*scores, low)})});
  }
  Value& weights = t.add("Softmax", {scores}, {{"axis", int64_t{-1}}});
  Value* y = &t.add("MatMul", {&weights, &need_argument(t, "value")});
  if (Value* queries = argument(t, "query_mask"))
    y = &t.add("Where", {&unsqueeze(t, *queries, {-1}), y, &t.scalar_like(*y, 0)});
  t.set_output(0, *y);
  t.set_output(1, weights);
}

void raise_attention(Translation& t) {
  Value* scale = argument(t, "scale");
  if (string_of(t, "score_mode", "dot") == "dot") {
    Value& scores = dot_scores(t);
    return attend(t, scale ? t.add("Mul", {&scores, scale}) : scores);
  }
  Value* sum = &pairwise_sum(t);
  if (scale) sum = &t.add("Mul", {sum, scale});
  Value& score = sum_over_last(t, t.add("Tanh", {sum}));
  attend(t, t.add("Mul", {&score, &need_argument(t, "concat_score_weight")}));
}

void raise_additive_attention(Translation& t) {
  Value* weighted = &t.add("Tanh", {&pairwise_sum(t)});
  if (Value* scale = argument(t, "scale")) weighted = &t.add("Mul", {weighted, scale});
  attend(t, sum_over_last(t, *weighted));
}

// --- MultiHeadAttention, GroupQueryAttention

// x [batch, steps, dim] times the kernel [dim, heads, size], as [batch, steps, heads, size].
Value& project(Translation& t, Value& x, const std::string& part) {
  Value& kernel = weight(t, part + "/kernel", 3);
  const Dims dims = dims_of(kernel);
  Value& flat = t.add("Reshape", {&kernel, &t.ints({dims[0], dims[1] * dims[2]})});
  Value* y = &t.add("MatMul", {&x, &flat});
  if (Value* bias = argument(t, part + "/bias"))
    y = &t.add("Add", {y, &t.add("Reshape", {bias, &t.ints({-1})})});
  return t.add("Reshape", {y, &t.ints({0, 0, dims[1], dims[2]})});
}

// Attended values [batch, steps, heads * size] times the kernel [heads, size, out...].
Value& project_back(Translation& t, Value& x) {
  Value& kernel = need_argument(t, "output_dense/kernel");
  if (!kernel.is_constant()) t.refuse("its output kernel is computed");
  const Dims dims = dims_of(kernel);
  ENSURE(dims.size() >= 3, MalformedModelError, "{}: its output kernel has the shape {}", t.node().describe(),
         to_string(dims));
  Value& flat = t.add("Reshape", {&kernel, &t.ints({dims[0] * dims[1], -1})});
  Value* y = &t.add("MatMul", {&x, &flat});
  if (dims.size() > 3) {
    std::vector<int64_t> shape = {0, 0};
    shape.insert(shape.end(), dims.begin() + 2, dims.end());
    y = &t.add("Reshape", {y, &t.ints(shape)});
  }
  if (Value* bias = argument(t, "output_dense/bias")) y = &t.add("Add", {y, bias});
  return *y;
}

// All masks of the call as one, [batch, queries, keys] or broadcast to it.
Value* joined_mask(Translation& t) {
  const auto as_bool = [&](const char* name, int64_t axis) -> Value* {
    Value* mask = argument(t, name);
    return mask ? &unsqueeze(t, t.cast(*mask, DType::boolean), {axis}) : nullptr;
  };
  Value* mask = both(t, as_bool("query_mask", -1), as_bool("value_mask", -2));
  mask = both(t, mask, as_bool("key_mask", -2));
  Value* given = argument(t, "attention_mask");
  return both(t, mask, given ? &t.cast(*given, DType::boolean) : nullptr);
}

// Keras computes plain attention with -0.7 * the largest number in the place of stopped scores; with dropout, or when
// the weights are wanted, by its Softmax layer, which also makes their weights 0. Keras 2 adds -1e9.
Value& masked_softmax(Translation& t, Value& scores, Value* mask) {
  if (!mask) return t.add("Softmax", {&scores}, {{"axis", int64_t{-1}}});
  if (flag_of(t, "old_keras", false)) {
    Value& stopped = t.cast(t.add("Not", {mask}), element_type(t, scores));
    Value& lower = t.add("Mul", {&stopped, &t.scalar_like(scores, -1e9)});
    return t.add("Softmax", {&t.add("Add", {&scores, &lower})}, {{"axis", int64_t{-1}}});
  }
  const bool by_layer = flag_of(t, "drops", false) || flag_of(t, "return_attention_scores", false);
  const bool is_half = element_type(t, scores) == DType::float16;
  const double low = is_half ? -4.5e4 : by_layer ? -1e9 : -0.7 * std::numeric_limits<float>::max();
  Value& pushed = t.add("Where", {mask, &scores, &t.scalar_like(scores, low)});
  Value& weights = t.add("Softmax", {&pushed}, {{"axis", int64_t{-1}}});
  return by_layer ? t.add("Where", {mask, &weights, &t.scalar_like(weights, 0)}) : weights;
}

// query, key, value: [batch, steps, heads, size]; `groups` queries' heads share each head of key and value.
void attend_heads(Translation& t, Value& query, Value& key, Value& value, int64_t groups) {
  Value *q = &query, *k = &key, *v = &value;
  const int64_t heads = q->shape()[2].value(), size = q->shape()[3].value();
  std::vector<int64_t> to_heads = {0, 2, 1, 3}, key_perm = {0, 2, 3, 1};
  if (groups > 1) {
    q = &t.add("Reshape", {q, &t.ints({0, 0, heads / groups, groups, size})});
    to_heads = {0, 2, 3, 1, 4};
  }
  k = &t.transpose(*k, key_perm);
  v = &t.transpose(*v, {0, 2, 1, 3});
  if (groups > 1) {
    k = &unsqueeze(t, *k, {2});
    v = &unsqueeze(t, *v, {2});
  }
  const double scale = 1.0 / std::sqrt(static_cast<double>(size));
  Value& scaled = t.add("Mul", {&t.transpose(*q, to_heads), &t.scalar_like(*q, scale)});
  Value& scores = t.add("MatMul", {&scaled, k});
  Value* mask = joined_mask(t);
  if (mask) {
    const size_t rank = t.rank_of(*mask), wanted = groups > 1 ? 5 : 4;
    for (size_t i = rank; i < wanted; ++i) mask = &unsqueeze(t, *mask, {-3});
  }
  if (flag_of(t, "use_causal_mask", false)) mask = both(t, mask, &causal_mask(t, scores));
  Value& weights = masked_softmax(t, scores, mask);
  const std::vector<int64_t> back =
      groups > 1 ? std::vector<int64_t>{0, 3, 1, 2, 4} : std::vector<int64_t>{0, 2, 1, 3};
  Value& attended = t.transpose(t.add("MatMul", {&weights, v}), back);
  Value& joined = t.add("Reshape", {&attended, &t.ints({0, 0, -1})});
  t.set_output(0, project_back(t, joined));
  if (t.node().output_count() > 1) {
    Value& shape =
        t.add("Concat", {&t.ints({0, heads}), &sizes(t, scores, -2, kEnd)}, {{"axis", int64_t{0}}});
    t.set_output(1, groups > 1 ? t.add("Reshape", {&weights, &shape}) : weights);
  }
}

void check_heads(const Translation& t) {
  if (has(t, "variant")) t.refuse("its variant {} is not read", string_of(t, "variant", ""));
  if (t.rank_of(need_argument(t, "query")) != 3 || t.rank_of(need_argument(t, "value")) != 3)
    t.refuse("attention over several axes is not read");
  for (const int64_t axis : ints_of(t, "attention_axes", {1}))
    if (axis != 1 && axis != -2) t.refuse("attention over axis {} is not read", axis);
}

void raise_multi_head(Translation& t) {
  check_heads(t);
  Value& query = project(t, need_argument(t, "query"), "query_dense");
  Value& key = project(t, need_argument(t, "key"), "key_dense");
  Value& value = project(t, need_argument(t, "value"), "value_dense");
  const Dims q = dims_of(need_argument(t, "query_dense/kernel")),
             k = dims_of(need_argument(t, "key_dense/kernel"));
  ENSURE(q[1] > 0 && k[1] > 0 && q[1] % k[1] == 0 && q[2] == k[2], MalformedModelError,
         "{}: kernels of shapes {} and {} do not fit together", t.node().describe(), to_string(q),
         to_string(k));
  attend_heads(t, query, key, value, q[1] / k[1]);
}

}  // namespace

OpMappings attention_ops() {
  return {
      {"keras.AdditiveAttention", "Softmax", raise_additive_attention, nullptr, ""},
      {"keras.Attention", "Softmax", raise_attention, nullptr, ""},
      {"keras.GroupQueryAttention", "Softmax", raise_multi_head, nullptr, "without gate and sliding window"},
      {"keras.MultiHeadAttention", "Softmax", raise_multi_head, nullptr,
       "over one axis; without gate and sliding window"},
  };
}

}  // namespace modelconv::keras
