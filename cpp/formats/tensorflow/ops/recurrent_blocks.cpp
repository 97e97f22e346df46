// TensorFlow's fused cells (LSTMBlockCell, GRUBlockCell) and the LSTM over a whole sequence (BlockLSTM). The formulas are
// those of tensorflow/core/kernels/rnn/lstm_ops.h and gru_ops.h.
#include <array>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// Places of the gates in the columns of the weights.
struct Columns {
  size_t input, candidate, forget, output;
};
constexpr Columns kInputCandidateForgetOutput = {0, 1, 2, 3};
constexpr Columns kInputForgetCandidateOutput = {0, 2, 1, 3};  // of BlockLSTMV2

struct Lstm {
  Columns columns;
  Value *weights, *bias;                 // [inputs + units, 4 units], [4 units]
  std::array<Value*, 3> peepholes = {};  // of input, forget and output gate, [units]; null without
  float forget_bias, cell_clip;          // no clipping where that is not positive
};

// The outputs of the three LSTM operators, in their order.
struct LstmStep {
  Value *input, *cell, *forget, *output, *candidate, *shown, *hidden;
  std::array<Value*, 7> all() const { return {input, cell, forget, output, candidate, shown, hidden}; }
};

Value& number_like(Translation& t, const Value& like, float value) { return t.scalar_like(like, value); }

// Inputs from `first` on: weights, three peepholes, bias.
Lstm lstm_of(Translation& t, size_t first, const Columns& columns, float forget_bias, float cell_clip) {
  Lstm lstm{columns, &t.required(first), &t.required(first + 4), {}, 0, 0};
  if (flag_of(t, "use_peephole", false))
    for (size_t i = 0; i < 3; ++i) lstm.peepholes[i] = &t.required(first + 1 + i);
  lstm.forget_bias = float_of(t, "forget_bias", forget_bias);
  lstm.cell_clip = float_of(t, "cell_clip", cell_clip);
  return lstm;
}

// One graph, in front of the translated node or inside of a Scan.
class Builder {
 public:
  Builder(Translation& t, Graph* body) : t_(t), body_(body) {}
  Node& node(OpName op, const std::vector<Value*>& inputs, Attrs attrs, size_t outputs) {
    if (!body_) return t_.add_node(op, inputs, std::move(attrs), outputs);
    Node& added = body_->add_node(op, inputs, std::move(attrs), std::vector<std::string>(outputs));
    infer_node(added);
    return added;
  }
  Value& add(OpName op, const std::vector<Value*>& inputs, Attrs attrs = {}) {
    return *node(op, inputs, std::move(attrs), 1).output();
  }
  Value& sum(Value& a, Value& b) { return add("Add", {&a, &b}); }
  Value& product(Value& a, Value& b) { return add("Mul", {&a, &b}); }
  Translation& translation() { return t_; }

 private:
  Translation& t_;
  Graph* body_;
};

LstmStep build_lstm(Builder& b, const Lstm& lstm, Value& x, Value& old_cell, Value& old_hidden) {
  Translation& t = b.translation();
  Value& both = b.add("Concat", {&x, &old_hidden}, {{"axis", int64_t{1}}});
  Value& gates = b.sum(b.add("MatMul", {&both, lstm.weights}), *lstm.bias);
  Node& split = b.node("Split", {&gates}, {{"axis", int64_t{1}}, {"num_outputs", int64_t{4}}}, 4);
  const auto gate = [&](size_t column, size_t peephole, Value& cell) -> Value& {
    Value* sum = split.output(column);
    if (column == lstm.columns.forget && lstm.forget_bias != 0)
      sum = &b.sum(*sum, number_like(t, *sum, lstm.forget_bias));
    if (Value* weights = lstm.peepholes[peephole]) sum = &b.sum(*sum, b.product(cell, *weights));
    return b.add("Sigmoid", {sum});
  };
  Value& input = gate(lstm.columns.input, 0, old_cell);
  Value& forget = gate(lstm.columns.forget, 1, old_cell);
  Value& candidate = b.add("Tanh", {split.output(lstm.columns.candidate)});
  Value* cell = &b.sum(b.product(candidate, input), b.product(old_cell, forget));
  if (lstm.cell_clip > 0)
    cell = &b.add("Clip",
                  {cell, &number_like(t, *cell, -lstm.cell_clip), &number_like(t, *cell, lstm.cell_clip)});
  Value& output = gate(lstm.columns.output, 2, *cell);
  Value& shown = b.add("Tanh", {cell});
  return {&input, cell, &forget, &output, &candidate, &shown, &b.product(shown, output)};
}

void raise_lstm_cell(Translation& t) {
  const Lstm lstm = lstm_of(t, 3, kInputCandidateForgetOutput, 1, 3);
  Builder builder(t, nullptr);
  const auto outputs = build_lstm(builder, lstm, t.required(0), t.required(1), t.required(2)).all();
  for (size_t i = 0; i < outputs.size(); ++i) t.set_output(i, *outputs[i]);
}

void raise_gru_cell(Translation& t) {
  const Term x = input(t, 0), old = input(t, 1);
  const Term both = compute("MatMul", {concat({x, old}, 1), input(t, 2)}) + input(t, 4);
  const Term gates = compute("Sigmoid", {both});
  const Term units = size_of(old, 1);
  const Term reset = slice(gates, 1, numbers(t, {0}), units), update = slice(gates, 1, units, units + units);
  const Term inner = compute("MatMul", {concat({x, old * reset}, 1), input(t, 3)}) + input(t, 5);
  const Term candidate = compute("Tanh", {inner});
  set_output(t, 0, reset);
  set_output(t, 1, update);
  set_output(t, 2, candidate);
  set_output(t, 3, update * old + (1.0 - update) * candidate);
}

// --- over a sequence: maximal length, x [steps, batch, inputs], cell, hidden, then as the cell

enum SequenceInput : size_t { kLength, kX, kCell, kHidden, kWeights };

// [.., 4 units] -> [1, 4 units, ..] with the gates as ONNX has them: input, output, forget, candidate.
Term gates_first(const Lstm& lstm, const Term& columns, const Term& units) {
  const auto part = [&](size_t column) {
    const double place = static_cast<double>(column);
    return slice(columns, -1, units * place, units * (place + 1.0));
  };
  const Columns& at = lstm.columns;
  const Term ordered = concat({part(at.input), part(at.output), part(at.forget), part(at.candidate)}, -1);
  return unsqueeze(columns.rank() == 2 ? transpose(ordered, {1, 0}) : ordered, {0});
}

// Where only the hidden states are asked for, ONNX's LSTM computes them: zeros behind the length, as here.
void raise_as_lstm(Translation& t, const Lstm& lstm) {
  const Term x = input(t, kX), cell = input(t, kCell), hidden = input(t, kHidden);
  const Term weights(t, *lstm.weights);
  const Term inputs = size_of(x, 2), units = size_of(cell, 1);
  const Term kernel = gates_first(lstm, slice(weights, 0, numbers(t, {0}), inputs), units);
  const Term recurrence = gates_first(lstm, slice(weights, 0, inputs, inputs + units), units);
  Term bias(t, *lstm.bias);
  if (lstm.forget_bias != 0) {
    const auto part = [&](bool of_forget) {
      return expand(number(t, x.dtype(), of_forget ? lstm.forget_bias : 0.0), units);
    };
    std::vector<Term> parts;
    for (size_t i = 0; i < 4; ++i) parts.push_back(part(i == lstm.columns.forget));
    bias = bias + concat(parts, 0);
  }
  const Term ordered = gates_first(lstm, bias, units);
  const Term both_biases = concat({ordered, ordered * 0.0}, 1);
  const Term lengths = cast(expand(index_input(t, kLength), size_of(x, 1)), DType::int32);
  std::vector<Value*> operands = {&x.value(), &kernel.value(), &recurrence.value(), &both_biases.value(),
                                  &lengths.value()};
  for (const Term& state : {hidden, cell}) operands.push_back(&unsqueeze(state, {0}).value());
  if (lstm.peepholes[0]) {
    const auto [input_gate, forget_gate, output_gate] = lstm.peepholes;
    const Term peepholes = concat({Term(t, *input_gate), Term(t, *output_gate), Term(t, *forget_gate)}, 0);
    operands.push_back(&unsqueeze(peepholes, {0}).value());
  }
  const int64_t hidden_size = hidden.value().shape().dims()[1].value();
  Value& all = t.add("LSTM", operands, {{"hidden_size", hidden_size}});
  set_output(t, 6, squeeze(Term(t, all), {1}));
}

Type step_type(const Value& x) {
  std::vector<Dim> dims = x.shape().dims();
  dims.erase(dims.begin());
  return Type::tensor(x.dtype(), Shape(dims));
}

// Every step's gates and cells: the operator spelled out in a Scan over the steps that count, zeros behind them.
void raise_as_scan(Translation& t, const Lstm& lstm) {
  const Term x = input(t, kX), length = reshape(index_input(t, kLength), {1}), steps = size_of(x, 0);
  const Term counted = minimum(length, steps);
  const auto body = std::make_shared<Graph>("step", &t.graph());
  Value& cell = body->add_input("cell", t.required(kCell).type);
  Value& hidden = body->add_input("hidden", t.required(kHidden).type);
  Value& row = body->add_input("x", step_type(x.value()));
  Builder builder(t, body.get());
  const LstmStep step = build_lstm(builder, lstm, row, cell, hidden);
  body->add_output("new_cell", *step.cell);
  body->add_output("new_hidden", *step.hidden);
  const auto outputs = step.all();
  for (size_t i = 0; i < outputs.size(); ++i)
    body->add_output("row" + std::to_string(i), builder.add("Identity", {outputs[i]}));
  const Term rows = slice(x, 0, numbers(t, {0}), counted);
  Node& scan = t.add_node("Scan", {&t.required(kCell), &t.required(kHidden), &rows.value()},
                          {{"body", GraphPtr(body)}, {"num_scan_inputs", int64_t{1}}}, 2 + outputs.size());
  const Term none = numbers(t, {0, 0, 0});
  const Term pads = concat({none, steps - counted, numbers(t, {0, 0})}, 0);
  for (size_t i = 0; i < outputs.size(); ++i)
    if (t.wants_output(i)) set_output(t, i, compute("Pad", {Term(t, *scan.output(2 + i)), pads}));
}

void raise_lstm(Translation& t, const Lstm& lstm) {
  if (t.rank(kX) != 3 || t.rank(kCell) != 2 || t.rank(kHidden) != 2)
    t.refuse("its sequence has not three dimensions, or a state not two");
  bool only_hidden = true;
  for (size_t i = 0; i < 6; ++i) only_hidden = only_hidden && !t.wants_output(i);
  const bool known = t.required(kHidden).shape().dims()[1].is_known();
  if (only_hidden && known && lstm.cell_clip <= 0)
    raise_as_lstm(t, lstm);
  else
    raise_as_scan(t, lstm);
}

void raise_block_lstm(Translation& t) {
  raise_lstm(t, lstm_of(t, kWeights, kInputCandidateForgetOutput, 1, 3));
}

void raise_block_lstm_v2(Translation& t) {
  raise_lstm(t, lstm_of(t, kWeights, kInputForgetCandidateOutput, 0, 0));
}

}  // namespace

OpMappings recurrent_block_ops() {
  return {
      {"tf.BlockLSTM", "LSTM", raise_block_lstm, nullptr,
       "a Scan where cells are clipped or gates asked for"},
      {"tf.BlockLSTMV2", "LSTM", raise_block_lstm_v2, nullptr,
       "a Scan where cells are clipped or gates asked for"},
      {"tf.GRUBlockCell", "Tanh", raise_gru_cell, nullptr, ""},
      {"tf.LSTMBlockCell", "Tanh", raise_lstm_cell, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
