// Contents of formats/torch/ops: one function per file of operators.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::torch {

const OpMappings& op_mappings();

OpMappings arithmetic_ops();
OpMappings cast_ops();
OpMappings choose_ops();
OpMappings compare_ops();
OpMappings control_ops();
OpMappings convolution_ops();
OpMappings create_ops();
OpMappings cumulative_ops();
OpMappings gather_ops();
OpMappings join_ops();
OpMappings linear_ops();
OpMappings pass_through_ops();
OpMappings permute_ops();
OpMappings reduce_ops();
OpMappings reshape_ops();
OpMappings slice_ops();
OpMappings split_ops();
OpMappings symbolic_ops();
OpMappings unary_ops();

}  // namespace modelconv::torch
