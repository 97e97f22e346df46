// Contents of the table: one function per file of this folder.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::keras {

const OpMappings& op_mappings();

OpMappings activation_ops();
OpMappings attention_ops();
OpMappings conv_lstm_ops();
OpMappings convolution_ops();
OpMappings dense_ops();
OpMappings elementwise_operations();
OpMappings merge_ops();
OpMappings multi_head_attention_ops();
OpMappings normalization_ops();
OpMappings pass_through_ops();
OpMappings pooling_ops();
OpMappings preprocessing_ops();
OpMappings recurrent_ops();
OpMappings order_operations();
OpMappings reduce_operations();
OpMappings shape_operations();
OpMappings shape_ops();
OpMappings spectrogram_ops();

}  // namespace modelconv::keras
