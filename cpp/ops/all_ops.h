// Contents of the operator table: one line per file of this folder, sorted; x_ops() is in x.cpp.
#pragma once

#include "ops/op_def.h"

namespace modelconv {

OpDefs activations_ops();
OpDefs arg_extreme_ops();
OpDefs arithmetic_ops();
OpDefs attention_ops();
OpDefs cast_ops();
OpDefs channel_normalization_ops();
OpDefs col2im_ops();
OpDefs compare_ops();
OpDefs concat_ops();
OpDefs contrib_fused_ops();
OpDefs contrib_normalization_ops();
OpDefs contrib_quantized_ops();
OpDefs conv_ops();
OpDefs conv_transpose_ops();
OpDefs cumulative_ops();
OpDefs deform_conv_ops();
OpDefs dft_ops();
OpDefs dynamic_quantize_lstm_ops();
OpDefs einsum_ops();
OpDefs depth_to_space_ops();
OpDefs expand_ops();
OpDefs gated_activations_ops();
OpDefs gather_ops();
OpDefs grid_sample_ops();
OpDefs identity_ops();
OpDefs if_ops();
OpDefs layer_normalization_ops();
OpDefs linear_attention_ops();
OpDefs logical_ops();
OpDefs loss_ops();
OpDefs loop_ops();
OpDefs matmul_ops();
OpDefs matrices_ops();
OpDefs max_unpool_ops();
OpDefs min_max_ops();
OpDefs non_max_suppression_ops();
OpDefs one_hot_ops();
OpDefs optional_ops();
OpDefs pad_ops();
OpDefs pool_ops();
OpDefs power_ops();
OpDefs quantize_linear_ops();
OpDefs quantized_conv_ops();
OpDefs quantized_matmul_ops();
OpDefs random_ops();
OpDefs range_ops();
OpDefs reduce_ops();
OpDefs reshape_ops();
OpDefs resize_ops();
OpDefs reverse_sequence_ops();
OpDefs rnn_ops();
OpDefs rotary_embedding_ops();
OpDefs roi_pool_ops();
OpDefs scan_ops();
OpDefs scatter_ops();
OpDefs select_ops();
OpDefs sequence_ops();
OpDefs shape_of_ops();
OpDefs slice_ops();
OpDefs softmax_ops();
OpDefs squeeze_ops();
OpDefs strings_ops();
OpDefs top_k_ops();
OpDefs transpose_ops();
OpDefs unary_math_ops();
OpDefs unary_numeric_ops();
OpDefs unique_ops();
OpDefs where_ops();
OpDefs windows_ops();

}  // namespace modelconv
