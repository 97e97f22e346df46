// LSTM, GRU, SimpleRNN in one or both directions: one node of ONNX each.
//
// A mask is any pattern of steps that count. Keras carries the state over the others, so that the result is that of the
// counting steps alone: they are moved to the front (in order), their number is the length of the sequence, and what
// comes out is put back where it belongs. That is exact for every mask.
#include <array>
#include <limits>
#include <optional>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/arguments.h"

namespace modelconv::keras {
namespace {

constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

// Gates in ONNX's order, as places in Keras's: LSTM i f c o -> i o f c; GRU z r h in both.
struct Cell {
  std::vector<int64_t> gates;
  size_t functions;  // activations of one direction
  bool has_cell_state;
};

struct Masked {
  Value* mask;     // bool [batch, steps]
  Value* steps;    // int64 [batch, steps]: 1 where the step counts
  Value* counted;  // int64 [batch, steps]: how many count up to here
  Value* lengths;  // int32 [batch]
};

Value& axes(Translation& t, int64_t axis) { return t.ints({axis}); }

// --- weights

// Rows of [gates * units, n] in ONNX's order of gates.
Value& reorder_gates(Translation& t, Value& rows, const std::vector<int64_t>& gates, int64_t units) {
  std::vector<int64_t> places;
  bool in_order = true;
  for (size_t i = 0; i < gates.size(); ++i) {
    in_order = in_order && gates[i] == static_cast<int64_t>(i);
    for (int64_t unit = 0; unit < units; ++unit) places.push_back(gates[i] * units + unit);
  }
  return in_order ? rows : t.add("Gather", {&rows, &t.ints(places)}, {{"axis", int64_t{0}}});
}

// Kernel [n, gates * units] -> [1, gates * units, n]
Value& gate_matrix(Translation& t, Value& kernel, const Cell& cell, int64_t units) {
  Value& rows = reorder_gates(t, t.transpose(kernel, {1, 0}), cell.gates, units);
  return t.add("Unsqueeze", {&rows, &axes(t, 0)});
}

// ONNX adds two biases, Keras one; a GRU with reset_after has both, [2, gates * units].
Value& gate_bias(Translation& t, Value& bias, const Cell& cell, int64_t units) {
  const Dims& dims = dims_of(bias);
  if (dims.size() == 2) return t.add("Reshape", {&bias, &t.ints({1, -1})});
  Value& ordered = reorder_gates(t, bias, cell.gates, units);
  Value& none = t.constant(Tensor::filled(bias.dtype(), dims, 0));
  return t.add("Unsqueeze", {&t.add("Concat", {&ordered, &none}, {{"axis", int64_t{0}}}), &axes(t, 0)});
}

Value& join_directions(Translation& t, const std::vector<Value*>& parts) {
  return parts.size() == 1 ? *parts[0] : t.add("Concat", parts, {{"axis", int64_t{0}}});
}

int64_t units_of(Translation& t, const Cell& cell, const std::string& prefix) {
  const Dims& recurrent = dims_of(weight(t, prefix + "recurrent_kernel", 2));
  const Dims& kernel = dims_of(weight(t, prefix + "kernel", 2));
  const auto gates = static_cast<int64_t>(cell.gates.size());
  const int64_t units = recurrent[0];
  ENSURE(recurrent[1] / gates == units && recurrent[1] % gates == 0 && kernel[1] == recurrent[1],
         MalformedModelError, "{}: kernels of shapes {} and {} do not fit together", t.node().describe(),
         to_string(kernel), to_string(recurrent));
  if (Value* bias = argument(t, prefix + "bias")) {
    const Dims& dims = dims_of(*bias);
    ENSURE((dims.size() == 1 || (dims.size() == 2 && dims[0] == 2)) && dims.back() == recurrent[1],
           MalformedModelError, "{}: bias '{}' has the shape {}", t.node().describe(), bias->name(),
           to_string(dims));
  }
  return units;
}

// --- activations

void add_function(Translation& t, const std::string& setting, const char* fallback,
                  std::vector<std::string>& names, std::vector<float>& alphas, std::vector<float>& betas) {
  const std::string name = string_of(t, setting, fallback);
  const float alpha = float_of(t, setting + "_alpha", name == "leaky_relu" ? 0.2F : 1.0F);
  if (name == "tanh") return names.emplace_back("Tanh"), void();
  if (name == "sigmoid") return names.emplace_back("Sigmoid"), void();
  if (name == "relu") return names.emplace_back("Relu"), void();
  if (name == "softplus") return names.emplace_back("Softplus"), void();
  if (name == "softsign") return names.emplace_back("Softsign"), void();
  if (name == "elu" || name == "leaky_relu") {
    names.emplace_back(name == "elu" ? "Elu" : "LeakyRelu");
    alphas.push_back(alpha);
    return;
  }
  if (name != "hard_sigmoid" && name != "linear")
    t.refuse("ONNX's recurrent operators have no activation '{}'", name);
  names.emplace_back(name == "linear" ? "Affine" : "HardSigmoid");
  alphas.push_back(name == "linear" ? 1.0F : float_of(t, "slope", 1.0F / 6));
  betas.push_back(name == "linear" ? 0.0F : 0.5F);
}

void set_activations(Translation& t, Attrs& attrs, const Cell& cell, size_t directions) {
  std::vector<std::string> names;
  std::vector<float> alphas, betas;
  for (size_t direction = 0; direction < directions; ++direction)
    for (size_t i = 0; i < cell.functions; ++i) {
      const bool of_gates = cell.functions > 1 && i == 0;
      add_function(t, of_gates ? "recurrent_activation" : "activation", of_gates ? "sigmoid" : "tanh", names,
                   alphas, betas);
    }
  attrs.set("activations", names);
  if (!alphas.empty()) attrs.set("activation_alpha", alphas);
  if (!betas.empty()) attrs.set("activation_beta", betas);
}

// --- masks

Masked look_at_mask(Translation& t, Value& mask) {
  Value& steps = t.cast(mask, DType::int64);
  Value& counted = t.add("CumSum", {&steps, &t.scalar(DType::int64, 1)});
  Value& sum = t.add("ReduceSum", {&steps, &axes(t, 1)}, {{"keepdims", int64_t{0}}});
  return {&mask, &steps, &counted, &t.cast(sum, DType::int32)};
}

Value& pick_steps(Translation& t, Value& x, Value& places) {
  Value& indices = t.add("Unsqueeze", {&places, &axes(t, 2)});
  return t.add("GatherND", {&x, &indices}, {{"batch_dims", int64_t{1}}});
}

// Counting steps to the front: sorted by steps * mask - step, which is positive exactly where the mask lets pass.
Value& to_the_front(Translation& t, Value& x, const Masked& masked) {
  Value& count = t.add("Slice", {&t.shape_of(*masked.mask), &t.ints({1}), &t.ints({2})});
  Value& total = t.add("Squeeze", {&count, &axes(t, 0)});
  Value& numbers = t.add("Range", {&t.scalar(DType::int64, 0), &total, &t.scalar(DType::int64, 1)});
  Value& keys = t.add("Sub", {&t.add("Mul", {masked.steps, &total}), &numbers});
  Node& sorted = t.add_node("TopK", {&keys, &count}, {{"axis", int64_t{1}}}, 2);
  return pick_steps(t, x, *sorted.output(1));
}

// The output of step t is that of the last counting step up to t (the next one from t on, when running backwards);
// without one it is 0.
Value& to_their_places(Translation& t, Value& y, const Masked& masked, bool backwards) {
  Value& places = t.add("Sub", {masked.counted, backwards ? masked.steps : &t.scalar(DType::int64, 1)});
  Value& picked = pick_steps(t, y, t.add("Max", {&places, &t.scalar(DType::int64, 0)}));
  Value* counts = masked.mask;
  if (!flag_of(t, "zero_output_for_mask", false)) {
    if (backwards) return picked;  // behind the last step there are zeros already
    counts = &t.add("GreaterOrEqual", {&places, &t.scalar(DType::int64, 0)});
  }
  Value& shown = t.add("Unsqueeze", {counts, &axes(t, 2)});
  return t.add("Where", {&shown, &picked, &t.scalar_like(picked, 0)});
}

// --- the layer

Value& reverse_steps(Translation& t, Value& y, int64_t axis) {
  return t.add("Slice", {&y, &t.ints({-1}), &t.ints({std::numeric_limits<int64_t>::min()}), &t.ints({axis}),
                         &t.ints({-1})});
}

class Recurrent {
 public:
  Recurrent(Translation& t, Cell cell) : t_(t), cell_(std::move(cell)) {
    if (flag_of(t, "bidirectional", false)) prefixes_.emplace_back("backward_");
    backwards_ = flag_of(t, "go_backwards", false);
    time_major_ = flag_of(t, "time_major", false);
  }

  void raise() {
    Value* x = &need_argument(t_, "input");
    ENSURE(t_.rank_of(*x) == 3, MalformedModelError, "{} is given '{}' of shape {}, 3 axes are expected",
           t_.node().describe(), x->name(), x->shape().str());
    if (Value* mask = argument(t_, "mask")) {
      if (time_major_) t_.refuse("it has a mask, and the steps come first");
      masked_ = look_at_mask(t_, *mask);
      x = &to_the_front(t_, *x, *masked_);
    }
    Node& node = add_node(time_major_ ? *x : t_.transpose(*x, {1, 0, 2}));
    for (size_t direction = 0; direction < prefixes_.size(); ++direction) set_outputs(node, direction);
  }

 private:
  Node& add_node(Value& x) {
    std::vector<Value*> kernels, recurrent, biases, initial_h, initial_c;
    int64_t units = 0;
    for (const std::string& prefix : prefixes_) {
      units = units_of(t_, cell_, prefix);
      kernels.push_back(&gate_matrix(t_, need_argument(t_, prefix + "kernel"), cell_, units));
      recurrent.push_back(&gate_matrix(t_, need_argument(t_, prefix + "recurrent_kernel"), cell_, units));
      if (Value* bias = argument(t_, prefix + "bias")) biases.push_back(&gate_bias(t_, *bias, cell_, units));
      add_state(prefix + "initial_h", initial_h);
      add_state(prefix + "initial_c", initial_c);
    }
    const auto joined = [&](const std::vector<Value*>& parts) -> Value* {
      return parts.size() == prefixes_.size() ? &join_directions(t_, parts) : nullptr;
    };
    Attrs attrs = {{"hidden_size", units}, {"direction", std::string(direction())}};
    if (t_.target() == OpName("GRU"))
      attrs.set("linear_before_reset", flag_of(t_, "reset_after", false) ? int64_t{1} : int64_t{0});
    set_activations(t_, attrs, cell_, prefixes_.size());
    std::vector<Value*> inputs = {&x,
                                  joined(kernels),
                                  joined(recurrent),
                                  joined(biases),
                                  masked_ ? masked_->lengths : nullptr,
                                  joined(initial_h)};
    if (cell_.has_cell_state) inputs.push_back(joined(initial_c));
    return t_.add_node(t_.target(), inputs, attrs, cell_.has_cell_state ? 3 : 2);
  }

  const char* direction() const {
    if (prefixes_.size() == 2) return "bidirectional";
    return backwards_ ? "reverse" : "forward";
  }

  void add_state(const std::string& name, std::vector<Value*>& states) {
    if (Value* state = argument(t_, name)) states.push_back(&t_.add("Unsqueeze", {state, &axes(t_, 0)}));
  }

  // One direction out of an output of the node: [..., directions, batch, units].
  Value& part_of(Value& value, size_t direction, int64_t axis) {
    Value* part = &value;
    if (prefixes_.size() > 1) {
      const auto first = static_cast<int64_t>(direction);
      part = &t_.add("Slice", {part, &t_.ints({first}), &t_.ints({first + 1}), &axes(t_, axis)});
    }
    return t_.add("Squeeze", {part, &axes(t_, axis)});
  }

  void set_outputs(Node& node, size_t direction) {
    const size_t count = prefixes_.size();
    Value& h = part_of(*node.output(1), direction, 0);
    t_.set_output(direction,
                  flag_of(t_, "return_sequences", false) ? sequence(node, direction) : last(h, direction));
    t_.set_output(count + direction, h);
    if (cell_.has_cell_state) t_.set_output(2 * count + direction, part_of(*node.output(2), direction, 0));
  }

  bool runs_backwards(size_t direction) const { return direction == 1 || backwards_; }

  Value& sequence(Node& node, size_t direction) {
    Value* y = &part_of(*node.output(0), direction, 1);
    if (!time_major_) y = &t_.transpose(*y, {1, 0, 2});
    if (masked_) y = &to_their_places(t_, *y, *masked_, runs_backwards(direction));
    // A single layer that runs backwards gives its outputs in the order in which it made them.
    return backwards_ && prefixes_.size() == 1 ? reverse_steps(t_, *y, time_major_ ? 0 : 1) : *y;
  }

  // The output of the last step, which may be masked.
  Value& last(Value& h, size_t direction) {
    if (!masked_ || !flag_of(t_, "zero_output_for_mask", false)) return h;
    const int64_t at = runs_backwards(direction) ? 0 : -1;
    Value& counts =
        t_.add("Slice", {masked_->mask, &t_.ints({at}), &t_.ints({at == 0 ? 1 : kEnd}), &axes(t_, 1)});
    return t_.add("Where", {&counts, &h, &t_.scalar_like(h, 0)});
  }

  Translation& t_;
  const Cell cell_;
  std::vector<std::string> prefixes_ = {""};
  bool backwards_, time_major_;
  std::optional<Masked> masked_;
};

void raise_lstm(Translation& t) { Recurrent(t, {{0, 3, 1, 2}, 3, true}).raise(); }
void raise_gru(Translation& t) { Recurrent(t, {{0, 1, 2}, 2, false}).raise(); }
void raise_simple_rnn(Translation& t) { Recurrent(t, {{0}, 1, false}).raise(); }

}  // namespace

OpMappings recurrent_ops() {
  return {
      {"keras.GRU", "GRU", raise_gru, nullptr, "activations that ONNX's GRU has"},
      {"keras.LSTM", "LSTM", raise_lstm, nullptr, "activations that ONNX's LSTM has"},
      {"keras.SimpleRNN", "RNN", raise_simple_rnn, nullptr, "activations that ONNX's RNN has"},
  };
}

}  // namespace modelconv::keras
