// The fused operators that nn.MultiheadAttention and nn.TransformerEncoderLayer call at inference.
// Source of their meaning: aten/src/ATen/native/transformers/attention.cpp and transformer.cpp.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/attention.h"

namespace modelconv::torch {
namespace {

// x [..., in] times weight [out, in], plus bias
Term linear(const Term& x, const Term& weight, const Term& bias) {
  return compute("MatMul", {x, transpose(weight, {1, 0})}) + bias;
}

struct Heads {
  Term query, key, value;  // [batch, heads, steps, features]
};

// [batch, steps, heads * features] -> [batch, heads, steps, features]
Term split_heads(const Term& x, int64_t heads) {
  return transpose(reshape(x, {0, 0, heads, -1}), {0, 2, 1, 3});
}

// Rows of the weight are those of queries, keys and values.
Heads project(const Call& call, const Term& query, const Term& key, const Term& value,
              const char* heads_name) {
  const int64_t heads = call.integer(heads_name), width = call.integer("embed_dim");
  const auto part = [&](const Term& x, int64_t index) {
    const auto rows = [&](const char* name) {
      return slice(tensor(call, name), 0, index * width, (index + 1) * width);
    };
    return split_heads(linear(x, rows("qkv_weight"), rows("qkv_bias")), heads);
  };
  return {part(query, 0), part(key, 1), part(value, 2)};
}

enum MaskType : int64_t { kOfSteps, kOfKeys, kBoth };  // transformers/attention.cpp

// The given mask is true where nothing may be seen: [queries, keys], of keys [batch, keys], or of both with batch and heads.
std::optional<Term> mask_of(const Call& call) {
  if (!call.has("mask")) return std::nullopt;
  const Term mask = tensor(call, "mask");
  const int64_t type = call.has("mask_type") ? call.integer("mask_type")
                       : mask.rank() == 2    ? kOfSteps
                                             : kBoth;
  const Term wide = type == kOfKeys && mask.rank() == 2 ? unsqueeze(mask, {1, 2}) : mask;
  return mask.dtype() == DType::boolean ? negated(wide) : wide;
}

// The result [batch, steps, width] and the weights [batch, heads, queries, keys].
Attended attend_with_heads(const Call& call, const Heads& heads) {
  const Attended result = attend({heads.query, heads.key, heads.value, mask_of(call), false, std::nullopt});
  const Term joined = reshape(transpose(result.output, {0, 2, 1, 3}), {0, 0, -1});
  return {linear(joined, tensor(call, "proj_weight"), tensor(call, "proj_bias")), result.probabilities};
}

void raise_multi_head_attention(Translation& t) {
  const Call call(
      t,
      "query, key, value, embed_dim:int, num_head:int, qkv_weight, qkv_bias, proj_weight, proj_bias, "
      "mask=None, need_weights:bool=true, average_attn_weights:bool=true, mask_type:int=None");
  const Heads heads =
      project(call, tensor(call, "query"), tensor(call, "key"), tensor(call, "value"), "num_head");
  const Attended result = attend_with_heads(call, heads);
  give(result.output);
  if (!t.wants_output(1)) return;
  if (!call.flag("need_weights")) t.refuse("its weights are used, which it was told not to compute");
  give(call.flag("average_attn_weights") ? reduce("ReduceMean", result.probabilities, {1})
                                         : result.probabilities,
       1);
}

Term layer_norm(const Call& call, const Term& x, const char* weight, const char* bias) {
  return compute("LayerNormalization", {x, tensor(call, weight), tensor(call, bias)},
                 {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(call.number("eps"))}});
}

Term feed_forward(const Call& call, const Term& x) {
  const Term inner = linear(x, tensor(call, "ffn_weight_1"), tensor(call, "ffn_bias_1"));
  const Term active = compute(call.flag("use_gelu") ? "Gelu" : "Relu", {inner});
  return linear(active, tensor(call, "ffn_weight_2"), tensor(call, "ffn_bias_2"));
}

// Normalised before (norm_first) or after each of the two parts.
void raise_encoder_layer(Translation& t) {
  const Call call(
      t,
      "src, embed_dim:int, num_heads:int, qkv_weight, qkv_bias, proj_weight, proj_bias, use_gelu:bool, "
      "norm_first:bool, eps:number, norm_weight_1, norm_bias_1, norm_weight_2, norm_bias_2, ffn_weight_1, "
      "ffn_bias_1, ffn_weight_2, ffn_bias_2, mask=None, mask_type:int=None");
  const bool norm_first = call.flag("norm_first");
  const auto first_norm = [&](const Term& x) { return layer_norm(call, x, "norm_weight_1", "norm_bias_1"); };
  const auto second_norm = [&](const Term& x) { return layer_norm(call, x, "norm_weight_2", "norm_bias_2"); };
  const Term x = tensor(call, "src"), seen = norm_first ? first_norm(x) : x;
  Term y = x + attend_with_heads(call, project(call, seen, seen, seen, "num_heads")).output;
  if (!norm_first) y = first_norm(y);
  y = y + feed_forward(call, norm_first ? second_norm(y) : y);
  give(norm_first ? y : second_norm(y));
}

}  // namespace

OpMappings transformer_ops() {
  return {
      {"aten._native_multi_head_attention", "MatMul", raise_multi_head_attention, nullptr, ""},
      {"aten._transformer_encoder_layer_fwd", "MatMul", raise_encoder_layer, nullptr, ""},
  };
}

}  // namespace modelconv::torch
