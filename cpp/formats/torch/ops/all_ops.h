// Contents of formats/torch/ops: one function per file of operators.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::torch {

const OpMappings& op_mappings();

OpMappings arithmetic_ops();
OpMappings control_ops();
OpMappings convolution_ops();
OpMappings linear_ops();
OpMappings pass_through_ops();
OpMappings symbolic_ops();
OpMappings unary_ops();

}  // namespace modelconv::torch
