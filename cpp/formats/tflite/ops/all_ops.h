// Contents of the operator table: one line per file of this folder.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::tflite {

OpMappings unary_ops();  // unary.cpp

const OpMappings& op_mappings();

}  // namespace modelconv::tflite
