// Element by element, without weights but for PReLU. Sources: the layers' files of github.com/BVLC/caffe.
#include <cmath>

#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

void raise_relu(Translation& t) {
  const float slope = float_of(t, "negative_slope", 0);
  const Term x = bottom(t, 0);
  set_output(t, 0, slope == 0 ? compute("Relu", {x}) : compute("LeakyRelu", {x}, {{"alpha", slope}}));
}

void raise_unary(Translation& t) { set_output(t, 0, compute(t.target(), {bottom(t, 0)})); }

void raise_elu(Translation& t) {
  set_output(t, 0, compute("Elu", {bottom(t, 0)}, {{"alpha", float_of(t, "alpha", 1)}}));
}

// One slope per channel, or one for all.
void raise_prelu(Translation& t) {
  const Term x = bottom(t, 0);
  const int64_t count = blob_tensor(t, 0, "slopes").size();
  Dims dims(std::max<size_t>(x.rank(), 2) - 1, 1);
  dims[0] = count;
  set_output(t, 0, compute("PRelu", {x, blob(t, 0, dims, "slopes")}));
}

void raise_relu6(Translation& t) { set_output(t, 0, clip(bottom(t, 0), 0, float_of(t, "threshold", 6))); }

void raise_clip(Translation& t) {
  set_output(t, 0, clip(bottom(t, 0), float_of(t, "min", 0), float_of(t, "max", 1)));
}

void raise_swish(Translation& t) {
  const float beta = float_of(t, "beta", 1);
  const Term x = bottom(t, 0);
  set_output(t, 0, x * compute("Sigmoid", {beta == 1 ? x : x * beta}));
}

void raise_threshold(Translation& t) {
  const Term x = bottom(t, 0), limit = number(t, DType::float32, float_of(t, "threshold", 0));
  set_output(t, 0, cast(compute("Greater", {x, limit}), DType::float32));
}

// shift + scale * x
Term linear(Translation& t) {
  const float scale = float_of(t, "scale", 1), shift = float_of(t, "shift", 0);
  Term x = bottom(t, 0);
  if (scale != 1) x = x * scale;
  return shift == 0 ? x : x + shift;
}

void raise_power(Translation& t) {
  const float power = float_of(t, "power", 1);
  const Term x = linear(t);
  if (power == 1) return set_output(t, 0, compute("Identity", {x}));
  set_output(t, 0, compute("Pow", {x, number(t, DType::float32, power)}));
}

double log_of_base(const Translation& t) {
  const float base = float_of(t, "base", -1);
  if (base != -1 && base <= 0) fail(t, "base is {}", base);
  return base == -1 ? 1 : std::log(static_cast<double>(base));
}

void raise_exp(Translation& t) {
  const double factor = log_of_base(t);
  const Term x = linear(t);
  set_output(t, 0, compute("Exp", {factor == 1 ? x : x * factor}));
}

void raise_log(Translation& t) {
  const double factor = log_of_base(t);
  if (factor == 0) fail(t, "base is 1");
  const Term y = compute("Log", {linear(t)});
  set_output(t, 0, factor == 1 ? y : y * (1 / factor));
}

void raise_dropout(Translation& t) { set_output(t, 0, compute("Identity", {bottom(t, 0)})); }

}  // namespace

OpMappings activation_ops() {
  return {
      {"caffe.AbsVal", "Abs", raise_unary, nullptr, ""},
      {"caffe.BNLL", "Softplus", raise_unary, nullptr, ""},
      {"caffe.Clip", "Clip", raise_clip, nullptr, ""},
      {"caffe.Dropout", "Identity", raise_dropout, nullptr, "nothing at inference"},
      {"caffe.ELU", "Elu", raise_elu, nullptr, ""},
      {"caffe.Exp", "Exp", raise_exp, nullptr, ""},
      {"caffe.Log", "Log", raise_log, nullptr, ""},
      {"caffe.PReLU", "PRelu", raise_prelu, nullptr, ""},
      {"caffe.Power", "Pow", raise_power, nullptr, ""},
      {"caffe.ReLU", "Relu", raise_relu, nullptr, "negative_slope becomes LeakyRelu"},
      {"caffe.ReLU6", "Clip", raise_relu6, nullptr, ""},
      {"caffe.Sigmoid", "Sigmoid", raise_unary, nullptr, ""},
      {"caffe.Swish", "Mul", raise_swish, nullptr, ""},
      {"caffe.TanH", "Tanh", raise_unary, nullptr, ""},
      {"caffe.Threshold", "Greater", raise_threshold, nullptr, ""},
  };
}

}  // namespace modelconv::caffe
