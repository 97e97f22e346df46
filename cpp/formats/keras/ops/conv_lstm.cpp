// Convolutional LSTM. What comes from the input is one convolution over all steps; the recurrent part is a Scan.
#include <algorithm>
#include <limits>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/layout.h"

namespace modelconv::keras {
namespace {

constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

// [spatial..., in, out] -> [out, in, spatial...]
Value& outputs_first(Translation& t, Value& kernel, size_t rank) {
  const auto last = static_cast<int64_t>(rank);
  std::vector<int64_t> perm = {last + 1, last};
  for (int64_t axis = 0; axis < last; ++axis) perm.push_back(axis);
  return t.transpose(kernel, perm);
}

// [batch, steps, ...] of the layer's layout, as [batch, steps, channels, spatial...] and back.
Value& steps_to_channels_first(Translation& t, Value& x, size_t rank) {
  if (is_channels_first(t)) return x;
  std::vector<int64_t> perm = {0, 1, static_cast<int64_t>(rank) + 2};
  for (size_t i = 0; i < rank; ++i) perm.push_back(static_cast<int64_t>(i) + 2);
  return t.transpose(x, perm);
}

Value& steps_from_channels_first(Translation& t, Value& y, size_t rank) {
  if (is_channels_first(t)) return y;
  std::vector<int64_t> perm = {0, 1};
  for (size_t i = 0; i < rank; ++i) perm.push_back(static_cast<int64_t>(i) + 3);
  perm.push_back(2);
  return t.transpose(y, perm);
}

Value& sizes(Translation& t, Value& x, int64_t begin, int64_t end) {
  return t.add("Slice", {&t.shape_of(x), &t.ints({begin}), &t.ints({end})});
}

Value& joined(Translation& t, const std::vector<Value*>& parts) {
  return t.add("Concat", parts, {{"axis", int64_t{0}}});
}

// The gates' part that comes from the input, for all steps: [batch, steps, 4 * filters, spatial...].
Value& convolve_input(Translation& t, size_t rank) {
  Value& kernel = weight(t, "kernel", rank + 2);
  const Dims spatial(dims_of(kernel).begin(), dims_of(kernel).begin() + static_cast<std::ptrdiff_t>(rank));
  const auto strides = sizes_of(t, "strides", rank, 1), dilations = sizes_of(t, "dilation_rate", rank, 1);
  Attrs attrs = {{"strides", strides}, {"dilations", dilations}, {"kernel_shape", spatial}};
  set_padding(t, attrs, spatial, strides, dilations);
  Value& x = steps_to_channels_first(t, need_argument(t, "input"), rank);
  Value& folded = t.add("Reshape", {&x, &joined(t, {&t.ints({-1}), &sizes(t, x, 2, kEnd)})});
  Value& y = t.add("Conv", {&folded, &outputs_first(t, kernel, rank), argument(t, "bias")}, attrs);
  return t.add("Reshape", {&y, &joined(t, {&sizes(t, x, 0, 2), &sizes(t, y, 1, kEnd)})});
}

// Nodes of the body of the Scan.
class Body {
 public:
  Body(Translation& t, Type state, Type step) : t_(t), graph_(std::make_shared<Graph>("step", &t.graph())) {
    h = &graph_->add_input("h", state);
    c = &graph_->add_input("c", state);
    x = &graph_->add_input("x", std::move(step));
  }

  Value& add(OpName op, const std::vector<Value*>& inputs, Attrs attrs = {}) {
    return *node(op, inputs, attrs, 1).output();
  }

  Node& node(OpName op, const std::vector<Value*>& inputs, Attrs attrs, size_t outputs) {
    Node& added = graph_->add_node(op, inputs, std::move(attrs), std::vector<std::string>(outputs));
    infer_node(added);
    return added;
  }

  Value& activate(const std::string& setting, const char* fallback, Value& value) {
    const std::string name = string_of(t_, setting, fallback);
    if (name == "tanh") return add("Tanh", {&value});
    if (name == "sigmoid") return add("Sigmoid", {&value});
    if (name == "relu") return add("Relu", {&value});
    if (name == "linear") return value;
    if (name != "hard_sigmoid") t_.refuse("its activation '{}' is not read here", name);
    return add("HardSigmoid", {&value}, {{"alpha", float_of(t_, "slope", 1.0F / 6)}, {"beta", 0.5F}});
  }

  GraphPtr finish(Value& new_h, Value& new_c) {
    graph_->add_output("new_h", new_h);
    graph_->add_output("new_c", new_c);
    graph_->add_output("y", add("Identity", {&new_h}));
    return graph_;
  }

  Value *h, *c, *x;

 private:
  Translation& t_;
  GraphPtr graph_;
};

// i, f, c, o are Keras's order of the gates.
GraphPtr build_body(Translation& t, Value& recurrent, size_t rank, const Type& state, const Type& step) {
  Body body(t, state, step);
  const Dims& kernel = recurrent.constant().dims();
  Attrs attrs = {{"kernel_shape", Dims(kernel.begin(), kernel.begin() + static_cast<std::ptrdiff_t>(rank))}};
  Dims pads(2 * rank);
  for (size_t i = 0; i < rank; ++i) {
    pads[i] = (kernel[i] - 1) / 2;
    pads[rank + i] = kernel[i] - 1 - pads[i];
  }
  attrs.set("pads", pads);
  Value& gates =
      body.add("Add", {body.x, &body.add("Conv", {body.h, &outputs_first(t, recurrent, rank)}, attrs)});
  Node& split = body.node("Split", {&gates}, {{"axis", int64_t{1}}, {"num_outputs", int64_t{4}}}, 4);
  const auto gate = [&](size_t i) -> Value& {
    return body.activate("recurrent_activation", "hard_sigmoid", *split.output(i));
  };
  Value& candidate = body.activate("activation", "tanh", *split.output(2));
  Value& kept = body.add("Mul", {&gate(1), body.c});
  Value& new_c = body.add("Add", {&kept, &body.add("Mul", {&gate(0), &candidate})});
  Value& new_h = body.add("Mul", {&gate(3), &body.activate("activation", "tanh", new_c)});
  return body.finish(new_h, new_c);
}

Type without_steps(const Value& gates, int64_t channels) {
  std::vector<Dim> dims = gates.shape().dims();
  dims.erase(dims.begin() + 1);
  dims[1] = channels;
  return Type::tensor(gates.dtype(), Shape(dims));
}

template <size_t rank>
void raise_conv_lstm(Translation& t) {
  if (argument(t, "mask")) t.refuse("it has a mask");
  ENSURE(t.rank_of(need_argument(t, "input")) == rank + 3, MalformedModelError,
         "{} is given a tensor of shape {}", t.node().describe(), need_argument(t, "input").shape().str());
  Value& recurrent = weight(t, "recurrent_kernel", rank + 2);
  const int64_t filters = dims_of(recurrent)[rank];
  ENSURE(dims_of(recurrent)[rank + 1] / 4 == filters && dims_of(recurrent)[rank + 1] % 4 == 0,
         MalformedModelError, "{}: its recurrent kernel has the shape {}", t.node().describe(),
         to_string(dims_of(recurrent)));
  Value& gates = convolve_input(t, rank);
  Value& state_shape = joined(t, {&sizes(t, gates, 0, 1), &t.ints({filters}), &sizes(t, gates, 3, kEnd)});
  const auto initial = [&](const char* name) -> Value& {
    if (Value* given = argument(t, name)) return to_channels_first(t, *given, rank);
    return t.add("Expand", {&t.scalar_like(gates, 0), &state_shape});
  };
  const GraphPtr body =
      build_body(t, recurrent, rank, without_steps(gates, filters), without_steps(gates, 4 * filters));
  Node& scan =
      t.add_node("Scan", {&initial("initial_h"), &initial("initial_c"), &gates},
                 {{"body", body},
                  {"num_scan_inputs", int64_t{1}},
                  {"scan_input_axes", std::vector<int64_t>{1}},
                  {"scan_output_axes", std::vector<int64_t>{1}},
                  {"scan_input_directions", std::vector<int64_t>{flag_of(t, "go_backwards", false) ? 1 : 0}}},
                 3);
  Value& h = from_channels_first(t, *scan.output(0), rank);
  const bool all = flag_of(t, "return_sequences", false);
  t.set_output(0, all ? steps_from_channels_first(t, *scan.output(2), rank) : h);
  t.set_output(1, h);
  t.set_output(2, from_channels_first(t, *scan.output(1), rank));
}

}  // namespace

OpMappings conv_lstm_ops() {
  const char* note = "without masks";
  return {
      {"keras.ConvLSTM1D", "Scan", raise_conv_lstm<1>, nullptr, note},
      {"keras.ConvLSTM2D", "Scan", raise_conv_lstm<2>, nullptr, note},
      {"keras.ConvLSTM3D", "Scan", raise_conv_lstm<3>, nullptr, note},
  };
}

}  // namespace modelconv::keras
