// NumPy's files: .npz archives and .npy arrays.
#pragma once

#include "formats/common/format.h"

namespace modelconv {

const Format& npz_format();

}  // namespace modelconv
