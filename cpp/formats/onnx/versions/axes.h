// Axes that older operator sets want counted from the front.
#pragma once

#include "formats/onnx/versions/step.h"

namespace modelconv::onnx {

void count_axes_from_front(const Step& step, std::vector<int64_t>& axes, size_t rank);
// The attribute "axes", in place.
void lower_axes(Step& step);

}  // namespace modelconv::onnx
