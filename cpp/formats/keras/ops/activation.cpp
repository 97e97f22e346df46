// Activations: by name (layer Activation, and the activation that any layer may have) and the layers of their own.
#include <map>

#include "formats/keras/ops/activations.h"
#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/arguments.h"

namespace modelconv::keras {
namespace {

Value& clip(Translation& t, Value& x, double low, double high) {
  return t.add("Clip", {&x, &t.scalar_like(x, low), &t.scalar_like(x, high)});
}

Value& times(Translation& t, Value& a, Value& b) { return t.add("Mul", {&a, &b}); }

// x where `condition` holds, else 0.
Value& keep_where(Translation& t, Value& condition, Value& x) {
  return t.add("Where", {&condition, &x, &t.scalar_like(x, 0)});
}

Value& celu(Translation& t, Value& x) { return t.add("Celu", {&x}, {{"alpha", float_of(t, "alpha", 1)}}); }
Value& elu(Translation& t, Value& x) { return t.add("Elu", {&x}, {{"alpha", float_of(t, "alpha", 1)}}); }
Value& exponential(Translation& t, Value& x) { return t.add("Exp", {&x}); }

// The exact form unless the layer asks for the approximation.
Value& gelu(Translation& t, Value& x) {
  const bool approximate = flag_of(t, "approximate", false);
  return t.add("Gelu", {&x}, {{"approximate", std::string(approximate ? "tanh" : "none")}});
}

Value& glu(Translation& t, Value& x) {
  Node& halves = t.add_node("Split", {&x}, {{"axis", int_of(t, "axis", -1)}, {"num_outputs", int64_t{2}}}, 2);
  return times(t, *halves.output(0), t.add("Sigmoid", {halves.output(1)}));
}

Value& hard_shrink(Translation& t, Value& x) {
  Value& far = t.add("Greater", {&t.add("Abs", {&x}), &t.scalar_like(x, float_of(t, "threshold", 0.5F))});
  return keep_where(t, far, x);
}

// Keras 3: relu6(x + 3) / 6; before: clip(0.2 x + 0.5, 0, 1). The reader sets the slope of old files.
Value& hard_sigmoid(Translation& t, Value& x) {
  return t.add("HardSigmoid", {&x}, {{"alpha", float_of(t, "slope", 1.0F / 6)}, {"beta", 0.5F}});
}

Value& hard_silu(Translation& t, Value& x) { return times(t, x, hard_sigmoid(t, x)); }
Value& hard_tanh(Translation& t, Value& x) { return clip(t, x, -1, 1); }

Value& leaky_relu(Translation& t, Value& x) {
  return t.add("LeakyRelu", {&x}, {{"alpha", float_of(t, "negative_slope", 0.2F)}});
}

Value& linear(Translation&, Value& x) { return x; }

Value& log_sigmoid(Translation& t, Value& x) {
  return t.add("Neg", {&t.add("Softplus", {&t.add("Neg", {&x})})});
}

Value& log_softmax(Translation& t, Value& x) {
  return t.add("LogSoftmax", {&x}, {{"axis", int_of(t, "axis", -1)}});
}
Value& mish(Translation& t, Value& x) { return t.add("Mish", {&x}); }
Value& relu(Translation& t, Value& x) { return t.add("Relu", {&x}); }
Value& relu6(Translation& t, Value& x) { return clip(t, x, 0, 6); }

// The two numbers of the paper, which Keras has built in.
Value& selu(Translation& t, Value& x) {
  return t.add("Selu", {&x}, {{"alpha", 1.6732632423543772F}, {"gamma", 1.0507009873554805F}});
}

Value& sigmoid(Translation& t, Value& x) { return t.add("Sigmoid", {&x}); }
Value& silu(Translation& t, Value& x) { return times(t, x, sigmoid(t, x)); }

Value& soft_shrink(Translation& t, Value& x) {
  const float threshold = float_of(t, "threshold", 0.5F);
  return t.add("Shrink", {&x}, {{"lambd", threshold}, {"bias", threshold}});
}

Value& softmax(Translation& t, Value& x) { return t.add("Softmax", {&x}, {{"axis", int_of(t, "axis", -1)}}); }
Value& softplus(Translation& t, Value& x) { return t.add("Softplus", {&x}); }
Value& softsign(Translation& t, Value& x) { return t.add("Softsign", {&x}); }

// 0 below -1, x above 1, (x + 1)^2 / 4 between.
Value& sparse_plus(Translation& t, Value& x) {
  Value& above = t.add("Add", {&x, &t.scalar_like(x, 1)});
  Value& curve = times(t, times(t, above, above), t.scalar_like(x, 0.25));
  Value& lower =
      t.add("Where", {&t.add("LessOrEqual", {&x, &t.scalar_like(x, -1)}), &t.scalar_like(x, 0), &curve});
  return t.add("Where", {&t.add("GreaterOrEqual", {&x, &t.scalar_like(x, 1)}), &x, &lower});
}

Value& sparse_sigmoid(Translation& t, Value& x) {
  return clip(t, times(t, t.add("Add", {&x, &t.scalar_like(x, 1)}), t.scalar_like(x, 0.5)), 0, 1);
}

Value& squareplus(Translation& t, Value& x) {
  Value& root = t.add("Sqrt", {&t.add("Add", {&times(t, x, x), &t.scalar_like(x, float_of(t, "b", 4))})});
  return times(t, t.add("Add", {&x, &root}), t.scalar_like(x, 0.5));
}

Value& tanh(Translation& t, Value& x) { return t.add("Tanh", {&x}); }
Value& tanh_shrink(Translation& t, Value& x) { return t.add("Sub", {&x, &tanh(t, x)}); }

Value& threshold(Translation& t, Value& x) {
  Value& above = t.add("Greater", {&x, &t.scalar_like(x, float_of(t, "threshold", 0))});
  return t.add("Where", {&above, &x, &t.scalar_like(x, float_of(t, "default_value", 0))});
}

using ActivationFn = Value& (*)(Translation&, Value&);

const std::map<std::string, ActivationFn>& activations_by_name() {
  static const std::map<std::string, ActivationFn> table = {
      {"celu", celu},
      {"elu", elu},
      {"exponential", exponential},
      {"gelu", gelu},
      {"glu", glu},
      {"hard_shrink", hard_shrink},
      {"hard_sigmoid", hard_sigmoid},
      {"hard_silu", hard_silu},
      {"hard_swish", hard_silu},
      {"hard_tanh", hard_tanh},
      {"leaky_relu", leaky_relu},
      {"linear", linear},
      {"log_sigmoid", log_sigmoid},
      {"log_softmax", log_softmax},
      {"mish", mish},
      {"relu", relu},
      {"relu6", relu6},
      {"selu", selu},
      {"sigmoid", sigmoid},
      {"silu", silu},
      {"soft_shrink", soft_shrink},
      {"softmax", softmax},
      {"softplus", softplus},
      {"softsign", softsign},
      {"sparse_plus", sparse_plus},
      {"sparse_sigmoid", sparse_sigmoid},
      {"squareplus", squareplus},
      {"swish", silu},
      {"tanh", tanh},
      {"tanh_shrink", tanh_shrink},
      {"threshold", threshold},
  };
  return table;
}

void raise_activation(Translation& t) {
  const std::string name = string_of(t, "activation", "linear");
  const auto found = activations_by_name().find(name);
  if (found == activations_by_name().end()) t.refuse("the activation '{}' is not known", name);
  t.set_output(0, found->second(t, t.required(0)));
}

void raise_leaky_relu(Translation& t) {
  // Keras 2 says alpha.
  const float slope = float_of(t, "negative_slope", float_of(t, "alpha", 0.3F));
  t.set_output(0, t.add("LeakyRelu", {&t.required(0)}, {{"alpha", slope}}));
}

// max(x, threshold) below max_value, and below the threshold negative_slope * (x - threshold).
void raise_relu(Translation& t) {
  Value& x = t.required(0);
  const float slope = float_of(t, "negative_slope", 0), from = float_of(t, "threshold", 0);
  Value* y = &x;
  if (slope != 0) {
    Value& shifted = from == 0 ? x : t.add("Sub", {&x, &t.scalar_like(x, from)});
    Value& above = t.add("GreaterOrEqual", {&x, &t.scalar_like(x, from)});
    y = from == 0 ? &t.add("LeakyRelu", {&x}, {{"alpha", slope}})
                  : &t.add("Where", {&above, &x, &times(t, shifted, t.scalar_like(x, slope))});
  } else if (from != 0) {
    y = &keep_where(t, t.add("Greater", {&x, &t.scalar_like(x, from)}), x);
  } else if (!has(t, "max_value")) {
    y = &relu(t, x);
  }
  if (has(t, "max_value")) {
    const float top = float_of(t, "max_value", 0);
    y = slope == 0 && from == 0 ? &clip(t, x, 0, top) : &t.add("Min", {y, &t.scalar_like(x, top)});
  }
  t.set_output(0, *y);
}

void raise_thresholded_relu(Translation& t) {
  Value& x = t.required(0);
  t.set_output(0, keep_where(t, t.add("Greater", {&x, &t.scalar_like(x, float_of(t, "theta", 1))}), x));
}

void raise_prelu(Translation& t) {
  t.set_output(0, t.add("PRelu", {&t.required(0), &need_argument(t, "alpha")}));
}

Value& softmax_over(Translation& t, Value& x, const std::vector<int64_t>& axes) {
  if (axes.size() == 1) return t.add("Softmax", {&x}, {{"axis", axes[0]}});
  Value& top = t.add("ReduceMax", {&x, &t.ints(axes)}, {{"keepdims", int64_t{1}}});
  Value& powers = t.add("Exp", {&t.add("Sub", {&x, &top})});
  Value& sum = t.add("ReduceSum", {&powers, &t.ints(axes)}, {{"keepdims", int64_t{1}}});
  return t.add("Div", {&powers, &sum});
}

// Elements that the mask stops are 0 in the result.
void raise_softmax(Translation& t) {
  Value& x = t.required(0);
  const auto axes = ints_of(t, "axis", {-1});
  Value* mask = argument(t, "mask");
  if (!mask) return t.set_output(0, softmax_over(t, x, axes));
  if (mask->dtype() != DType::boolean) mask = &t.add("Greater", {mask, &t.scalar_like(*mask, 0.5)});
  Value& open = t.add("Where", {mask, &x, &t.scalar_like(x, -1e9)});
  t.set_output(0, keep_where(t, *mask, softmax_over(t, open, axes)));
}

}  // namespace

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const auto& [name, function] : activations_by_name()) names.push_back(name);
  return names;
}

void raise_activation_by_name(Translation& t) {
  t.set_output(0, activations_by_name().at(t.node().op().name())(t, t.required(0)));
}

OpMappings activation_ops() {
  return {
      {"keras.Activation", "Relu", raise_activation, nullptr, "every named activation but sparsemax"},
      {"keras.ELU", "Elu", [](Translation& t) { t.set_output(0, elu(t, t.required(0))); }, nullptr, ""},
      {"keras.LeakyReLU", "LeakyRelu", raise_leaky_relu, nullptr, ""},
      {"keras.PReLU", "PRelu", raise_prelu, nullptr, ""},
      {"keras.ReLU", "Relu", raise_relu, nullptr, ""},
      {"keras.Softmax", "Softmax", raise_softmax, nullptr, ""},
      {"keras.ThresholdedReLU", "ThresholdedRelu", raise_thresholded_relu, nullptr, ""},
  };
}

}  // namespace modelconv::keras
