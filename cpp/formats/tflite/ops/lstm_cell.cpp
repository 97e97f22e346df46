// Source of the arithmetic: tensorflow/lite/kernels/lstm_eval.cc, LstmStepFloat.
#include "formats/tflite/ops/lstm_cell.h"

#include <optional>

#include "ir/provenance.h"

namespace modelconv::tflite {
namespace {

constexpr size_t kInput = 0, kForget = 1, kCell = 2, kOutput = 3;

bool has_input_gate(const LstmWeights& weights) { return weights.input[kInput] != nullptr; }

// The gates that are there, one below the other, as a right factor: [features, gates * cells].
Term stacked(Translation& t, const std::array<Value*, 4>& matrices) {
  std::vector<Term> parts;
  for (Value* matrix : matrices)
    if (matrix) parts.emplace_back(t, *matrix);
  return transpose(concat(parts, 0), {1, 0});
}

// Mean 0 and deviation 1, then the coefficients (tensorflow/lite/kernels/internal/tensor_utils, MeanStddevNormalization).
Term normalized(const Term& x, Value& coefficients) {
  const Term centred = x - reduce("ReduceMean", x, {-1}, true);
  const Term variance = reduce("ReduceMean", centred * centred, {-1}, true);
  return centred / compute("Sqrt", {variance + 1e-8}) * Term(x.translation(), coefficients);
}

class Step {
 public:
  Step(const Term& sums, const LstmWeights& weights, const LstmOptions& options)
      : sums_(sums), weights_(weights), options_(options) {}

  LstmState run(const Term& cell_before) {
    const Term forget = sigmoid(gate(kForget, cell_before));
    const Term input = has_input_gate(weights_) ? sigmoid(gate(kInput, cell_before)) : 1.0 - forget;
    Term cell = forget * cell_before + input * activate(gate(kCell, cell_before));
    cell = clipped(cell, options_.cell_clip);
    Term output = sigmoid(gate(kOutput, cell)) * activate(cell);
    if (weights_.projection) {
      output = compute("MatMul", {output, transpose(here(*weights_.projection), {1, 0})});
      if (weights_.projection_bias) output = output + here(*weights_.projection_bias);
      output = clipped(output, options_.projection_clip);
    }
    return {output, cell};
  }

 private:
  Term here(Value& value) const { return {sums_.translation(), value}; }
  static Term sigmoid(const Term& x) { return compute("Sigmoid", {x}); }
  static Term clipped(const Term& x, float limit) {
    return limit > 0 ? clip(x, -double{limit}, double{limit}) : x;
  }
  Term activate(const Term& x) const {
    return {x.translation(), activated(x.translation(), x.value(), options_.activation)};
  }

  // What goes into a gate's activation.
  Term gate(size_t which, const Term& cell) const {
    const int64_t place = static_cast<int64_t>(which) - (has_input_gate(weights_) ? 0 : 1);
    const int64_t cells = size_of_gate();
    Term sum = slice(sums_, -1, place * cells, (place + 1) * cells);
    const size_t peephole = which == kOutput ? 2 : which;
    if (which != kCell && weights_.peephole[peephole]) sum = sum + cell * here(*weights_.peephole[peephole]);
    if (weights_.normalization[which]) sum = normalized(sum, *weights_.normalization[which]);
    if (weights_.bias[which]) sum = sum + here(*weights_.bias[which]);
    return sum;
  }

  int64_t size_of_gate() const {
    const Value& matrix = *weights_.input[kForget];
    const auto dims = matrix.shape().static_dims();
    if (!dims || dims->size() != 2) sums_.translation().refuse("the shape of its weights is not known");
    return (*dims)[0];
  }

  const Term sums_;
  const LstmWeights& weights_;
  const LstmOptions& options_;
};

Term as_operator(const Term& x, const LstmState& initial, const LstmWeights& w, bool reverse) {
  Translation& t = x.translation();
  constexpr std::array kOnnxOrder = {kInput, kOutput, kForget, kCell};
  const auto in_order = [&](const std::array<Value*, 4>& parts) {
    std::vector<Term> terms;
    for (const size_t gate : kOnnxOrder) terms.emplace_back(t, *parts[gate]);
    return concat(terms, 0);
  };
  const Term bias = in_order(w.bias);
  std::vector<Value*> inputs = {&x.value(),
                                &unsqueeze(in_order(w.input), {0}).value(),
                                &unsqueeze(in_order(w.recurrent), {0}).value(),
                                &unsqueeze(concat({bias, bias * 0.0}, 0), {0}).value(),
                                nullptr,
                                &unsqueeze(initial.output, {0}).value(),
                                &unsqueeze(initial.cell, {0}).value()};
  if (w.peephole[0])
    inputs.push_back(
        &unsqueeze(concat({{t, *w.peephole[0]}, {t, *w.peephole[2]}, {t, *w.peephole[1]}}, 0), {0}).value());
  const int64_t cells = (*w.input[kForget]->shape().static_dims())[0];
  const Term y = {
      t, t.add("LSTM", std::move(inputs),
               {{"hidden_size", cells}, {"direction", std::string(reverse ? "reverse" : "forward")}})};
  return squeeze(y, {1});
}

// ONNX's LSTM clips what goes into the activations, TFLite the cell: the same only where nothing is clipped. Each step adds
// less than 1 to the cell.
bool fits_operator(const Term& x, const LstmWeights& w, const LstmOptions& options, bool starts_at_zero) {
  const Shape& shape = x.value().shape();
  const auto steps = shape.has_rank() && shape.rank() > 0 ? shape[0].known() : std::nullopt;
  const bool never_clips =
      options.cell_clip == 0 || (starts_at_zero && steps && static_cast<float>(*steps) <= options.cell_clip);
  bool is_plain = has_input_gate(w) && !w.projection && options.activation == "TANH" && never_clips;
  for (size_t gate = 0; gate < 4; ++gate) is_plain = is_plain && w.bias[gate] && !w.normalization[gate];
  const bool has_all = w.peephole[0] && w.peephole[1] && w.peephole[2];
  const bool has_none = !w.peephole[0] && !w.peephole[1] && !w.peephole[2];
  return is_plain && (has_all || has_none) && w.input[kForget]->shape().static_dims();
}

bool is_zero(const Term& x) {
  const Node* producer = x.value().producer();
  return producer && producer->op() == OpName("ConstantOfShape") &&
         !producer->attrs.get<Tensor>("value")->to_double()[0];
}

}  // namespace

Term project_input(const Term& x, const LstmWeights& weights) {
  return compute("MatMul", {x, stacked(x.translation(), weights.input)});
}

LstmState lstm_step(const Term& projected, const LstmState& before, const LstmWeights& weights,
                    const LstmOptions& options) {
  Translation& t = projected.translation();
  const Term recurrent = compute("MatMul", {before.output, stacked(t, weights.recurrent)});
  return Step(projected + recurrent, weights, options).run(before.cell);
}

Term lstm_sequence(const Term& x, const LstmState& initial, const LstmWeights& weights,
                   const LstmOptions& options, bool reverse) {
  Translation& t = x.translation();
  if (fits_operator(x, weights, options, is_zero(initial.cell)))
    return as_operator(x, initial, weights, reverse);
  const Term projected = project_input(x, weights);
  const auto body = std::make_shared<Graph>("step", &t.graph());
  Type step_type = projected.value().type;
  if (step_type.shape.has_rank() && step_type.shape.rank() == 3)
    step_type.shape = Shape({step_type.shape[1], step_type.shape[2]});
  Value& output = body->add_input("output_before", initial.output.value().type);
  Value& cell = body->add_input("cell_before", initial.cell.value().type);
  Value& slice_of_x = body->add_input("projected", step_type);
  Node& anchor = body->add_node("tflite.STEP", {}, {}, {}, t.node().name());
  Translation inner(anchor, "Identity");
  const LstmState after = lstm_step({inner, slice_of_x}, {{inner, output}, {inner, cell}}, weights, options);
  body->remove(anchor);
  body->add_output("output", after.output.value());
  body->add_output("cell", after.cell.value());
  body->add_output("output_of_step", after.output.value());
  const int64_t direction = reverse ? 1 : 0;
  Node& scan = t.add_node("Scan", {&initial.output.value(), &initial.cell.value(), &projected.value()},
                          {{"body", body},
                           {"num_scan_inputs", int64_t{1}},
                           {"scan_input_directions", std::vector<int64_t>{direction}},
                           {"scan_output_directions", std::vector<int64_t>{direction}}},
                          3);
  return {t, *scan.output(2)};
}

}  // namespace modelconv::tflite
