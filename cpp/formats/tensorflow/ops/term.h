// Formulas (formats/common/term.h) over TensorFlow's inputs.
#pragma once

#include "formats/common/term.h"
#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {

using namespace formula;

inline Term index_input(Translation& t, size_t index) { return {t, as_int64(t, t.required(index))}; }

}  // namespace modelconv::tensorflow
