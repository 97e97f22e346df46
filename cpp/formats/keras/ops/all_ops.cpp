#include "formats/keras/ops/all_ops.h"

namespace modelconv::keras {

const OpMappings& op_mappings() {
  static const OpMappings table = [] {
    OpMappings all;
    for (OpMappings (*family)() : {
             activation_ops,
             attention_ops,
             conv_lstm_ops,
             convolution_ops,
             dense_ops,
             elementwise_operations,
             merge_ops,
             multi_head_attention_ops,
             normalization_ops,
             order_operations,
             pass_through_ops,
             pooling_ops,
             preprocessing_ops,
             recurrent_ops,
             reduce_operations,
             shape_operations,
             shape_ops,
             spectrogram_ops,
         })
      for (OpMapping& row : family()) all.push_back(std::move(row));
    return all;
  }();
  return table;
}

}  // namespace modelconv::keras
