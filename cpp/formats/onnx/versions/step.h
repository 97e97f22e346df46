// Adapters between versions of operators see what those that take operators apart see.
#pragma once

#include "passes/decompose/step.h"

namespace modelconv::onnx {

using decompose::Adapter;
using decompose::count_axes_from_front;
using decompose::Step;

}  // namespace modelconv::onnx
