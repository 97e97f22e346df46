// Stand-ins for tensors that ONNX's operators do not take as PyTorch's do: bool, integers, tensors without axes.
#pragma once

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

// Integers and bool become float32.
Term in_floats(const Term& x);
// Bool becomes int32: ONNX neither computes with it nor orders it. What is not 0 is true again.
Term in_numbers(const Term& x);
// Integers and bool become float64, in which all whole numbers up to 2^53 are exact; for operators of floats alone.
Term in_doubles(const Term& x);

// A tensor without axes counts as having one: [] becomes [1], and what comes of it [] again.
Term with_an_axis(const Term& x);
Term without_that_axis(const Term& y, const Term& x);

}  // namespace modelconv::torch
