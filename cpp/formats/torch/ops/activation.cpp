// Activation functions and softmax.
#include <limits>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

float float_of(const Call& call, std::string_view name) { return static_cast<float>(call.number(name)); }

Term limit(const Call& call, std::string_view name, const Term& x) { return operand(call, name, x.dtype()); }

void raise_named(Translation& t) { give(compute(t.target(), {tensor(Call(t, "self"), "self")})); }

void raise_relu6(Translation& t) { give(clip(tensor(Call(t, "self"), "self"), 0, 6)); }

void raise_hardtanh(Translation& t) {
  const Call call(t, "self, min_val:number=-1, max_val:number=1");
  const Term x = tensor(call, "self");
  give(compute("Clip", {x, limit(call, "min_val", x), limit(call, "max_val", x)}));
}

void raise_hardsigmoid(Translation& t) {
  const Term x = tensor(Call(t, "self"), "self");
  give(compute("HardSigmoid", {x}, {{"alpha", 1.0F / 6}, {"beta", 0.5F}}));
}

void raise_leaky_relu(Translation& t) {
  const Call call(t, "self, negative_slope:number=0.01");
  give(compute("LeakyRelu", {tensor(call, "self")}, {{"alpha", float_of(call, "negative_slope")}}));
}

// One slope, or one per channel: axis 1. ONNX broadcasts from the last axis.
void raise_prelu(Translation& t) {
  const Call call(t, "self, weight");
  const Term x = tensor(call, "self");
  Term slope = tensor(call, "weight");
  const Shape& shape = slope.value().shape();
  const bool is_single = shape.has_rank() && shape.rank() == 1 && shape[0] == Dim(1);
  if (!is_single && x.rank() > 2)
    slope = reshape(slope, [&] {
      std::vector<int64_t> column(x.rank() - 1, 1);
      column[0] = -1;
      return column;
    }());
  give(compute("PRelu", {x, slope}));
}

void raise_prelu_kernel(Translation& t) {
  const Call call(t, "self, weight");
  give(compute("PRelu", {tensor(call, "self"), tensor(call, "weight")}));
}

// scale * (x > 0 ? x : alpha * (exp(input_scale * x) - 1))
Term exponential_part(const Term& x, double alpha, double scale, double input_scale) {
  const Term negative = (compute("Exp", {x * input_scale}) - 1.0) * (alpha * scale);
  return where(x < 0.0, negative, x * scale);
}

void raise_elu(Translation& t) {
  const Call call(t, "self, alpha:number=1, scale:number=1, input_scale:number=1");
  const Term x = tensor(call, "self");
  const double alpha = call.number("alpha"), scale = call.number("scale"),
               input_scale = call.number("input_scale");
  if (scale == 1 && input_scale == 1)
    return give(compute("Elu", {x}, {{"alpha", static_cast<float>(alpha)}}));
  give(exponential_part(x, alpha, scale, input_scale));
}

// ONNX has Celu for float32 only.
void raise_celu(Translation& t) {
  const Call call(t, "self, alpha:number=1");
  const Term x = tensor(call, "self");
  if (x.dtype() == DType::float32) return give(compute("Celu", {x}, {{"alpha", float_of(call, "alpha")}}));
  const double alpha = call.number("alpha");
  give(exponential_part(x, alpha, 1, 1 / alpha));
}

// log(1 + exp(beta x)) / beta; x itself above the threshold, where they differ by exp(-threshold).
void raise_softplus(Translation& t) {
  const Call call(t, "self, beta:number=1, threshold:number=20");
  const Term x = tensor(call, "self");
  const double beta = call.number("beta"), threshold = call.number("threshold");
  const Term scaled = beta == 1 ? x : x * beta;
  const Term smooth = compute("Softplus", {scaled});
  const Term y = beta == 1 ? smooth : smooth / beta;
  if (threshold >= 20 && x.dtype() != DType::float64) return give(y);  // below the last place
  give(where(number(t, x.dtype(), threshold) < scaled, x, y));
}

void raise_softshrink(Translation& t) {
  const Call call(t, "self, lambd:number=0.5");
  const float lambd = float_of(call, "lambd");
  give(compute("Shrink", {tensor(call, "self")}, {{"lambd", lambd}, {"bias", lambd}}));
}

void raise_hardshrink(Translation& t) {
  const Call call(t, "self, lambd:number=0.5");
  give(compute("Shrink", {tensor(call, "self")}, {{"lambd", float_of(call, "lambd")}, {"bias", 0.0F}}));
}

void raise_threshold(Translation& t) {
  const Call call(t, "self, threshold:number, value:number");
  const Term x = tensor(call, "self");
  give(where(x <= limit(call, "threshold", x), limit(call, "value", x), x));
}

void raise_glu(Translation& t) {
  const Call call(t, "self, dim:int=-1");
  Node& halves = t.add_node("Split", {&call.tensor("self")},
                            {{"axis", call.integer("dim")}, {"num_outputs", int64_t{2}}}, 2);
  const Term value(t, *halves.output(0)), gate(t, *halves.output(1));
  give(value * compute("Sigmoid", {gate}));
}

void raise_log_sigmoid(Translation& t) {
  const Term x = tensor(Call(t, "self"), "self");
  if (t.wants_output(1)) t.refuse("its buffer is used, which only gradients need");
  give(-compute("Softplus", {-x}));
}

// At inference the slope is the middle of the range that training draws from.
void raise_rrelu(Translation& t) {
  const Call call(t,
                  {"self, lower:number=0.125, upper:number=0.3333333333333333, training:bool=false",
                   "self, noise, lower:number=0.125, upper:number=0.3333333333333333, training:bool=false"});
  if (call.flag("training")) t.refuse("it draws slopes at random: the model is in training mode");
  const auto slope = static_cast<float>((call.number("lower") + call.number("upper")) / 2);
  give(compute("LeakyRelu", {tensor(call, "self")}, {{"alpha", slope}}));
}

// A scalar counts as having one axis.
Term along_axis(OpName op, const Term& x, int64_t axis) {
  const Shape& shape = x.value().shape();
  if (shape.has_rank() && shape.rank() == 0)
    return squeeze(compute(op, {unsqueeze(x, {0})}, {{"axis", int64_t{0}}}), {0});
  return compute(op, {x}, {{"axis", axis}});
}

Term softmax_argument(const Call& call) {
  const Term x = tensor(call, "self");
  const std::optional<DType> dtype = call.dtype("dtype");
  return dtype ? cast(x, *dtype) : x;
}

void raise_softmax(Translation& t) {
  const Call call(t, "self, dim:int, dtype:dtype=None");
  give(along_axis(t.target(), softmax_argument(call), call.integer("dim")));
}

void raise_inner_softmax(Translation& t) {
  const Call call(t, "self, dim:int, half_to_float:bool");
  const Term x = tensor(call, "self");
  give(along_axis(t.target(), call.flag("half_to_float") ? cast(x, DType::float32) : x, call.integer("dim")));
}

// Rows of nothing but -inf give zeros.
void raise_safe_softmax(Translation& t) {
  const Call call(t, "self, dim:int, dtype:dtype=None");
  const Term x = softmax_argument(call);
  const int64_t dim = call.integer("dim");
  const Term is_empty = equal(reduce("ReduceMax", x, {dim}, true), -std::numeric_limits<double>::infinity());
  give(where(is_empty, number(t, x.dtype(), 0), compute("Softmax", {x}, {{"axis", dim}})));
}

}  // namespace

OpMappings activation_ops() {
  return {
      {"aten._log_softmax", "LogSoftmax", raise_inner_softmax, nullptr, ""},
      {"aten._prelu_kernel", "PRelu", raise_prelu_kernel, nullptr, ""},
      {"aten._safe_softmax", "Softmax", raise_safe_softmax, nullptr, ""},
      {"aten._softmax", "Softmax", raise_inner_softmax, nullptr, ""},
      {"aten.celu", "Celu", raise_celu, nullptr, ""},
      {"aten.elu", "Elu", raise_elu, nullptr, ""},
      {"aten.glu", "Mul", raise_glu, nullptr, ""},
      {"aten.hardshrink", "Shrink", raise_hardshrink, nullptr, ""},
      {"aten.hardsigmoid", "HardSigmoid", raise_hardsigmoid, nullptr, ""},
      {"aten.hardswish", "HardSwish", raise_named, nullptr, ""},
      {"aten.hardtanh", "Clip", raise_hardtanh, nullptr, ""},
      {"aten.leaky_relu", "LeakyRelu", raise_leaky_relu, nullptr, ""},
      {"aten.log_sigmoid", "Softplus", raise_log_sigmoid, nullptr, ""},
      {"aten.log_sigmoid_forward", "Softplus", raise_log_sigmoid, nullptr, "without its buffer"},
      {"aten.log_softmax", "LogSoftmax", raise_softmax, nullptr, ""},
      {"aten.mish", "Mish", raise_named, nullptr, ""},
      {"aten.prelu", "PRelu", raise_prelu, nullptr, ""},
      {"aten.relu6", "Clip", raise_relu6, nullptr, ""},
      {"aten.rrelu", "LeakyRelu", raise_rrelu, nullptr, "at inference"},
      {"aten.rrelu_with_noise", "LeakyRelu", raise_rrelu, nullptr, "at inference"},
      {"aten.selu", "Selu", raise_named, nullptr, ""},
      {"aten.softmax", "Softmax", raise_softmax, nullptr, ""},
      {"aten.softplus", "Softplus", raise_softplus, nullptr, ""},
      {"aten.softshrink", "Shrink", raise_softshrink, nullptr, ""},
      {"aten.special_log_softmax", "LogSoftmax", raise_softmax, nullptr, ""},
      {"aten.special_softmax", "Softmax", raise_softmax, nullptr, ""},
      {"aten.threshold", "Where", raise_threshold, nullptr, ""},
  };
}

}  // namespace modelconv::torch
