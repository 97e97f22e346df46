// The rows of Caffe's layers, one function per file of this folder.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::caffe {

const OpMappings& op_mappings();

OpMappings activation_ops();
OpMappings arithmetic_ops();
OpMappings convolution_ops();
OpMappings detection_ops();
OpMappings indexing_ops();
OpMappings inner_product_ops();
OpMappings normalization_ops();
OpMappings pooling_ops();
OpMappings prior_box_ops();
OpMappings proposal_ops();
OpMappings recurrent_ops();
OpMappings reduction_ops();
OpMappings refused_ops();
OpMappings resize_ops();
OpMappings roi_ops();
OpMappings shape_ops();

}  // namespace modelconv::caffe
