// Tables whose contents are known: comparisons with all keys, in standard operators.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv {

// Inputs: keys [n] (a constant), values [n], what is looked up, and the value for what is not there.
void raise_lookup(Translation& t);

}  // namespace modelconv
