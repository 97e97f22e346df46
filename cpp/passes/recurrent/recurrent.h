// Recurrent operators recovered from the loops that spell them out, by what the loop's body computes.
#pragma once

#include "rewrite/rule.h"

namespace modelconv {

// A Loop whose condition only compares counters with limits gets a number of trips instead, and its counters are computed
// from the iteration.
Rule count_loop_trips_rule();

// RNN, GRU and LSTM (peepholes, both forms of GRU, sequence lengths, initial states) taken out of a Loop that runs a
// known number of trips over the rows of a tensor. One cell at a time: of a stack, the first.
Rule recover_recurrent_cell_rule();

// Reversed inputs become the operator's direction, two directions one operator.
Rules recurrent_direction_rules();

Rules recurrent_rules();  // those of loops

}  // namespace modelconv
