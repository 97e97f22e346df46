// Recurrent sections without an operator of their own: a Scan over the batch, which is the sequence. What does not depend on
// the state is computed for all steps at once; the body holds Darknet's own nodes, which are raised after it.
// Sources: rnn_layer.c, crnn_layer.c and conv_lstm_layer.c of github.com/AlexeyAB/darknet.
#include "formats/darknet/ops/all_ops.h"
#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {
namespace {

// Inputs of the section that belong to one of its layers, which stand from `at` on.
std::vector<Term> take_weights(Translation& t, size_t& at) {
  const size_t first = at;
  at += flag_of(t, "batch_normalize") ? 5 : 2;
  return inputs_between(t, first, at);
}

// Nodes of the body of the Scan.
class Body {
 public:
  explicit Body(Translation& t) : graph_(std::make_shared<Graph>("step", &t.graph())) {}

  Value& input(const std::string& name, const Dims& dims) {
    return graph_->add_input(name, Type::tensor(DType::float32, Shape::of(dims)));
  }
  Value& add(OpName op, const std::vector<Value*>& inputs, Attrs attrs = {}) {
    return *graph_->add_node(op, inputs, std::move(attrs)).output();
  }
  // A layer of the section, by Darknet's name.
  Value& layer(OpName op, Value& x, const std::vector<Term>& weights, const Attrs& attrs) {
    std::vector<Value*> inputs = {&x};
    for (const Term& term : weights) inputs.push_back(&term.value());
    return add(op, inputs, attrs);
  }
  Value& activate(Value& x, const std::string& name) {
    return add("darknet.activation", {&x}, {{"activation", name}});
  }
  Value& sum(Value& a, Value& b) { return add("Add", {&a, &b}); }
  Value& product(Value& a, Value& b) { return add("Mul", {&a, &b}); }
  GraphPtr finish(const std::vector<Value*>& outputs) {
    for (Value* value : outputs) graph_->add_output("", add("Identity", {value}));
    return graph_;
  }

 private:
  GraphPtr graph_;
};

// The steps [N, ...] are [N, 1, ...] for the Scan. Gives the last output of the body for all steps, [N, ...].
Term scan(Translation& t, size_t states, const Dims& state, const std::vector<Term>& steps, GraphPtr body) {
  std::vector<Value*> inputs(states, &t.constant(Tensor::filled(DType::float32, state, 0)));
  for (const Term& step : steps) inputs.push_back(&unsqueeze(step, {1}).value());
  Node& node = t.add_node(
      "Scan", inputs, {{"body", std::move(body)}, {"num_scan_inputs", static_cast<int64_t>(steps.size())}},
      states + 1);
  return {t, *node.output(states)};
}

using Apply = Term (*)(const Term&, const std::vector<Term>&);

// state = first(x) + self(state) (+ state with shortcut); the result is last(state).
void raise_simple(Translation& t, Apply apply, OpName layer, const Term& x, const Dims& state,
                  Attrs self_attrs) {
  size_t at = 1;
  const auto first = take_weights(t, at), self = take_weights(t, at), last = take_weights(t, at);
  Body body(t);
  Value& old = body.input("state", state);
  Value& driven = body.input("x", state);
  Value* next = &body.sum(driven, body.layer(layer, old, self, self_attrs));
  if (flag_of(t, "shortcut")) next = &body.sum(*next, old);
  const GraphPtr graph = body.finish({next, next});
  const Term states = squeeze(scan(t, 1, state, {apply(x, first)}, graph), {1});
  set_output(t, 0, apply(states, last));
}

void raise_rnn(Translation& t) {
  Attrs self = t.node().attrs;
  self.set("activation", text_of(t, "self_activation"));
  raise_simple(t, connect, "darknet.connected", as_vector(input(t, 0)), {1, int_of(t, "hidden")}, self);
}

void raise_crnn(Translation& t) {
  const auto chw = ints_of(t, "state");
  raise_simple(t, convolve, "darknet.convolutional", image_input(t), {1, chw.at(0), chw.at(1), chw.at(2)},
               t.node().attrs);
}

// The weights of a convolutional LSTM by the letters of its source: v (from the cell), w (from the state), u (from the
// input), each for the gates f, i, g, o. w has one only, over state and input together, where there is a bottleneck.
struct CellWeights {
  std::vector<std::vector<Term>> v, w, u;
};

CellWeights read_cell_weights(Translation& t) {
  CellWeights weights;
  size_t at = 1;
  for (int i = 0; flag_of(t, "peephole") && i < 3; ++i) weights.v.push_back(take_weights(t, at));
  for (int i = 0; i < (flag_of(t, "bottleneck") ? 1 : 4); ++i) weights.w.push_back(take_weights(t, at));
  for (int i = 0; i < 4; ++i) weights.u.push_back(take_weights(t, at));
  return weights;
}

class Cell {
 public:
  Cell(Translation& t, const CellWeights& weights, const Dims& state)
      : t_(t),
        weights_(weights),
        attrs_(t.node().attrs),
        body_(t),
        h_(body_.input("h", state)),
        c_(body_.input("c", state)) {}

  // `driven`: what the input gives to each gate, without a bottleneck; with one the input itself.
  GraphPtr build(const std::vector<Value*>& driven) {
    const bool bottleneck = flag_of(t_, "bottleneck");
    const std::string activation = text_of(t_, "lstm_activation");
    Value* squeezed = nullptr;
    if (bottleneck) {
      Value& both = body_.add("Concat", {&h_, driven.at(0)}, {{"axis", int64_t{1}}});
      squeezed = &body_.activate(convolved(both, weights_.w.at(0)), activation);
    }
    const auto gate = [&](size_t i) -> Value& {
      if (bottleneck) return convolved(*squeezed, weights_.u.at(i));
      return body_.sum(*driven.at(i), convolved(h_, weights_.w.at(i)));
    };
    Value& f = body_.activate(peeped(gate(0), c_, 0), "logistic");
    Value& i = body_.activate(peeped(gate(1), c_, 1), "logistic");
    Value& g = body_.activate(gate(2), activation);
    Value& c = body_.sum(body_.product(f, c_), body_.product(i, g));
    Value& o = body_.activate(peeped(gate(3), c, 2), "logistic");
    Value& h = body_.product(o, body_.activate(c, activation));
    return body_.finish({&h, &constrained(c), &output(h, squeezed)});
  }
  Value& input(const std::string& name, const Dims& dims) { return body_.input(name, dims); }

 private:
  Value& convolved(Value& x, const std::vector<Term>& weights) {
    return body_.layer("darknet.convolutional", x, weights, attrs_);
  }
  Value& peeped(Value& gate, Value& cell, size_t index) {
    return weights_.v.empty() ? gate : body_.sum(gate, convolved(cell, weights_.v.at(index)));
  }
  Value& constrained(Value& c) {
    const float limit = float_of(t_, "state_constrain");
    if (limit == 0) return c;
    return body_.add("Clip", {&c, &t_.scalar(DType::float32, -limit), &t_.scalar(DType::float32, limit)});
  }
  // shortcut: the first half of the channels gets what the bottleneck gives added.
  Value& output(Value& h, Value* squeezed) {
    if (!squeezed || !flag_of(t_, "shortcut")) return h;
    const int64_t channels = ints_of(t_, "state").at(0);
    if (channels % 2 != 0) t_.refuse("shortcut with {} channels", channels);
    std::vector<float> half(static_cast<size_t>(channels), 0);
    for (size_t i = 0; i < half.size() / 2; ++i) half[i] = 1;
    return body_.sum(h, body_.product(*squeezed, constant(t_, {1, channels, 1, 1}, half).value()));
  }

  Translation& t_;
  const CellWeights& weights_;
  Attrs attrs_;
  Body body_;
  Value &h_, &c_;
};

void raise_conv_lstm(Translation& t) {
  const auto chw = ints_of(t, "state");
  const Dims state = {1, chw.at(0), chw.at(1), chw.at(2)};
  const CellWeights weights = read_cell_weights(t);
  Cell cell(t, weights, state);
  const Term x = image_input(t);
  std::vector<Term> steps;
  std::vector<Value*> driven;
  if (flag_of(t, "bottleneck")) {
    steps = {x};
    driven = {&cell.input("x", state)};
  } else {
    for (const auto& u : weights.u) {
      steps.push_back(convolve(x, u));
      driven.push_back(&cell.input(fmt::format("x{}", driven.size()), state));
    }
  }
  set_output(t, 0, squeeze(scan(t, 2, state, steps, cell.build(driven)), {1}));
}

}  // namespace

OpMappings scan_ops() {
  const char* note = "the batch is one sequence";
  return {
      {"darknet.conv_lstm", "Scan", raise_conv_lstm, nullptr, note},
      {"darknet.crnn", "Scan", raise_crnn, nullptr, note},
      {"darknet.rnn", "Scan", raise_rnn, nullptr, note},
  };
}

}  // namespace modelconv::darknet
