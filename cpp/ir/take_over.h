#pragma once

#include "ir/graph.h"

namespace modelconv {

// `x` stands for the only output of `node` from now on, under its name; the node goes.
void take_over(Value& x, Node& node);

}  // namespace modelconv
