// lstm, gru, rnn_tanh, rnn_relu: one ONNX node per layer, on padded and on packed sequences.
#include "formats/torch/ops/recurrent.h"

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/packed.h"

namespace modelconv::torch {

const RecurrentKind& recurrent_kind(const Translation& t) {
  static const RecurrentKind kLstm = {"LSTM", {0, 3, 1, 2}, true, nullptr};
  static const RecurrentKind kGru = {"GRU", {1, 0, 2}, false, nullptr};
  static const RecurrentKind kTanh = {"RNN", {0}, false, "Tanh"};
  static const RecurrentKind kRelu = {"RNN", {0}, false, "Relu"};
  const std::string& name = t.node().op().name();
  if (name.find("lstm") != std::string::npos) return kLstm;
  if (name.find("gru") != std::string::npos) return kGru;
  return name.find("relu") != std::string::npos ? kRelu : kTanh;
}

namespace {

// PyTorch's order of gates -> ONNX's, along axis 0: rows of weights and of biases.
Term in_gate_order(const Term& rows, const RecurrentKind& kind) {
  const size_t count = kind.gates.size();
  if (count == 1) return rows;
  Translation& t = rows.translation();
  Node& split = t.add_node("Split", {&rows.value()},
                           {{"axis", int64_t{0}}, {"num_outputs", static_cast<int64_t>(count)}}, count);
  std::vector<Term> parts;
  for (const int64_t gate : kind.gates) parts.emplace_back(t, *split.output(static_cast<size_t>(gate)));
  return concat(parts, 0);
}

struct Network {
  const RecurrentKind& kind;
  std::vector<Value*> params;  // per layer and direction: w_ih, w_hh and, with biases, b_ih, b_hh
  bool has_biases;
  int64_t layers, directions;
  std::vector<Term> states;  // [layers * directions, batch, hidden]: h, and c of an LSTM
};

Network network_of(const Call& call, const std::vector<Value*>& states) {
  Translation& t = call.translation();
  Network network{recurrent_kind(t),
                  call.tensors("params"),
                  call.flag("has_biases"),
                  call.integer("num_layers"),
                  call.flag("bidirectional") ? 2 : 1,
                  {}};
  if (call.flag("train") && call.number("dropout") != 0)
    t.refuse("it drops values at random: the model is in training mode");
  const auto expected =
      static_cast<size_t>(network.layers * network.directions * (network.has_biases ? 4 : 2));
  if (network.params.size() != expected)
    t.refuse("it has {} weights in place of {}: ONNX has no projection of the hidden state (proj_size)",
             network.params.size(), expected);
  for (Value* state : states) network.states.emplace_back(t, *state);
  if (states.size() != (network.kind.has_cell_state ? 2 : 1)) t.refuse("it has {} states", states.size());
  return network;
}

// The weights of one layer, [directions, ...].
Term layer_weights(const Network& network, int64_t layer, size_t index) {
  Translation& t = network.states[0].translation();
  const size_t stride = network.has_biases ? 4 : 2;
  std::vector<Term> parts;
  for (int64_t direction = 0; direction < network.directions; ++direction) {
    const auto first = static_cast<size_t>(layer * network.directions + direction) * stride;
    const auto weight = [&](size_t i) {
      return in_gate_order({t, *network.params.at(first + i)}, network.kind);
    };
    const Term part = index < 2 ? weight(index) : concat({weight(2), weight(3)}, 0);
    parts.push_back(unsqueeze(part, {0}));
  }
  return concat(parts, 0);
}

Attrs attributes_of(const Network& network, int64_t hidden) {
  Attrs attrs = {{"hidden_size", hidden}};
  if (network.directions == 2) attrs.set("direction", "bidirectional");
  if (network.kind.activation)
    attrs.set("activations",
              std::vector<std::string>(static_cast<size_t>(network.directions), network.kind.activation));
  if (network.kind.op == std::string_view("GRU")) attrs.set("linear_before_reset", int64_t{1});
  return attrs;
}

struct Outcome {
  Term output;               // [steps, batch, directions * hidden]
  std::vector<Term> states;  // [layers * directions, batch, hidden]
};

// x [steps, batch, features]; `lengths`: int32 [batch], or all steps count.
Outcome run(const Network& network, const Term& x, const Term* lengths) {
  Translation& t = x.translation();
  const Shape& recurrent = network.params.at(1)->shape();
  if (!recurrent.has_rank() || recurrent.rank() != 2 || !recurrent[1].is_known())
    t.refuse("the size of its hidden state is not known");
  const Attrs attrs = attributes_of(network, recurrent[1].value());
  Term y = x;
  std::vector<std::vector<Term>> finals(network.states.size());
  for (int64_t layer = 0; layer < network.layers; ++layer) {
    std::vector<Value*> inputs = {&y.value(), &layer_weights(network, layer, 0).value(),
                                  &layer_weights(network, layer, 1).value(),
                                  network.has_biases ? &layer_weights(network, layer, 2).value() : nullptr,
                                  lengths ? &lengths->value() : nullptr};
    const int64_t first = layer * network.directions;
    for (const Term& state : network.states)
      inputs.push_back(network.layers == 1 ? &state.value()
                                           : &slice(state, 0, first, first + network.directions).value());
    Node& node = t.add_node(network.kind.op, inputs, attrs, 1 + network.states.size());
    for (size_t i = 0; i < finals.size(); ++i) finals[i].emplace_back(t, *node.output(1 + i));
    const Term steps(t, *node.output(0));  // [steps, directions, batch, hidden]
    y = network.directions == 1 ? squeeze(steps, {1}) : reshape(transpose(steps, {0, 2, 1, 3}), {0, 0, -1});
  }
  Outcome outcome{y, {}};
  for (const std::vector<Term>& parts : finals) outcome.states.push_back(concat(parts, 0));
  return outcome;
}

void give_all(const Outcome& outcome, const Term& output) {
  give(output);
  for (size_t i = 0; i < outcome.states.size(); ++i) give(outcome.states[i], 1 + i);
}

void raise_padded(const Call& call, const std::vector<Value*>& states) {
  const bool batch_first = call.flag("batch_first");
  const Term x = tensor(call, "input");
  const Outcome outcome = run(network_of(call, states), batch_first ? transpose(x, {1, 0, 2}) : x, nullptr);
  give_all(outcome, batch_first ? transpose(outcome.output, {1, 0, 2}) : outcome.output);
}

void raise_packed(const Call& call, const std::vector<Value*>& states) {
  const Packing packing(cast(tensor(call, "batch_sizes"), DType::int64));
  const Term lengths = packing.lengths();
  const Outcome outcome = run(network_of(call, states), packing.unpack(tensor(call, "data")), &lengths);
  give_all(outcome, packing.pack(outcome.output));
}

#define MODELCONV_NETWORK \
  "params:tensors, has_biases:bool, num_layers:int, dropout:number, train:bool, bidirectional:bool"

// An LSTM has two states in a list, the others one.
void raise_recurrent(Translation& t) {
  const Call call(
      t, {"input, hx:tensors, " MODELCONV_NETWORK ", batch_first:bool",
          "input, hx, " MODELCONV_NETWORK ", batch_first:bool",
          "data, batch_sizes, hx:tensors, " MODELCONV_NETWORK, "data, batch_sizes, hx, " MODELCONV_NETWORK});
  const std::vector<Value*> states =
      call.form() % 2 == 0 ? call.tensors("hx") : std::vector<Value*>{&call.tensor("hx")};
  call.form() < 2 ? raise_padded(call, states) : raise_packed(call, states);
}
#undef MODELCONV_NETWORK

}  // namespace

OpMappings recurrent_ops() {
  return {
      {"aten.gru", "GRU", raise_recurrent, nullptr, ""},
      {"aten.lstm", "LSTM", raise_recurrent, nullptr, "without proj_size"},
      {"aten.rnn_relu", "RNN", raise_recurrent, nullptr, ""},
      {"aten.rnn_tanh", "RNN", raise_recurrent, nullptr, ""},
  };
}

}  // namespace modelconv::torch
