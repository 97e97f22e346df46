// Contents of formats/torch/ops: one function per file of operators.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::torch {

const OpMappings& op_mappings();

OpMappings activation_ops();
OpMappings adaptive_pooling_ops();
OpMappings arithmetic_ops();
OpMappings arrange_ops();
OpMappings attention_ops();
OpMappings cast_ops();
OpMappings choose_ops();
OpMappings class_loss_ops();
OpMappings compare_ops();
OpMappings complex_ops();
OpMappings control_ops();
OpMappings convolution_ops();
OpMappings count_ops();
OpMappings create_ops();
OpMappings cumulative_ops();
OpMappings diagonal_ops();
OpMappings distance_ops();
OpMappings embedding_ops();
OpMappings fourier_ops();
OpMappings function_ops();
OpMappings gather_ops();
OpMappings index_ops();
OpMappings join_ops();
OpMappings linear_ops();
OpMappings loss_ops();
OpMappings matrix_ops();
OpMappings norm_ops();
OpMappings normalization_ops();
OpMappings order_ops();
OpMappings packed_ops();
OpMappings padding_ops();
OpMappings pair_ops();
OpMappings pass_through_ops();
OpMappings patch_ops();
OpMappings permute_ops();
OpMappings pooling_ops();
OpMappings quantization_ops();
OpMappings quantization_parameter_ops();
OpMappings random_ops();
OpMappings recurrent_cell_ops();
OpMappings recurrent_ops();
OpMappings reduce_ops();
OpMappings refused_ops();
OpMappings reshape_ops();
OpMappings resize_ops();
OpMappings sampling_ops();
OpMappings scatter_ops();
OpMappings slice_ops();
OpMappings split_ops();
OpMappings symbolic_ops();
OpMappings transformer_ops();
OpMappings unary_ops();
OpMappings vision_ops();

}  // namespace modelconv::torch
