// Rules that move Transposes by what they cost: the elements that they move. Used where the graph has to change order
// anyway, as for channels-last targets; move_transposes_pass() is the cautious one that every conversion runs.
#pragma once

#include "ops/axes.h"
#include "rewrite/rule.h"

namespace modelconv {

// Elements that a Transpose by `p` of a value of this shape moves; sizes that are not known count as 1. It is 1 when the
// elements keep their order in memory, because the Transpose is then a Reshape.
double transpose_cost(const Shape& shape, const Permutation& p);

Rules moves_down_by_cost();
Rules moves_up_by_cost();

// Gemm(Reshape(Transpose(x)), w) is Gemm(Reshape(x), w with its rows in the other order); MatMul and Flatten likewise.
Rule fold_transpose_into_product_rule();

}  // namespace modelconv
