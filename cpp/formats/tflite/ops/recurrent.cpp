// Recurrent operators.
#include <optional>

#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/lstm_cell.h"

namespace modelconv::tflite {
namespace {

// Inputs `first` to `first` + 16: weights of four gates, recurrent ones, three peepholes, four biases, the projection.
LstmWeights weights_at(const Translation& t, size_t first) {
  LstmWeights w;
  for (size_t gate = 0; gate < 4; ++gate) {
    w.input[gate] = t.input(first + gate);
    w.recurrent[gate] = t.input(first + 4 + gate);
    w.bias[gate] = t.input(first + 11 + gate);
    ENSURE(gate == 0 || (w.input[gate] && w.recurrent[gate]), MalformedModelError,
           "the weights of gate {} are missing", gate);
  }
  for (size_t i = 0; i < 3; ++i) w.peephole[i] = t.input(first + 8 + i);
  w.projection = t.input(first + 15);
  w.projection_bias = t.input(first + 16);
  return w;
}

LstmOptions options_of(const Translation& t) {
  return {string_of(t, "fused_activation_function"), float_of(t, "cell_clip"), float_of(t, "proj_clip")};
}

// [batch, time, ...] to [time, batch, ...] and back.
Term swapped(const Term& x) { return transpose(x, {1, 0, 2}); }

void raise_sequence_lstm(Translation& t) {
  if (flag_of(t, "diagonal_recurrent_tensors")) t.refuse("its recurrent weights are diagonals");
  LstmWeights weights = weights_at(t, 1);
  for (size_t gate = 0; gate < 4; ++gate) weights.normalization[gate] = t.input(20 + gate);
  const bool time_major = flag_of(t, "time_major");
  const Term x = input(t, 0);
  const Term y =
      lstm_sequence(time_major ? x : swapped(x), {input(t, 18), input(t, 19)}, weights, options_of(t), false);
  set_output(t, 0, time_major ? y : swapped(y));
}

void set_directions(Translation& t, const Term& forward, const Term& backward, bool time_major) {
  const Term there = time_major ? forward : swapped(forward),
             back = time_major ? backward : swapped(backward);
  if (flag_of(t, "merge_outputs")) return set_output(t, 0, concat({there, back}, 2));
  set_output(t, 0, there);
  set_output(t, 1, back);
}

void raise_bidirectional_lstm(Translation& t) {
  if (t.input(39)) t.refuse("it has an auxiliary input");
  const bool time_major = flag_of(t, "time_major");
  const Term x = time_major ? input(t, 0) : swapped(input(t, 0));
  const LstmOptions options = options_of(t);
  const Term forward = lstm_sequence(x, {input(t, 35), input(t, 36)}, weights_at(t, 1), options, false);
  const Term backward = lstm_sequence(x, {input(t, 37), input(t, 38)}, weights_at(t, 18), options, true);
  set_directions(t, forward, backward, time_major);
}

// One step. The basic kernel has one matrix for input and output of the step before, gates in another order.
void raise_lstm(Translation& t) {
  if (string_of(t, "kernel_type") == "FULL") {
    const LstmWeights weights = weights_at(t, 1);
    const LstmState after =
        lstm_step(project_input(input(t, 0), weights), {input(t, 18), input(t, 19)}, weights, options_of(t));
    return set_output(t, 0, after.output);
  }
  const Term both_inputs = concat({input(t, 0), input(t, 1)}, 1);
  const Term sums = compute("MatMul", {both_inputs, transpose(input(t, 2), {1, 0})}) + input(t, 3);
  const Node& gates =
      t.add_node("Split", {&sums.value()}, {{"axis", int64_t{1}}, {"num_outputs", int64_t{4}}}, 4);
  const auto gate = [&](size_t i, OpName activation) { return compute(activation, {{t, *gates.output(i)}}); };
  const Term cell = gate(2, "Sigmoid") * input(t, 4) + gate(0, "Sigmoid") * gate(1, "Tanh");
  set_output(t, 0, gate(3, "Sigmoid") * compute("Tanh", {cell}));
  set_output(t, 1, cell);
  set_output(t, 2, both_inputs);
  set_output(t, 3, sums);
}

// x [time, batch, features]; inputs `first`: weights, recurrent weights, bias, state.
Term rnn(Translation& t, const Term& x, size_t first, bool reverse) {
  const std::string function = string_of(t, "fused_activation_function");
  const auto dims = t.required(first).shape().static_dims();
  if (!dims || dims->size() != 2) t.refuse("the shape of its weights is not known");
  if (function != "NONE" && function != "TANH" && function != "RELU")
    t.refuse("its activation is {}", function);
  Attrs attrs = {{"hidden_size", (*dims)[0]}, {"direction", std::string(reverse ? "reverse" : "forward")}};
  const std::string name = function == "NONE" ? "Affine" : function == "TANH" ? "Tanh" : "Relu";
  attrs.set("activations", std::vector<std::string>{name});
  if (function == "NONE") {
    attrs.set("activation_alpha", std::vector<float>{1});
    attrs.set("activation_beta", std::vector<float>{0});
  }
  const Term bias = input(t, first + 2);
  const Term y = {t, t.add("RNN",
                           {&x.value(), &unsqueeze(input(t, first), {0}).value(),
                            &unsqueeze(input(t, first + 1), {0}).value(),
                            &unsqueeze(concat({bias, bias * 0.0}, 0), {0}).value(), nullptr,
                            &unsqueeze(input(t, first + 3), {0}).value()},
                           attrs)};
  return squeeze(y, {1});
}

void raise_sequence_rnn(Translation& t) {
  const bool time_major = flag_of(t, "time_major");
  const Term y = rnn(t, time_major ? input(t, 0) : swapped(input(t, 0)), 1, false);
  set_output(t, 0, time_major ? y : swapped(y));
}

void raise_bidirectional_rnn(Translation& t) {
  if (t.input(9)) t.refuse("it has an auxiliary input");
  const bool time_major = flag_of(t, "time_major");
  const Term x = time_major ? input(t, 0) : swapped(input(t, 0));
  const Term forward = rnn(t, x, 1, false), backward = rnn(t, x, 5, true);
  set_directions(t, forward, backward, time_major);
}

// One step: x, weights, recurrent weights, bias, state.
void raise_rnn(Translation& t) {
  const Term sum = compute("MatMul", {input(t, 0), transpose(input(t, 1), {1, 0})}) +
                   compute("MatMul", {input(t, 4), transpose(input(t, 2), {1, 0})}) + input(t, 3);
  t.set_output(0, activated(t, sum.value()));
}

// A filter's memory holds its last outputs; each unit adds up `rank` filters, weighted over time.
// Inputs: x [batch, features], weights [filters, features], weights over time [filters, memory], bias, memory.
void raise_svdf(Translation& t) {
  const int64_t rank = int_of(t, "rank");
  const auto dims = t.required(2).shape().static_dims();
  if (!dims || dims->size() != 2) t.refuse("the shape of its weights is not known");
  const int64_t filters = (*dims)[0], memory = (*dims)[1];
  ENSURE(rank > 0 && filters % rank == 0 && memory > 0, MalformedModelError, "it has {} filters of rank {}",
         filters, rank);
  const Term now = compute("MatMul", {input(t, 0), transpose(input(t, 1), {1, 0})});
  const Term before = reshape(input(t, 4), {-1, filters, memory});
  const Term state = concat({slice(before, 2, 1, memory), unsqueeze(now, {2})}, 2);
  const Term by_filter = reduce("ReduceSum", state * input(t, 2), {2});
  Term sum = reduce("ReduceSum", reshape(by_filter, {-1, filters / rank, rank}), {2});
  if (t.input(3)) sum = sum + input(t, 3);
  t.set_output(0, activated(t, sum.value()));
}

}  // namespace

OpMappings recurrent_ops() {
  const std::string state = "the state begins anew in each run";
  return {
      {"tflite.BIDIRECTIONAL_SEQUENCE_LSTM", "LSTM", raise_bidirectional_lstm, nullptr, "no auxiliary input"},
      {"tflite.BIDIRECTIONAL_SEQUENCE_RNN", "RNN", raise_bidirectional_rnn, nullptr, "no auxiliary input"},
      {"tflite.LSTM", "LSTM", raise_lstm, nullptr, state},
      {"tflite.RNN", "RNN", raise_rnn, nullptr, state},
      {"tflite.SVDF", "MatMul", raise_svdf, nullptr, state},
      {"tflite.UNIDIRECTIONAL_SEQUENCE_LSTM", "LSTM", raise_sequence_lstm, nullptr,
       "a Scan where the cell may be clipped, is normalised or projected"},
      {"tflite.UNIDIRECTIONAL_SEQUENCE_RNN", "RNN", raise_sequence_rnn, nullptr,
       "activation NONE, RELU or TANH"},
  };
}

}  // namespace modelconv::tflite
