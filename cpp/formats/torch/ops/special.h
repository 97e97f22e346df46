// Special functions as formulas of ONNX's operators, computed in float64 and given in the type of x (a float).
#pragma once

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

Term log_gamma(const Term& x);
Term digamma(const Term& x);
Term inverse_erf(const Term& x);                // seven digits: of float32 and smaller types
Term normal_quantile(const Term& x);            // likewise
Term log_multigamma(const Term& x, int64_t p);  // the multivariate function of order p

}  // namespace modelconv::torch
