// Activations and softmax.
#include <cmath>
#include <numeric>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

double number_attr(const Translation& t, const char* name) { return double{float_attr(t.node(), name)}; }

// exp(x) - 1 below zero, exactly also near it.
Term elu(const Term& x) { return compute("tf.Elu", {x}); }

void lower_elu(Translation& t) {
  const double alpha = number_attr(t, "alpha");
  const Term x = input(t, 0);
  set_output(t, 0, alpha == 1 ? elu(x) : where(x < 0.0, elu(x) * alpha, x));
}

void lower_selu(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0, where(x < 0.0, elu(x) * number_attr(t, "alpha"), x) * number_attr(t, "gamma"));
}

void lower_celu(Translation& t) {
  const double alpha = number_attr(t, "alpha");
  const Term x = input(t, 0);
  set_output(t, 0, where(x < 0.0, elu(x / alpha) * alpha, x));
}

void lower_leaky_relu(Translation& t) {
  set_output(t, 0, compute("tf.LeakyRelu", {input(t, 0)}, {{"alpha", float_attr(t.node(), "alpha")}}));
}

void lower_prelu(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0, where(x < 0.0, x * input(t, 1), x));
}

void lower_thresholded_relu(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0, where(number(t, x.dtype(), number_attr(t, "alpha")) < x, x, 0.0));
}

Term hard_sigmoid(const Term& x, double alpha, double beta) { return clip(x * alpha + beta, 0, 1); }

void lower_hard_sigmoid(Translation& t) {
  set_output(t, 0, hard_sigmoid(input(t, 0), number_attr(t, "alpha"), number_attr(t, "beta")));
}

void lower_hard_swish(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0, x * hard_sigmoid(x, 1.0 / 6, 0.5));
}

void lower_mish(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0, x * compute("Tanh", {compute("Softplus", {x})}));
}

void lower_swish(Translation& t) {
  const Term x = input(t, 0);
  const double alpha = number_attr(t, "alpha");
  set_output(t, 0, x * compute("Sigmoid", {alpha == 1 ? x : x * alpha}));
}

void lower_gelu(Translation& t) {
  const Term x = input(t, 0);
  const bool is_tanh = string_attr(t.node(), "approximate") == "tanh";
  const Term part = is_tanh ? compute("Tanh", {(x * x * x * 0.044715 + x) * std::sqrt(2 / M_PI)})
                            : compute("Erf", {x * std::sqrt(0.5)});
  set_output(t, 0, x * 0.5 * (part + 1.0));
}

void lower_shrink(Translation& t) {
  const double bias = number_attr(t, "bias"), lambda = number_attr(t, "lambd");
  const Term x = input(t, 0);
  const Term above = where(number(t, x.dtype(), lambda) < x, x - bias, 0.0);
  set_output(t, 0, where(x < -lambda, x + bias, above));
}

bool is_number(const Value* value, double number) {
  return value && value->is_constant() && value->constant().size() == 1 &&
         value->constant().to_double()[0] == number;
}

void lower_clip(Translation& t) {
  Term x = input(t, 0);
  if (is_float(x.dtype()) && is_number(t.input(1), 0) && is_number(t.input(2), 6))
    return set_output(t, 0, compute("tf.Relu6", {x}));
  if (!t.input(1) && !t.input(2)) return set_output(t, 0, compute("Identity", {x}));
  if (t.input(1)) x = compute("tf.Maximum", {x, input(t, 1)});
  if (t.input(2)) x = compute("tf.Minimum", {x, input(t, 2)});
  set_output(t, 0, x);
}

// `function` works along the last axis.
template <class Function>
Term along_last(const Term& x, int64_t axis, const Function& function) {
  const size_t rank = x.rank(), place = normalize_axis(axis, rank);
  if (place + 1 == rank) return function(x);
  std::vector<int64_t> perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[place], perm[rank - 1]);
  return transpose(function(transpose(x, perm)), perm);
}

void lower_softmax(Translation& t) {
  const int64_t axis = int_attr(t.node(), "axis");
  const Term x = input(t, 0);
  if (axis == -1 && !x.value().shape().has_rank()) return set_output(t, 0, compute(t.target(), {x}));
  set_output(t, 0, along_last(x, axis, [&](const Term& turned) { return compute(t.target(), {turned}); }));
}

// 1 at the first largest element along the axis.
void lower_hardmax(Translation& t) {
  const Term x = input(t, 0);
  const auto axis = static_cast<int64_t>(normalize_axis(int_attr(t.node(), "axis"), x.rank()));
  const Term place = compute("ArgMax", {x}, {{"axis", axis}, {"keepdims", int64_t{0}}});
  set_output(t, 0,
             compute("tf.OneHot",
                     {place, cast(squeeze(size_of(x, axis), {0}), DType::int32), number(t, x.dtype(), 1),
                      number(t, x.dtype(), 0)},
                     {{"axis", axis}}));
}

}  // namespace

OpMappings lower_activations() {
  return {
      {"tf.Elu", "Elu", nullptr, lower_elu, ""},
      {"tf.Elu", "Celu", nullptr, lower_celu, ""},
      {"tf.Elu", "Selu", nullptr, lower_selu, ""},
      {"tf.Erf", "Gelu", nullptr, lower_gelu, ""},
      {"tf.LeakyRelu", "LeakyRelu", nullptr, lower_leaky_relu, ""},
      {"tf.SelectV2", "PRelu", nullptr, lower_prelu, ""},
      {"tf.SelectV2", "ThresholdedRelu", nullptr, lower_thresholded_relu, ""},
      {"tf.SelectV2", "Shrink", nullptr, lower_shrink, ""},
      {"tf.Maximum", "HardSigmoid", nullptr, lower_hard_sigmoid, ""},
      {"tf.Mul", "HardSwish", nullptr, lower_hard_swish, ""},
      {"tf.Mul", "Mish", nullptr, lower_mish, ""},
      {"tf.Sigmoid", "Swish", nullptr, lower_swish, ""},
      {"tf.Relu6", "Clip", nullptr, lower_clip, ""},
      {"tf.Softmax", "Softmax", nullptr, lower_softmax, ""},
      {"tf.LogSoftmax", "LogSoftmax", nullptr, lower_softmax, ""},
      {"tf.OneHot", "Hardmax", nullptr, lower_hardmax, ""},
  };
}

}  // namespace modelconv::tensorflow
