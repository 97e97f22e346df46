// Axes that older operator sets want counted from the front.
#pragma once

#include "formats/onnx/versions/step.h"

namespace modelconv::onnx {

// The attribute "axes", in place.
void lower_axes(Step& step);

}  // namespace modelconv::onnx
