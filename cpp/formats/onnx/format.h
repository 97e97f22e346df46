// ONNX as pipeline/ sees it.
#pragma once

#include "formats/common/format.h"

namespace modelconv {

const Format& onnx_format();

}  // namespace modelconv
