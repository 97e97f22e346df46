// Loops and conditions: raised from what a reader has brought into ONNX's form, as operators of its own dialect; lowered
// for dialects that have loops.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv {

// Inputs: the first condition, then the variables; attribute "body" as for Loop. The body's operators are translated with
// the types that its variables have.
void raise_loop(Translation& t);

// Input: the condition, of any numeric type; attributes "then_branch" and "else_branch" as for If.
void raise_if(Translation& t);

// A Scan as a canonical Loop that takes the next slice of each input itself.
void scan_to_loop(Translation& t);

}  // namespace modelconv
