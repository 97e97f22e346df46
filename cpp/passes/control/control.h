// Rules for nodes with bodies: If, Loop, Scan.
#pragma once

#include "rewrite/rule.h"

namespace modelconv {

// If with a constant condition is the branch that it takes; outputs of If that nobody uses go.
Rules if_rules();

// Loops that end after a constant number of trips are unrolled when short (none and one trip always); carried values that
// never change are captured; outputs and carried values that nobody needs go; what does not depend on the iteration is
// computed once, before the loop.
Rules loop_rules();

// Scans of a constant length, like loops.
Rules scan_rules();

}  // namespace modelconv
