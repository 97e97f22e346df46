// Contents of the operator table: one line per file of this folder, sorted; x_ops() is in x.cpp.
#pragma once

#include "ops/op_def.h"

namespace modelconv {

OpDefs activations_ops();
OpDefs arithmetic_ops();
OpDefs compare_ops();
OpDefs concat_ops();
OpDefs expand_ops();
OpDefs gated_activations_ops();
OpDefs gather_ops();
OpDefs logical_ops();
OpDefs min_max_ops();
OpDefs reshape_ops();
OpDefs shape_of_ops();
OpDefs slice_ops();
OpDefs softmax_ops();
OpDefs squeeze_ops();
OpDefs transpose_ops();
OpDefs unary_math_ops();
OpDefs unary_numeric_ops();
OpDefs where_ops();

}  // namespace modelconv
