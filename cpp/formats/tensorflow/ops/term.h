// Formulas (formats/common/term.h) over TensorFlow's inputs.
#pragma once

#include "formats/common/term.h"
#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {

using namespace formula;

}  // namespace modelconv::tensorflow
