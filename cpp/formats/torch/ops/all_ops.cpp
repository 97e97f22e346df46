#include "formats/torch/ops/all_ops.h"

namespace modelconv::torch {

const OpMappings& op_mappings() {
  static const OpMappings table = [] {
    OpMappings all;
    // clang-format off
    for (OpMappings (*family)() : {
             activation_ops,
             adaptive_pooling_ops,
             arithmetic_ops,
             arrange_ops,
             attention_ops,
             cast_ops,
             choose_ops,
             class_loss_ops,
             compare_ops,
             complex_ops,
             control_ops,
             convolution_ops,
             count_ops,
             create_ops,
             cumulative_ops,
             diagonal_ops,
             distance_ops,
             embedding_ops,
             fourier_ops,
             function_ops,
             gather_ops,
             index_ops,
             join_ops,
             linear_ops,
             loss_ops,
             matrix_ops,
             norm_ops,
             normalization_ops,
             order_ops,
             packed_ops,
             padding_ops,
             pair_ops,
             pass_through_ops,
             patch_ops,
             permute_ops,
             pooling_ops,
             quantization_ops,
             quantization_parameter_ops,
             random_ops,
             recurrent_cell_ops,
             recurrent_ops,
             reduce_ops,
             refused_ops,
             reshape_ops,
             resize_ops,
             sampling_ops,
             scatter_ops,
             slice_ops,
             split_ops,
             symbolic_ops,
             transformer_ops,
             unary_ops,
             vision_ops,
         })
      // clang-format on
      for (OpMapping& row : family()) all.push_back(std::move(row));
    return all;
  }();
  return table;
}

}  // namespace modelconv::torch
