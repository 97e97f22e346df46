// Safetensors files: a JSON header and the tensors behind it.
#pragma once

#include "formats/common/format.h"

namespace modelconv {

const Format& safetensors_format();

}  // namespace modelconv
