// Keras models: HDF5 (`.h5`, Keras 1 and 2), `.keras` archives (Keras 3), architectures as JSON.
#pragma once

#include "formats/common/format.h"

namespace modelconv {

const Format& keras_format();

}  // namespace modelconv
