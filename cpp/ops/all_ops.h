// Contents of the operator table: one line per file of this folder, sorted; x_ops() is in x.cpp.
#pragma once

#include "ops/op_def.h"

namespace modelconv {

OpDefs activations_ops();
OpDefs arg_extreme_ops();
OpDefs arithmetic_ops();
OpDefs cast_ops();
OpDefs channel_normalization_ops();
OpDefs compare_ops();
OpDefs concat_ops();
OpDefs conv_ops();
OpDefs conv_transpose_ops();
OpDefs cumulative_ops();
OpDefs expand_ops();
OpDefs gated_activations_ops();
OpDefs gather_ops();
OpDefs identity_ops();
OpDefs layer_normalization_ops();
OpDefs logical_ops();
OpDefs matmul_ops();
OpDefs matrices_ops();
OpDefs min_max_ops();
OpDefs pool_ops();
OpDefs power_ops();
OpDefs quantize_linear_ops();
OpDefs quantized_conv_ops();
OpDefs quantized_matmul_ops();
OpDefs random_ops();
OpDefs reduce_ops();
OpDefs reshape_ops();
OpDefs rnn_ops();
OpDefs shape_of_ops();
OpDefs slice_ops();
OpDefs softmax_ops();
OpDefs squeeze_ops();
OpDefs strings_ops();
OpDefs transpose_ops();
OpDefs unary_math_ops();
OpDefs unary_numeric_ops();
OpDefs where_ops();
OpDefs windows_ops();
OpDefs activations_ops();            // activations.cpp
OpDefs arg_extreme_ops();            // arg_extreme.cpp
OpDefs arithmetic_ops();             // arithmetic.cpp
OpDefs attention_ops();              // attention.cpp
OpDefs channel_normalization_ops();  // channel_normalization.cpp
OpDefs compare_ops();                // compare.cpp
OpDefs concat_ops();                 // concat.cpp
OpDefs conv_ops();                   // conv.cpp
OpDefs conv_transpose_ops();         // conv_transpose.cpp
OpDefs deform_conv_ops();            // deform_conv.cpp
OpDefs dft_ops();                    // dft.cpp
OpDefs einsum_ops();                 // einsum.cpp
OpDefs expand_ops();                 // expand.cpp
OpDefs gated_activations_ops();      // gated_activations.cpp
OpDefs gather_ops();                 // gather.cpp
OpDefs layer_normalization_ops();    // layer_normalization.cpp
OpDefs linear_attention_ops();       // linear_attention.cpp
OpDefs logical_ops();                // logical.cpp
OpDefs loss_ops();                   // loss.cpp
OpDefs matmul_ops();                 // matmul.cpp
OpDefs min_max_ops();                // min_max.cpp
OpDefs pool_ops();                   // pool.cpp
OpDefs quantized_conv_ops();         // quantized_conv.cpp
OpDefs quantized_matmul_ops();       // quantized_matmul.cpp
OpDefs reduce_ops();                 // reduce.cpp
OpDefs reshape_ops();                // reshape.cpp
OpDefs rnn_ops();                    // rnn.cpp
OpDefs rotary_embedding_ops();       // rotary_embedding.cpp
OpDefs shape_of_ops();               // shape_of.cpp
OpDefs slice_ops();                  // slice.cpp
OpDefs softmax_ops();                // softmax.cpp
OpDefs squeeze_ops();                // squeeze.cpp
OpDefs transpose_ops();              // transpose.cpp
OpDefs unary_math_ops();             // unary_math.cpp
OpDefs unary_numeric_ops();          // unary_numeric.cpp
OpDefs where_ops();                  // where.cpp

}  // namespace modelconv
