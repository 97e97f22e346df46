// Elements of one type as another, with the rules of ONNX Cast.
#pragma once

#include "base/float_types.h"
#include "base/parallel.h"
#include "ir/tensor.h"

namespace modelconv {

struct CastOptions {
  bool saturate = true;                        // 8-bit floats: what is too large becomes the largest number
  ScaleRounding rounding = ScaleRounding::up;  // float8e8m0
};

// All types but complex ones. Integers wrap, as in two's complement; ONNX leaves open what a float outside the range
// of an integer type of 8 bits and more becomes: it is the nearest integer of the type, and 0 for NaN. Strings are read and written as
// NumPy does; BadArgument for one that is not a number. `to` has the size of `from`.
void convert_elements(const Tensor& from, Tensor& to, const CastOptions& options, ThreadPool& threads);

bool can_convert(DType from, DType to);

}  // namespace modelconv
