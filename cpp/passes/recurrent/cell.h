// Recurrent cells in the body of a loop, found by what is computed from the states.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <span>

#include "passes/recurrent/linear_form.h"
#include "passes/recurrent/loop_values.h"

namespace modelconv {

// A function of ONNX's recurrent operators.
struct Activation {
  std::string name;
  float alpha = 0, beta = 0;
  bool has_alpha = false, has_beta = false;
  friend bool operator==(const Activation& a, const Activation& b) {
    return a.name == b.name && a.alpha == b.alpha && a.beta == b.beta;
  }
};

struct Cell {
  OpName op;                     // RNN, GRU, LSTM
  size_t state = 0;              // variable of the loop
  std::optional<size_t> memory;  // of an LSTM
  size_t hidden = 0;
  const Value* input = nullptr;      // in the body, [batch, input size]
  const Value* new_state = nullptr;  // in the body, before a mask chooses
  // In ONNX's order of gates, one direction.
  Tensor weights, recurrence, bias, peepholes;
  std::vector<Activation> activations;
  bool resets_after = false;  // GRU: the reset gate is applied behind the recurrent matrix
  // States stay as they are where the iteration is behind the sequence's end.
  Value* lengths = nullptr;     // [batch], outside of the body
  const Value* mask = nullptr;  // in the body
  bool mask_keeps_old = false;  // where it is true

  bool has_default_activations() const;
};

class CellFinder {
 public:
  CellFinder(const Node& loop, const Graph& body);
  // The cell whose hidden state is this variable; else `reason` says why not, when it nearly is one.
  std::optional<Cell> find(size_t variable, std::string& reason);
  // The mask of the cell, perhaps computed a second time.
  bool is_same_mask(const Value& mask, const Cell& cell) const;

 private:
  struct Gate {
    const LinearForm* form = nullptr;
    Activation activation;
  };
  struct Masked {
    const Value* fresh = nullptr;
    Value* lengths = nullptr;
    const Value* mask = nullptr;
    bool keeps_old = false;
  };
  const Value* state(size_t variable) const { return body_.inputs()[2 + variable]; }
  std::optional<Masked> next_of(size_t variable) const;
  std::optional<Gate> gate_of(const Value& value);
  bool reads_lengths(const Value& mask, Masked& masked) const;

  bool match_lstm(const Value& fresh, Cell& cell, std::string& reason);
  bool match_gru(const Value& fresh, Cell& cell, std::string& reason);
  bool match_rnn(const Value& fresh, Cell& cell, std::string& reason);
  // Splits a form into input, state and peephole; false when it has other terms.
  struct Parts {
    const Matrix *input = nullptr, *state = nullptr, *peephole = nullptr;
  };
  std::optional<Parts> parts_of(const LinearForm& form, Cell& cell, const Value* hidden,
                                const Value* memory) const;
  bool assemble(Cell& cell, const std::vector<const LinearForm*>& forms, const std::vector<Parts>& parts,
                const std::vector<std::vector<float>>& recurrent_bias) const;

  const Graph& body_;
  LinearForms forms_;
};

}  // namespace modelconv
