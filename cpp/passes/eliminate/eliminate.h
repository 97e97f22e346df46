// Rules that take nodes away without putting others in their place.
#pragma once

#include "rewrite/rule.h"

namespace modelconv {

// Nodes that hand their input on as it is: Identity, Dropout at inference, a Cast to the same dtype, a Transpose, Reshape,
// Expand, Pad, Slice, Concat, ... that changes nothing.
Rules eliminate_noop_rules();

// Arithmetic with a neutral element: x * 1, x / 1, x - 0, x ** 1, x & true, ... Kept where broadcasting would change the
// shape, and x + 0.0 in floating point, because it turns -0.0 into 0.0.
Rules eliminate_neutral_element_rules();

// A second application that changes nothing: Relu(Relu(x)), Abs(Abs(x)), Ceil(Floor(x)), Clip(Relu(x)), ...
Rules eliminate_idempotent_rules();

// Initial states of recurrent operators that are zeros anyway.
Rules eliminate_zero_state_rules();

// ArgMax(Softmax(x)) is ArgMax(x), but where x has NaN or infinities, or elements so close that Softmax rounds them to one.
Rules eliminate_monotone_argmax_rules();

// Nodes that undo the one before them (Not(Not(x)), a Quantize after its own Dequantize, a sequence taken apart again), or
// choose what is known beforehand (Where).
Rules eliminate_undone_rules();

}  // namespace modelconv
