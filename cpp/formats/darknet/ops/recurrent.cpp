// Recurrent sections that ONNX has an operator for. The batch is the sequence: [N, inputs] -> [N, outputs].
// Sources: lstm_layer.c and gru_layer.c of github.com/AlexeyAB/darknet.
#include "formats/darknet/ops/all_ops.h"
#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {
namespace {

struct Gates {
  std::vector<Affine> inputs, states;
};

// Matrices below each other in ONNX's order, with a first axis for the direction.
Term stacked(const std::vector<Affine>& gates, const std::vector<size_t>& order, bool biases) {
  std::vector<Term> parts;
  for (const size_t i : order) parts.push_back(biases ? gates.at(i).biases : gates.at(i).weights);
  return unsqueeze(concat(parts, 0), {0});
}

Term run(Translation& t, const Gates& gates, const std::vector<size_t>& order, Attrs attrs) {
  attrs.set("hidden_size", int_of(t, "hidden"));
  const Term sequence = unsqueeze(as_vector(input(t, 0)), {1});
  const Term biases = concat({stacked(gates.inputs, order, true), stacked(gates.states, order, true)}, 1);
  const Term y =
      compute(t.target(),
              {sequence, stacked(gates.inputs, order, false), stacked(gates.states, order, false), biases},
              std::move(attrs));
  return squeeze(y, {1, 2});
}

std::vector<Affine> read_gates(Translation& t, size_t count, size_t& at) {
  std::vector<Affine> gates;
  for (size_t i = 0; i < count; ++i) gates.push_back(read_affine(t, at));
  return gates;
}

// Darknet's order: f, i, g, o; ONNX's: i, o, f, c.
void raise_lstm(Translation& t) {
  size_t at = 1;
  Gates gates;
  gates.states = read_gates(t, 4, at);
  gates.inputs = read_gates(t, 4, at);
  set_output(t, 0, run(t, gates, {1, 3, 0, 2}, {}));
}

// Darknet's order: z, r, h, as ONNX's. The new state goes through a logistic function unless tanh=1.
void raise_gru(Translation& t) {
  size_t at = 1;
  Gates gates;
  gates.inputs = read_gates(t, 3, at);
  gates.states = read_gates(t, 3, at);
  const std::string last = flag_of(t, "tanh") ? "Tanh" : "Sigmoid";
  set_output(t, 0, run(t, gates, {0, 1, 2}, {{"activations", std::vector<std::string>{"Sigmoid", last}}}));
}

}  // namespace

OpMappings recurrent_ops() {
  const char* note = "the batch is one sequence";
  return {
      {"darknet.gru", "GRU", raise_gru, nullptr, note},
      {"darknet.lstm", "LSTM", raise_lstm, nullptr, note},
  };
}

}  // namespace modelconv::darknet
