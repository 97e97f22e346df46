// Operators of quantised types and of quantising.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::tensorflow {

OpMappings quantized_ops();  // quantized.cpp; part of fake_quant_ops()

}  // namespace modelconv::tensorflow
