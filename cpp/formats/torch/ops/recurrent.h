// Weights and orders of gates of PyTorch's recurrent operators.
#pragma once

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

// One kind of recurrent network: ONNX's operator, its gates as places in PyTorch's order, the operator's own attributes.
// PyTorch: LSTM i f g o, GRU r z n. ONNX: LSTM i o f c, GRU z r h.
struct RecurrentKind {
  const char* op;
  std::vector<int64_t> gates;
  bool has_cell_state;
  const char* activation;  // of RNN; null: as the operator has it
};
const RecurrentKind& recurrent_kind(
    const Translation& t);  // by the node's name: aten.lstm, aten.gru_cell, ...

}  // namespace modelconv::torch
