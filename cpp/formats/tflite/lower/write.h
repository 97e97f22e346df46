// A canonical model to a .tflite file.
#pragma once

#include "formats/common/format.h"

namespace modelconv::tflite {

void write(const Model& model, const WriteRequest& request, AtomicFiles& files);

}  // namespace modelconv::tflite
