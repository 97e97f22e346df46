// RNN, GRU and LSTM as a canonical Loop over the steps, for dialects that have loops: what comes from the input is computed
// for all steps at once, in front of the loop.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv {

void rnn_to_loop(Translation& t);
void gru_to_loop(Translation& t);
void lstm_to_loop(Translation& t);

}  // namespace modelconv
