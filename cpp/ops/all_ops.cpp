#include "ops/all_ops.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "ops/channels_last.h"

namespace modelconv {
namespace {

using OpTable = std::unordered_map<OpName, OpDef>;

OpTable build_table() {
  OpTable table;
  for (OpDefs (*family)() : {
           activations_ops,
           arg_extreme_ops,
           arithmetic_ops,
           attention_ops,
           cast_ops,
           channel_normalization_ops,
           channels_last_ops,
           col2im_ops,
           compare_ops,
           concat_ops,
           contrib_fused_ops,
           contrib_normalization_ops,
           contrib_quantized_ops,
           conv_ops,
           conv_transpose_ops,
           cumulative_ops,
           deform_conv_ops,
           depth_to_space_ops,
           dft_ops,
           dynamic_quantize_lstm_ops,
           einsum_ops,
           expand_ops,
           flex_attention_ops,
           gated_activations_ops,
           gather_ops,
           grid_sample_ops,
           identity_ops,
           if_ops,
           layer_normalization_ops,
           linear_attention_ops,
           logical_ops,
           loop_ops,
           loss_ops,
           matmul_ops,
           matrices_ops,
           max_unpool_ops,
           min_max_ops,
           ml_encoders_ops,
           ml_scaling_ops,
           non_max_suppression_ops,
           one_hot_ops,
           optional_ops,
           pad_ops,
           pool_ops,
           power_ops,
           quantize_linear_ops,
           quantized_conv_ops,
           quantized_matmul_ops,
           random_ops,
           range_ops,
           reduce_ops,
           reshape_ops,
           resize_ops,
           reverse_sequence_ops,
           rnn_ops,
           roi_pool_ops,
           rotary_embedding_ops,
           scan_ops,
           scatter_ops,
           select_ops,
           sequence_ops,
           shape_of_ops,
           slice_ops,
           softmax_ops,
           squeeze_ops,
           strings_ops,
           tfidf_vectorizer_ops,
           top_k_ops,
           training_ops,
           transpose_ops,
           tree_ensemble_ops,
           unary_math_ops,
           unary_numeric_ops,
           unique_ops,
           where_ops,
           windows_ops,
       })
    for (const OpDef& def : family())
      ENSURE(table.emplace(def.op(), def).second, InternalError, "operator {} is defined twice",
             def.op().str());
  return table;
}

const OpTable& table() {
  static const OpTable instance = build_table();
  return instance;
}

}  // namespace

const OpDef* find_op(OpName op) {
  const auto found = table().find(op);
  return found == table().end() ? nullptr : &found->second;
}

std::vector<const OpDef*> all_ops() {
  std::vector<const OpDef*> ops;
  for (const auto& [name, def] : table()) ops.push_back(&def);
  std::sort(ops.begin(), ops.end(), [](const OpDef* a, const OpDef* b) { return a->op() < b->op(); });
  return ops;
}

}  // namespace modelconv
