// TFLite (LiteRT) flatbuffers.
#pragma once

#include "formats/common/format.h"

namespace modelconv {

const Format& tflite_format();

}  // namespace modelconv
