// NumPy's names of element types, as in .npy headers and in pickled dtypes.
#pragma once

#include <string_view>

#include "base/dtype.h"

namespace modelconv {

struct NumpyDType {
  DType dtype = DType::undefined;  // undefined: objects
  bool is_swapped = false;         // stored in big-endian order
};

// "<f4", ">i8", "|b1", "|O", "f4"; MalformedModelError for what is no array of numbers or objects (text, dates,
// records), UnknownFormatError where the machine would need to compute in a type that nobody has (128-bit floats).
NumpyDType numpy_dtype(std::string_view name);

}  // namespace modelconv
