// Attention and AdditiveAttention. Scores of positions that a mask stops are pushed down before the softmax, by as much
// as Keras does.
#include <algorithm>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/attention_masks.h"

namespace modelconv::keras {
namespace {

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

}  // namespace

OpMappings attention_ops() {
  return {
      {"keras.AdditiveAttention", "Softmax", raise_additive_attention, nullptr, ""},
      {"keras.Attention", "Softmax", raise_attention, nullptr, ""},
  };
}

}  // namespace modelconv::keras
