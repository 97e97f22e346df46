#include "formats/tensorflow/ops/all_ops.h"

#include "formats/tensorflow/decode.h"

namespace modelconv::tensorflow {

const OpMappings& op_mappings() {
  static const OpMappings table = [] {
    OpMappings all;
    for (OpMappings (*family)() : {
             activation_ops,
             beam_search_ops,
             binary_ops,
             color_ops,
             combined_suppression_ops,
             complex_ops,
             concat_ops,
             control_flow_ops,
             convolution_ops,
             count_ops,
             crop_ops,
             decoding_ops,
             detection_ops,
             diagonal_ops,
             fake_quant_ops,
             fill_ops,
             gather_ops,
             image_ops,
             inverse_ops,
             loss_ops,
             matrix_ops,
             normalization_ops,
             order_ops,
             pass_through_ops,
             patch_ops,
             pooling_ops,
             ragged_ops,
             random_ops,
             reduction_ops,
             recurrent_block_ops,
             refused_ops,
             resize_ops,
             segment_ops,
             set_ops,
             shape_ops,
             slice_ops,
             sparse_ops,
             state_ops,
             string_ops,
             table_ops,
             transposed_convolution_ops,
             unary_ops,
             unique_ops,
             xla_ops,
         })
      for (OpMapping& row : family()) all.push_back(std::move(row));
    return all;
  }();
  return table;
}

}  // namespace modelconv::tensorflow
