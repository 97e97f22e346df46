// Recurrent layers: x [T, N, ...], cont [T, N] (0 where a sequence begins), and optionally a static input [N, ...].
// Sources: lstm_layer.cpp, lstm_unit_layer.cpp and rnn_layer.cpp of github.com/BVLC/caffe.
#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

struct Sequence {
  Term driven;  // what the inputs give to each step: [T, N, gates * outputs]
  Term cont;    // [T, N, 1]
  size_t next;  // the first blob behind those that were used
};

// W_x x + b (+ W_static x_static)
Sequence read_inputs(Translation& t, int64_t rows, bool has_static) {
  const Term x = bottom(t, 0);
  const auto matrix = [&](size_t index) {
    const int64_t size = blob_tensor(t, index, "weights").size();
    if (size % rows != 0) fail(t, "its weights have {} numbers, no multiple of {}", size, rows);
    return transpose(blob(t, index, {rows, size / rows}, "weights"), {1, 0});
  };
  const Term flat = x.rank() == 3 ? x : reshape(x, {0, 0, -1});
  Term driven = compute("MatMul", {flat, matrix(0)}) + blob(t, 1, {rows}, "biases");
  size_t next = 2;
  if (has_static) {
    const Term fixed = compute("Flatten", {bottom(t, 2)}, {{"axis", int64_t{1}}});
    driven = driven + unsqueeze(compute("MatMul", {fixed, matrix(2)}), {0});
    next = 3;
  }
  return {driven, unsqueeze(bottom(t, 1), {2}), next};
}

class Body {
 public:
  explicit Body(Translation& t) : graph_(std::make_shared<Graph>("step", &t.graph())) {}
  Value& input(const std::string& name) { return graph_->add_input(name, Type::tensor(DType::float32)); }
  Value& add(OpName op, const std::vector<Value*>& inputs, Attrs attrs = {}) {
    return *node(op, inputs, std::move(attrs), 1).output();
  }
  Node& node(OpName op, const std::vector<Value*>& inputs, Attrs attrs, size_t outputs) {
    return graph_->add_node(op, inputs, std::move(attrs), std::vector<std::string>(outputs));
  }
  GraphPtr finish(const std::vector<Value*>& outputs) {
    for (Value* value : outputs) graph_->add_output("", add("Identity", {value}));
    return graph_;
  }

 private:
  GraphPtr graph_;
};

Term zero_state(Translation& t, const Term& driven, int64_t outputs) {
  return expand(number(t, DType::float32, 0), concat({size_of(driven, 1), numbers(t, {outputs})}, 0));
}

Node& scan(Translation& t, const std::vector<Term>& states, const Sequence& s, GraphPtr body) {
  std::vector<Value*> inputs;
  for (const Term& state : states) inputs.push_back(&state.value());
  inputs.push_back(&s.driven.value());
  inputs.push_back(&s.cont.value());
  return t.add_node("Scan", inputs, {{"body", std::move(body)}, {"num_scan_inputs", int64_t{2}}},
                    states.size() + 1);
}

// Gates i, f, o, g.
void raise_lstm(Translation& t) {
  const int64_t n = int_of(t, "num_output", 0);
  if (n < 1) fail(t, "num_output is {}", n);
  const bool exposed = flag_of(t, "expose_hidden", false);
  const size_t inputs = bottom_count(t) - (exposed ? 2 : 0);
  const Sequence s = read_inputs(t, 4 * n, inputs == 3);
  const Term recurrent = transpose(blob(t, s.next, {4 * n, n}, "recurrent weights"), {1, 0});
  Body body(t);
  Value &h = body.input("h"), &c = body.input("c"), &x = body.input("x"), &cont = body.input("cont");
  Value& kept = body.add("Mul", {&h, &cont});
  Value& gates = body.add("Add", {&x, &body.add("MatMul", {&kept, &recurrent.value()})});
  Node& split = body.node("Split", {&gates}, {{"axis", int64_t{1}}, {"num_outputs", int64_t{4}}}, 4);
  const auto sigmoid = [&](size_t i) -> Value& { return body.add("Sigmoid", {split.output(i)}); };
  Value& old = body.add("Mul", {&body.add("Mul", {&sigmoid(1), &c}), &cont});
  Value& fresh = body.add("Mul", {&sigmoid(0), &body.add("Tanh", {split.output(3)})});
  Value& new_c = body.add("Add", {&old, &fresh});
  Value& new_h = body.add("Mul", {&sigmoid(2), &body.add("Tanh", {&new_c})});
  std::vector<Term> states;
  for (size_t i = 0; i < 2; ++i)
    states.push_back(exposed ? reshape(bottom(t, inputs + i), {-1, n}) : zero_state(t, s.driven, n));
  Node& loop = scan(t, states, s, body.finish({&new_h, &new_c, &new_h}));
  set_output(t, 0, {t, *loop.output(2)});
  for (size_t i = 0; i < 2; ++i)
    if (t.wants_output(1 + i)) set_output(t, 1 + i, unsqueeze({t, *loop.output(i)}, {0}));
}

// h = tanh(W_h (cont * h) + driven), y = tanh(W_o h + b)
void raise_rnn(Translation& t) {
  const int64_t n = int_of(t, "num_output", 0);
  if (n < 1) fail(t, "num_output is {}", n);
  const bool exposed = flag_of(t, "expose_hidden", false);
  const size_t inputs = bottom_count(t) - (exposed ? 1 : 0);
  const Sequence s = read_inputs(t, n, inputs == 3);
  const Term recurrent = transpose(blob(t, s.next, {n, n}, "recurrent weights"), {1, 0});
  Body body(t);
  Value &h = body.input("h"), &x = body.input("x"), &cont = body.input("cont");
  Value& kept = body.add("Mul", {&h, &cont});
  Value& new_h = body.add("Tanh", {&body.add("Add", {&x, &body.add("MatMul", {&kept, &recurrent.value()})})});
  const Term start = exposed ? reshape(bottom(t, inputs), {-1, n}) : zero_state(t, s.driven, n);
  Node& loop = scan(t, {start}, s, body.finish({&new_h, &new_h}));
  const Term states = {t, *loop.output(1)};
  const Term out = transpose(blob(t, s.next + 1, {n, n}, "output weights"), {1, 0});
  set_output(t, 0,
             compute("Tanh", {compute("MatMul", {states, out}) + blob(t, s.next + 2, {n}, "output biases")}));
  if (t.wants_output(1)) set_output(t, 1, unsqueeze({t, *loop.output(0)}, {0}));
}

// One step: bottoms c [1, N, D], gates [1, N, 4 * D], cont [1, N]; tops c and h.
void raise_lstm_unit(Translation& t) {
  const Term c = bottom(t, 0), gates = bottom(t, 1), cont = unsqueeze(bottom(t, 2), {2});
  const int64_t n = known_size(c, 2, "the size of its state");
  const auto gate = [&](int64_t i) { return slice(gates, 2, i * n, (i + 1) * n); };
  const Term old = cont * compute("Sigmoid", {gate(1)}) * c;
  const Term next = old + compute("Sigmoid", {gate(0)}) * compute("Tanh", {gate(3)});
  set_output(t, 0, next);
  set_output(t, 1, compute("Sigmoid", {gate(2)}) * compute("Tanh", {next}));
}

}  // namespace

OpMappings recurrent_ops() {
  return {
      {"caffe.LSTM", "Scan", raise_lstm, nullptr, ""},
      {"caffe.LSTMUnit", "Sigmoid", raise_lstm_unit, nullptr, ""},
      {"caffe.RNN", "Scan", raise_rnn, nullptr, ""},
  };
}

}  // namespace modelconv::caffe
