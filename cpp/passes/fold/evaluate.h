// Arithmetic on constants inside a rule, by the operators' own kernels.
#pragma once

#include "rewrite/patch.h"

namespace modelconv {

// The constant that `op` gives on constant inputs. Its one output must be a tensor. InternalError when an input is not
// constant: the rule's conditions come first.
Value& fold(Patch& patch, OpName op, const std::vector<Value*>& inputs, const Attrs& attrs = {});

// No NaN and no infinity in a constant: folding one into weights would change which sums are NaN.
bool all_finite(const Value& constant);

// A constant scalar of the dtype of `like`.
Value& scalar_like(Patch& patch, const Value& like, double value);

}  // namespace modelconv
