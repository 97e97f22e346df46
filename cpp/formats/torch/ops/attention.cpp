// Scaled dot-product attention, by whatever implementation the program names.
#include "formats/torch/ops/attention.h"

#include <cmath>
#include <limits>

#include "formats/torch/ops/all_ops.h"

namespace modelconv::torch {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

Term scale_of(const Attention& attention) {
  const Term& query = attention.query;
  Translation& t = query.translation();
  if (attention.scale) return number(t, query.dtype(), *attention.scale);
  const Dim& features = query.value().shape()[query.rank() - 1];
  if (features.is_known())
    return number(t, query.dtype(), 1 / std::sqrt(static_cast<double>(features.value())));
  return compute("Reciprocal", {compute("Sqrt", {cast(size_of(query, -1), query.dtype())})});
}

// bool [queries, keys]
Term causal_mask(const Term& query, const Term& key) {
  const auto steps = [](const Term& x) { return range(slice(shape_of(x), 0, -2, -1)); };
  return unsqueeze(steps(key), {0}) <= unsqueeze(steps(query), {1});
}

// bool [..., queries, 1]: there is a key to be seen.
Term sees_something(const Term& mask) {
  if (mask.dtype() == DType::boolean)
    return cast(reduce("ReduceMax", cast(mask, DType::int32), {-1}, true), DType::boolean);
  return negated(equal(reduce("ReduceMax", mask, {-1}, true), kMinusInfinity));
}

}  // namespace

// A query that sees nothing attends to nothing: its result is 0, not NaN.
Attended attend(const Attention& attention) {
  const Term& query = attention.query;
  const Term& key = attention.key;
  const auto last = static_cast<int64_t>(key.rank()) - 1;
  Term scores = compute("MatMul", {query * scale_of(attention), swap_axes(key, last - 1, last)});
  const Term hidden = number(query.translation(), query.dtype(), kMinusInfinity);
  if (attention.is_causal) scores = where(causal_mask(query, key), scores, hidden);
  const std::optional<Term>& mask = attention.mask;
  if (mask) scores = mask->dtype() == DType::boolean ? where(*mask, scores, hidden) : scores + *mask;
  const Term probabilities = compute("Softmax", {scores}, {{"axis", int64_t{-1}}});
  const Term output = compute("MatMul", {probabilities, attention.value});
  if (!mask) return {output, probabilities};
  return {where(sees_something(*mask), output, number(query.translation(), output.dtype(), 0)),
          probabilities};
}

namespace {

// [batch, groups, steps, features] -> [batch, heads, steps, features]: several queries share a key.
Term repeat_heads(const Term& x, const Term& query) {
  if (x.rank() < 4) x.translation().refuse("enable_gqa needs batch and heads");
  Translation& t = x.translation();
  const Term shape = shape_of(x);
  const auto part = [&](int64_t first, int64_t end) { return slice(shape, 0, first, end); };
  const Term groups = part(-3, -2), times = slice(shape_of(query), 0, -3, -2) / groups;
  const Term wide = concat({part(0, -2), times, part(-2, kEnd)}, 0);
  return reshape(expand(unsqueeze(x, {-3}), wide),
                 concat({part(0, -3), numbers(t, {-1}), part(-2, kEnd)}, 0));
}

Attention attention_of(const Call& call) {
  Translation& t = call.translation();
  if (call.number("dropout_p") != 0) t.refuse("it drops values at random: the model is in training mode");
  Attention attention{tensor(call, "query"), tensor(call, "key"),    tensor(call, "value"),
                      std::nullopt,          call.flag("is_causal"), std::nullopt};
  if (call.has("scale")) attention.scale = call.number("scale");
  if (call.has("attn_mask")) {
    const Term mask = tensor(call, "attn_mask");
    attention.mask = mask.dtype() == DType::boolean ? mask : cast(mask, attention.query.dtype());
  }
  return attention;
}

void give_first(Translation& t, const Attention& attention) {
  for (size_t i = 1; i < t.node().output_count(); ++i)
    if (t.wants_output(i)) t.refuse("its result {} is used, which only gradients need", i);
  give(attend(attention).output);
}

void raise_attention(Translation& t) {
  const Call call(t,
                  "query, key, value, attn_mask=None, dropout_p:number=0, is_causal:bool=false, "
                  "scale:number=None, enable_gqa:bool=false");
  Attention attention = attention_of(call);
  if (call.flag("enable_gqa")) {
    attention.key = repeat_heads(attention.key, attention.query);
    attention.value = repeat_heads(attention.value, attention.query);
  }
  give(attend(attention).output);
}

void raise_flash_attention(Translation& t) {
  const Call call(t, {"query, key, value, dropout_p:number=0, is_causal:bool=false, "
                      "return_debug_mask:bool=false, attn_mask=None, scale:number=None"});
  give_first(t, attention_of(call));
}

void raise_efficient_attention(Translation& t) {
  const Call call(t, {"query, key, value, attn_mask=None, compute_log_sumexp:bool, dropout_p:number=0, "
                      "is_causal:bool=false, scale:number=None",
                      "query, key, value, attn_mask=None, compute_log_sumexp:bool, dropout_p:number=0, "
                      "is_causal:bool=false, return_debug_mask:bool=false, scale:number=None"});
  give_first(t, attention_of(call));
}

void raise_overrideable_attention(Translation& t) {
  const Call call(t,
                  "query, key, value, attn_mask=None, dropout_p:number=0, is_causal:bool=false, "
                  "return_debug_mask:bool=false, scale:number=None");
  give_first(t, attention_of(call));
}

void raise_math_attention(Translation& t) {
  const Call call(t,
                  "query, key, value, attn_mask=None, dropout_p:number=0, is_causal:bool=false, "
                  "dropout_mask=None, scale:number=None, enable_gqa:bool=false");
  if (call.has("dropout_mask")) t.refuse("it drops values: the model is in training mode");
  Attention attention = attention_of(call);
  if (call.flag("enable_gqa")) {
    attention.key = repeat_heads(attention.key, attention.query);
    attention.value = repeat_heads(attention.value, attention.query);
  }
  const Attended result = attend(attention);
  give(result.output);
  give(result.probabilities, 1);
}

}  // namespace

OpMappings attention_ops() {
  const char* note = "first result";
  return {
      {"aten._scaled_dot_product_attention_math", "MatMul", raise_math_attention, nullptr, ""},
      {"aten._scaled_dot_product_cudnn_attention", "MatMul", raise_efficient_attention, nullptr, note},
      {"aten._scaled_dot_product_efficient_attention", "MatMul", raise_efficient_attention, nullptr, note},
      {"aten._scaled_dot_product_flash_attention", "MatMul", raise_flash_attention, nullptr, note},
      {"aten._scaled_dot_product_flash_attention_for_cpu", "MatMul", raise_flash_attention, nullptr, note},
      {"aten._scaled_dot_product_fused_attention_overrideable", "MatMul", raise_overrideable_attention,
       nullptr, note},
      {"aten.scaled_dot_product_attention", "MatMul", raise_attention, nullptr, ""},
  };
}

}  // namespace modelconv::torch
