// The rows of Darknet's sections, one function per file of this folder.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::darknet {

const OpMappings& op_mappings();

OpMappings activation_ops();
OpMappings convolution_ops();
OpMappings connected_ops();
OpMappings detection_ops();
OpMappings head_ops();
OpMappings join_ops();
OpMappings normalization_ops();
OpMappings pooling_ops();
OpMappings recurrent_ops();
OpMappings scan_ops();
OpMappings shape_ops();
OpMappings softmax_ops();

}  // namespace modelconv::darknet
