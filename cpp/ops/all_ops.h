// Contents of the operator table: one line per file of this folder.
#pragma once

#include "ops/op_def.h"

namespace modelconv {

OpDefs concat_ops();  // concat.cpp
OpDefs expand_ops();  // expand.cpp
OpDefs gather_ops();  // gather.cpp
OpDefs reshape_ops();  // reshape.cpp
OpDefs shape_of_ops();  // shape_of.cpp
OpDefs slice_ops();  // slice.cpp
OpDefs softmax_ops();    // softmax.cpp
OpDefs squeeze_ops();  // squeeze.cpp
OpDefs transpose_ops();  // transpose.cpp

}  // namespace modelconv
