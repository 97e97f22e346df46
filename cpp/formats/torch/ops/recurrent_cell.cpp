// One step of a recurrent network.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

Term sigmoid(const Term& x) { return compute("Sigmoid", {x}); }
Term tanh(const Term& x) { return compute("Tanh", {x}); }

std::vector<Term> split(const Term& x, size_t count) {
  Translation& t = x.translation();
  Node& node = t.add_node("Split", {&x.value()},
                          {{"axis", int64_t{-1}}, {"num_outputs", static_cast<int64_t>(count)}}, count);
  std::vector<Term> parts;
  for (size_t i = 0; i < count; ++i) parts.emplace_back(t, *node.output(i));
  return parts;
}

Term with_bias(const Call& call, const Term& x, const char* bias) {
  return call.has(bias) ? x + tensor(call, bias) : x;
}

// x times the weight [out, in], plus the bias.
Term gates(const Call& call, const Term& x, const char* weight, const char* bias) {
  return with_bias(call, compute("MatMul", {x, transpose(tensor(call, weight), {1, 0})}), bias);
}

// Gates in the order i f g o.
struct LstmState {
  Term hidden, cell;
  std::vector<Term> active;  // the gates behind their activations
};
LstmState lstm_step(const Term& sum, const Term& cell) {
  const std::vector<Term> parts = split(sum, 4);
  const Term i = sigmoid(parts[0]), f = sigmoid(parts[1]), g = tanh(parts[2]), o = sigmoid(parts[3]);
  const Term next = f * cell + i * g;
  return {o * tanh(next), next, {i, f, g, o}};
}

// Gates in the order r z n; r acts on the product with the state.
Term gru_step(const Term& of_input, const Term& of_hidden, const Term& hidden) {
  const std::vector<Term> x = split(of_input, 3), h = split(of_hidden, 3);
  const Term r = sigmoid(x[0] + h[0]), z = sigmoid(x[1] + h[1]), n = tanh(x[2] + r * h[2]);
  return n + z * (hidden - n);
}

void raise_lstm_cell(Translation& t) {
  const Call call(t, "input, hx:tensors, w_ih, w_hh, b_ih=None, b_hh=None");
  const std::vector<Value*> states = call.tensors("hx");
  if (states.size() != 2) t.refuse("it has {} states", states.size());
  const Term sum =
      gates(call, tensor(call, "input"), "w_ih", "b_ih") + gates(call, {t, *states[0]}, "w_hh", "b_hh");
  const LstmState next = lstm_step(sum, {t, *states[1]});
  give(next.hidden);
  give(next.cell, 1);
}

void raise_fused_lstm_cell(Translation& t) {
  const Call call(t, "input_gates, hidden_gates, cx, input_bias=None, hidden_bias=None");
  const Term sum = with_bias(call, tensor(call, "input_gates"), "input_bias") +
                   with_bias(call, tensor(call, "hidden_gates"), "hidden_bias");
  const LstmState next = lstm_step(sum, tensor(call, "cx"));
  give(next.hidden);
  give(next.cell, 1);
  if (t.wants_output(2)) give(concat(next.active, 1), 2);
}

constexpr const char* kCell = "input, hx, w_ih, w_hh, b_ih=None, b_hh=None";

void raise_gru_cell(Translation& t) {
  const Call call(t, kCell);
  const Term hidden = tensor(call, "hx");
  give(gru_step(gates(call, tensor(call, "input"), "w_ih", "b_ih"), gates(call, hidden, "w_hh", "b_hh"),
                hidden));
}

void raise_rnn_cell(Translation& t) {
  const Call call(t, kCell);
  const Term sum =
      gates(call, tensor(call, "input"), "w_ih", "b_ih") + gates(call, tensor(call, "hx"), "w_hh", "b_hh");
  give(compute(t.target(), {sum}));
}

void raise_fused_gru_cell(Translation& t) {
  const Call call(t, "input_gates, hidden_gates, hx, input_bias=None, hidden_bias=None");
  if (t.wants_output(1)) t.refuse("its result 1 is used, which only gradients need");
  give(gru_step(with_bias(call, tensor(call, "input_gates"), "input_bias"),
                with_bias(call, tensor(call, "hidden_gates"), "hidden_bias"), tensor(call, "hx")));
}

}  // namespace

OpMappings recurrent_cell_ops() {
  return {
      {"aten._thnn_fused_gru_cell", "Tanh", raise_fused_gru_cell, nullptr, "first result"},
      {"aten._thnn_fused_lstm_cell", "Tanh", raise_fused_lstm_cell, nullptr, ""},
      {"aten.gru_cell", "Tanh", raise_gru_cell, nullptr, ""},
      {"aten.lstm_cell", "Tanh", raise_lstm_cell, nullptr, ""},
      {"aten.rnn_relu_cell", "Relu", raise_rnn_cell, nullptr, ""},
      {"aten.rnn_tanh_cell", "Tanh", raise_rnn_cell, nullptr, ""},
  };
}

}  // namespace modelconv::torch
