// Moving and cancelling transposes, by asking each operator for its axis rule. No format and no layout is named here.
#pragma once

#include "passes/pass.h"

namespace modelconv {

// Transpose(Transpose(x)) is one Transpose or none.
Rule fuse_transposes_rule();

// One that only moves axes of size 1 is a Reshape. Only after transposes have moved: a Reshape cancels with no other one.
Rule transpose_to_reshape_rule();

Rule hoist_transpose_above_region_rule();

// Transposes move towards the outputs while they meet others and cancel, then what is left moves towards the inputs.
// Done on a copy first, and kept only when the elements that all transposes together move become fewer, or as many.
Pass move_transposes_pass();

}  // namespace modelconv
