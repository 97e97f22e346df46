// PyTorch's type promotion. Source: "Tensor Attributes", section torch.dtype, and aten/src/ATen/native/TypeProperties.cpp: tensors
// with axes count most, then tensors without, then Python's numbers; the lesser ones only matter by their category (bool,
// integer, float, complex).
#pragma once

#include "formats/torch/ops/call.h"

namespace modelconv::torch {

// The smallest type that holds both, as torch.promote_types. Refuses pairs without an answer.
DType promote_types(const Translation& t, DType a, DType b);

// The type in which the operands (parameters of kind "tensor", "operand" or "number") meet.
DType result_type(const Call& call, std::initializer_list<std::string_view> operands);

struct Operands {
  Value *a, *b;
};
// Both in the type in which they meet.
Operands promoted(const Call& call, std::string_view a, std::string_view b);
// The same; integers and bool become float32, as for division and for functions such as sin.
Operands promoted_to_float(const Call& call, std::string_view a, std::string_view b);

// The tensor; float32 if it holds integers or bool.
Value& as_float(Translation& t, Value& x);

}  // namespace modelconv::torch
