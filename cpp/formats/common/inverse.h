// Inverse matrices, for which ONNX has no operator.
#pragma once

#include "formats/common/term.h"

namespace modelconv::formula {

// Gauss and Jordan's elimination, written out row by row: [..., n, n] -> [..., n, n]. Refuses an n that is unknown or large.
Term inverse_of(const Term& x);

// The same for a [..., n, n] and b [..., n, m]: what a has to be multiplied with to give b.
Term solution_of(const Term& a, const Term& b);

}  // namespace modelconv::formula
