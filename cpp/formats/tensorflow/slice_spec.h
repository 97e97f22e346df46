// A part of a tensor, as the operators that restore variables spell it.
#pragma once

#include <string>

#include "ir/tensor.h"

namespace modelconv::tensorflow {

// `spec`: the whole shape and the part of each axis, "10 5 0,5:-" (rows 0 to 4, all columns). MalformedModelError when it
// does not fit `whole`.
Tensor take_slice(const Tensor& whole, const std::string& spec);

}  // namespace modelconv::tensorflow
