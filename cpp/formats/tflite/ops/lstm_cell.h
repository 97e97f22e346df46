// LSTMs of every kind: with and without input gate, peepholes, projection, layer normalisation, clipping.
#pragma once

#include <array>

#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {

// The tensors of one direction; null: not there. Gates in the order input, forget, cell, output.
struct LstmWeights {
  std::array<Value*, 4> input{}, recurrent{}, bias{}, normalization{};
  std::array<Value*, 3> peephole{};  // input, forget, output
  Value *projection = nullptr, *projection_bias = nullptr;
};

struct LstmOptions {
  std::string activation = "TANH";
  float cell_clip = 0, projection_clip = 0;  // 0: none
};

struct LstmState {
  Term output, cell;
};

// `x` [batch, features] times the input weights of all gates that are there, [batch, gates * cells]; any axes in front.
Term project_input(const Term& x, const LstmWeights& weights);

// One step. `projected` is project_input's result; the weights may belong to an enclosing graph.
LstmState lstm_step(const Term& projected, const LstmState& before, const LstmWeights& weights,
                    const LstmOptions& options);

// All steps of x [time, batch, features], backwards if `reverse`; the outputs [time, batch, outputs] in the order of x.
Term lstm_sequence(const Term& x, const LstmState& initial, const LstmWeights& weights,
                   const LstmOptions& options, bool reverse);

}  // namespace modelconv::tflite
