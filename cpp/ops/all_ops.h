// Contents of the operator table: one line per file of this folder.
#pragma once

#include "ops/op_def.h"

namespace modelconv {

OpDefs softmax_ops();    // softmax.cpp

}  // namespace modelconv
