// Formulas and the order of gates: the ONNX specification.
#include "formats/common/recurrent.h"

#include <cctype>
#include <limits>

#include "formats/common/term.h"
#include "ops/attributes.h"

namespace modelconv {
namespace {

using namespace formula;

enum class Cell { rnn, gru, lstm };

struct Function {
  std::string name;
  double alpha = 0, beta = 0;
};

// Alphas and betas are given to those functions that have them, in order.
std::vector<Function> functions_of(const Translation& t, size_t count,
                                   const std::vector<std::string>& defaults) {
  auto names = t.node().attrs.get_or("activations", std::vector<std::string>());
  if (names.empty())
    for (size_t i = 0; i < count; ++i) names.push_back(defaults[i % defaults.size()]);
  const auto alphas = t.node().attrs.get_or("activation_alpha", std::vector<float>());
  const auto betas = t.node().attrs.get_or("activation_beta", std::vector<float>());
  size_t alpha = 0, beta = 0;
  std::vector<Function> functions;
  for (std::string& name : names) {
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    Function function{name};
    const auto next = [](const std::vector<float>& list, size_t& at, double fallback) {
      return at < list.size() ? double{list[at++]} : fallback;
    };
    if (name == "leakyrelu") function.alpha = next(alphas, alpha, 0.01);
    if (name == "elu" || name == "thresholdedrelu") function.alpha = next(alphas, alpha, 1);
    if (name == "affine") function.alpha = next(alphas, alpha, 1);
    if (name == "scaledtanh") function.alpha = next(alphas, alpha, 1);
    if (name == "hardsigmoid") function.alpha = next(alphas, alpha, 0.2);
    if (name == "affine") function.beta = next(betas, beta, 0);
    if (name == "scaledtanh") function.beta = next(betas, beta, 1);
    if (name == "hardsigmoid") function.beta = next(betas, beta, 0.5);
    functions.push_back(std::move(function));
  }
  return functions;
}

Term apply(const Function& f, const Term& x, double clip_at) {
  const Term y = clip_at > 0 ? clip(x, -clip_at, clip_at) : x;
  const auto with_alpha = [&](OpName op) {
    return compute(op, {y}, {{"alpha", static_cast<float>(f.alpha)}});
  };
  if (f.name == "sigmoid") return compute("Sigmoid", {y});
  if (f.name == "tanh") return compute("Tanh", {y});
  if (f.name == "relu") return compute("Relu", {y});
  if (f.name == "softsign") return compute("Softsign", {y});
  if (f.name == "softplus") return compute("Softplus", {y});
  if (f.name == "leakyrelu") return with_alpha("LeakyRelu");
  if (f.name == "elu") return with_alpha("Elu");
  if (f.name == "thresholdedrelu") return with_alpha("ThresholdedRelu");
  if (f.name == "affine") return y * f.alpha + f.beta;
  if (f.name == "scaledtanh") return compute("Tanh", {y * f.beta}) * f.alpha;
  if (f.name == "hardsigmoid") return clip(y * f.alpha + f.beta, 0, 1);
  x.translation().refuse("it has the activation '{}'", f.name);
}

// One direction: weights as right operands, biases of its gates, peepholes.
struct Direction {
  Cell cell;
  int64_t hidden;
  std::vector<Function> functions;
  double clip_at;
  bool linear_before_reset, couples_gates;
  Value *recurrent, *recurrent_bias, *peepholes;  // [hidden, gates * hidden], [gates * hidden], [3 * hidden]
};

// Inside the loop's body, where `s` stands: values from outside are seen there too.
struct Step {
  Translation& t;
  const Direction& d;
  Term gates, h;
  std::optional<Term> c;

  Term outside(Value* value) const { return {t, *value}; }
  Term part(const Term& x, int64_t gate) const {
    return slice(x, -1, gate * d.hidden, (gate + 1) * d.hidden);
  }
  Term activated(size_t function, const Term& x) const { return apply(d.functions[function], x, d.clip_at); }
  Term from_state() const {
    const Term product = compute("MatMul", {h, outside(d.recurrent)});
    return d.recurrent_bias ? product + outside(d.recurrent_bias) : product;
  }
  Term peephole(const Term& gate, int64_t which, const Term& state) const {
    return d.peepholes ? gate + part(outside(d.peepholes), which) * state : gate;
  }

  void rnn() { h = activated(0, gates + from_state()); }

  // update, reset, hidden
  void gru() {
    const Term state = from_state();
    const Term update = activated(0, part(gates, 0) + part(state, 0));
    const Term reset = activated(0, part(gates, 1) + part(state, 1));
    Term recurrent = reset * part(state, 2);
    if (!d.linear_before_reset) {
      recurrent = compute("MatMul", {reset * h, part(outside(d.recurrent), 2)});
      if (d.recurrent_bias) recurrent = recurrent + part(outside(d.recurrent_bias), 2);
    }
    const Term candidate = activated(1, part(gates, 2) + recurrent);
    h = (1.0 - update) * candidate + update * h;
  }

  // input, output, forget, cell
  void lstm() {
    const Term all = gates + from_state();
    const Term in = activated(0, peephole(part(all, 0), 0, *c));
    const Term forget = d.couples_gates ? 1.0 - in : activated(0, peephole(part(all, 2), 2, *c));
    const Term cell = forget * *c + in * activated(1, part(all, 3));
    const Term out = activated(0, peephole(part(all, 1), 1, cell));
    h = out * apply(d.functions[2], cell, 0);
    c = cell;
  }
};

struct Results {
  Term all, h;
  std::optional<Term> c;
};

// Where the sequence has ended the states stay, and the output is zero.
GraphPtr make_body(Translation& t, const Direction& d, Value& gates, Value* lengths) {
  auto body = std::make_shared<Graph>("step", &t.graph());
  Value& number_of_step = body->add_input("step", Type::tensor(DType::int64, Shape(std::vector<Dim>{})));
  Value& goes_on = body->add_input("goes_on", Type::tensor(DType::boolean, Shape(std::vector<Dim>{})));
  const Type state = Type::tensor(gates.dtype(), Shape({gates.shape()[1], Dim(d.hidden)}));
  Value& h = body->add_input("h", state);
  Value* c = d.cell == Cell::lstm ? &body->add_input("c", state) : nullptr;
  // Terms are put in front of this node, which goes again.
  Node& place = body->add_node("Identity", {&goes_on});
  infer_node(place);
  Translation inside(place, "Identity");
  const Term now = {inside, number_of_step};
  Step step{inside,
            d,
            compute("Gather", {{inside, gates}, now}, {{"axis", int64_t{0}}}),
            {inside, h},
            std::nullopt};
  if (c) step.c = Term(inside, *c);
  if (d.cell == Cell::rnn) step.rnn();
  if (d.cell == Cell::gru) step.gru();
  if (d.cell == Cell::lstm) step.lstm();
  Term result = step.h;
  if (lengths) {
    const Term is_running = unsqueeze(now < Term(inside, *lengths), {1});
    result = where(is_running, step.h, 0.0);
    step.h = where(is_running, step.h, Term(inside, h));
    if (c) step.c = where(is_running, *step.c, Term(inside, *c));
  }
  body->add_output("goes_on", *place.output());
  body->add_output("h", step.h.value());
  if (c) body->add_output("c", step.c->value());
  body->add_output("y", result.value());
  return body;
}

class Recurrent {
 public:
  Recurrent(Translation& t, Cell cell, int64_t gates, std::vector<std::string> defaults)
      : t_(t), cell_(cell), gates_(gates), defaults_(std::move(defaults)) {
    const auto dims = t.required(2).shape().static_dims();
    if (!dims || dims->size() != 3) t.refuse("the shape of its weights is not known");
    hidden_ = (*dims)[2];
    directions_ = (*dims)[0];
    reversed_ = string_attr(t.node(), "direction") == "reverse";
    batch_first_ = int_attr(t.node(), "layout") != 0;
  }

  void lower() {
    Term x = input(t_, 0);
    if (batch_first_) x = transpose(x, {1, 0, 2});
    if (t_.input(4)) lengths_ = &cast(input(t_, 4), DType::int64).value();
    std::vector<Term> all, last_h, last_c;
    for (int64_t direction = 0; direction < directions_; ++direction) {
      const bool backwards = direction == 1 || reversed_;
      Results results = run(direction, backwards ? turned(x) : x);
      if (backwards) results.all = turned(results.all);
      all.push_back(unsqueeze(results.all, {1}));
      last_h.push_back(unsqueeze(results.h, {0}));
      if (results.c) last_c.push_back(unsqueeze(*results.c, {0}));
    }
    const Term y = concat(all, 1);
    set_output(t_, 0, batch_first_ ? transpose(y, {2, 0, 1, 3}) : y);
    set_output(t_, 1, state_out(last_h));
    if (cell_ == Cell::lstm) set_output(t_, 2, state_out(last_c));
  }

 private:
  Term state_out(const std::vector<Term>& states) const {
    const Term whole = concat(states, 0);
    return batch_first_ ? transpose(whole, {1, 0, 2}) : whole;
  }

  // The last step first; of each sequence only as many as it has.
  Term turned(const Term& x) const {
    if (!lengths_) return reversed(x, 0);
    return compute("ReverseSequence", {x, {t_, *lengths_}},
                   {{"time_axis", int64_t{0}}, {"batch_axis", int64_t{1}}});
  }

  Term of_direction(size_t index, int64_t direction) const {
    return squeeze(slice(input(t_, index), 0, direction, direction + 1), {0});
  }

  Term initial(size_t index, int64_t direction, const Term& x) const {
    if (!t_.input(index)) return filled(concat({size_of(x, 1), numbers(t_, {hidden_})}, 0), x.dtype(), 0);
    Term state = input(t_, index);
    if (batch_first_) state = transpose(state, {1, 0, 2});
    return squeeze(slice(state, 0, direction, direction + 1), {0});
  }

  Results run(int64_t direction, const Term& x) {
    const int64_t width = gates_ * hidden_;
    Term gates = compute("MatMul", {x, transpose(of_direction(1, direction), {1, 0})});
    Direction d{cell_,   hidden_, {},     double{t_.node().attrs.get_or<float>("clip", 0)}, false, false,
                nullptr, nullptr, nullptr};
    d.recurrent = &transpose(of_direction(2, direction), {1, 0}).value();
    if (t_.input(3)) {
      const Term bias = of_direction(3, direction);
      gates = gates + slice(bias, 0, 0, width);
      d.recurrent_bias = &slice(bias, 0, width, 2 * width).value();
    }
    if (cell_ == Cell::gru) d.linear_before_reset = int_attr(t_.node(), "linear_before_reset") != 0;
    if (cell_ == Cell::lstm) {
      d.couples_gates = int_attr(t_.node(), "input_forget") != 0;
      if (t_.input(7)) d.peepholes = &of_direction(7, direction).value();
    }
    const auto functions = functions_of(t_, defaults_.size() * static_cast<size_t>(directions_), defaults_);
    const size_t each = defaults_.size(), first = static_cast<size_t>(direction) * each;
    if (functions.size() < first + each) t_.refuse("it has {} activations", functions.size());
    for (size_t i = 0; i < each; ++i) d.functions.push_back(functions[first + i]);
    const Term count = reshape(size_of(x, 0), std::vector<int64_t>{});
    const Term h = initial(5, direction, x);
    std::vector<Value*> inputs = {&count.value(), nullptr, &h.value()};
    if (cell_ == Cell::lstm) inputs.push_back(&initial(6, direction, x).value());
    const GraphPtr body = make_body(t_, d, gates.value(), lengths_);
    const size_t states = inputs.size() - 2;
    Node& loop = t_.add_node("Loop", std::move(inputs), {{"body", body}}, states + 1);
    Results results = {{t_, *loop.output(states)}, {t_, *loop.output(0)}, std::nullopt};
    if (states == 2) results.c = Term(t_, *loop.output(1));
    return results;
  }

  Translation& t_;
  const Cell cell_;
  const int64_t gates_;
  const std::vector<std::string> defaults_;
  int64_t hidden_ = 0, directions_ = 1;
  bool reversed_ = false, batch_first_ = false;
  Value* lengths_ = nullptr;
};

}  // namespace

void rnn_to_loop(Translation& t) { Recurrent(t, Cell::rnn, 1, {"tanh"}).lower(); }
void gru_to_loop(Translation& t) { Recurrent(t, Cell::gru, 3, {"sigmoid", "tanh"}).lower(); }
void lstm_to_loop(Translation& t) { Recurrent(t, Cell::lstm, 4, {"sigmoid", "tanh", "tanh"}).lower(); }

}  // namespace modelconv
