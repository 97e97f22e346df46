// Normalisations, as what they are made of. Images are in channels-last order.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

std::string number(float value) { return fmt::format("{:.9e}", value); }

// (x - mean) / sqrt(variance + epsilon) over the axes.
Value& normalized(Translation& t, Value& x, const std::vector<int64_t>& axes, float epsilon) {
  return expand(t,
                "d = Sub(x, ReduceMean[keepdims=1](x, axes)); v = ReduceMean[keepdims=1](Mul(d, d), axes)\n"
                "y = Div(d, Sqrt(Add(v, " +
                    number(epsilon) + ")))",
                {{"x", &x}, {"axes", &t.ints(axes)}});
}

std::vector<int64_t> axes_from(size_t first, size_t end) {
  std::vector<int64_t> axes(end - first);
  std::iota(axes.begin(), axes.end(), static_cast<int64_t>(first));
  return axes;
}

// Channels are the last axis: parameters broadcast as they are.
// One factor and one summand per channel, where all four parameters are known.
bool fold_batch_normalization(Translation& t) {
  std::vector<std::vector<double>> parameters;
  for (size_t i = 1; i < 5; ++i) {
    if (!t.required(i).is_constant() || t.required(i).dtype() != DType::float32) return false;
    parameters.push_back(t.required(i).constant().to_double());
    if (parameters.back().size() != parameters[0].size()) return false;
  }
  const double epsilon = double{float_attr(t.node(), "epsilon")};
  std::vector<float> factors, summands;
  for (size_t c = 0; c < parameters[0].size(); ++c) {
    const double factor = parameters[0][c] / std::sqrt(parameters[3][c] + epsilon);
    factors.push_back(static_cast<float>(factor));
    summands.push_back(static_cast<float>(parameters[1][c] - parameters[2][c] * factor));
  }
  Value& scaled = t.add("Mul", {t.input(0), &t.constant(Tensor::vector(factors))});
  const bool adds = std::any_of(summands.begin(), summands.end(), [](float each) { return each != 0; });
  t.set_output(0, adds ? t.add("Add", {&scaled, &t.constant(Tensor::vector(summands))}) : scaled);
  return true;
}

void lower_batch_normalization(Translation& t) {
  if (int_attr(t.node(), "training_mode") != 0) t.refuse("training mode");
  if (fold_batch_normalization(t)) return;
  t.set_output(
      0,
      expand(
          t,
          "f = Div(s, Sqrt(Add(v, " + number(float_attr(t.node(), "epsilon")) +
              ")))\n"
              "y = Add(Mul(x, f), Sub(b, Mul(m, f)))",
          {{"x", t.input(0)}, {"s", t.input(1)}, {"b", t.input(2)}, {"m", t.input(3)}, {"v", t.input(4)}}));
}

void lower_instance_normalization(Translation& t) {
  Value& n = normalized(t, t.required(0), axes_from(1, t.rank(0) - 1), float_attr(t.node(), "epsilon"));
  t.set_output(0, expand(t, "y = Add(Mul(n, s), b)", {{"n", &n}, {"s", t.input(1)}, {"b", t.input(2)}}));
}

// [N, spatial..., C] as [N, places, groups, C / groups].
void lower_group_normalization(Translation& t) {
  Value& x = t.required(0);
  const size_t rank = t.rank(0);
  const int64_t groups = int_attr(t.node(), "num_groups"), channels = static_dim(t, x, rank - 1);
  int64_t places = 1;
  for (size_t axis = 1; axis + 1 < rank; ++axis) places *= static_dim(t, x, axis);
  Value& split = reshaped(t, x, {-1, places, groups, channels / groups});
  Value& n = normalized(t, split, {1, 3}, float_attr(t.node(), "epsilon"));
  std::vector<int64_t> dims{x.shape()[0].known().value_or(-1)};
  for (size_t axis = 1; axis < rank; ++axis) dims.push_back(x.shape()[axis].value());
  t.set_output(0, expand(t, "y = Add(Mul(n, s), b)",
                         {{"n", &reshaped(t, n, dims)}, {"s", t.input(1)}, {"b", t.input(2)}}));
}

// Mean and inverse deviation are outputs for training.
void lower_layer_normalization(Translation& t) {
  const size_t rank = t.rank(0), axis = normalize_axis(int_attr(t.node(), "axis"), rank);
  Value &x = t.required(0), &axes = t.ints(axes_from(axis, rank));
  const float epsilon = float_attr(t.node(), "epsilon");
  Value* y = &normalized(t, x, axes_from(axis, rank), epsilon);
  y = &t.add("Mul", {y, t.input(1)});
  if (t.input(2)) y = &t.add("Add", {y, t.input(2)});
  t.set_output(0, *y);
  if (!t.wants_output(1) && !t.wants_output(2)) return;
  Value& mean = t.add("ReduceMean", {&x, &axes}, {{"keepdims", int64_t{1}}});
  t.set_output(1, mean);
  const std::string formula =
      "d = Sub(x, m); y = Reciprocal(Sqrt(Add(ReduceMean[keepdims=1](Mul(d, d), axes), " + number(epsilon) +
      ")))";
  t.set_output(2, expand(t, formula, {{"x", &x}, {"m", &mean}, {"axes", &axes}}));
}

void lower_rms_normalization(Translation& t) {
  const size_t rank = t.rank(0), axis = normalize_axis(int_attr(t.node(), "axis"), rank);
  t.set_output(0, expand(t,
                         "m = ReduceMean[keepdims=1](Mul(x, x), axes)\n"
                         "y = Mul(Div(x, Sqrt(Add(m, " +
                             number(float_attr(t.node(), "epsilon")) + "))), s)",
                         {{"x", t.input(0)}, {"axes", &t.ints(axes_from(axis, rank))}, {"s", t.input(1)}}));
}

void lower_mean_variance_normalization(Translation& t) {
  t.set_output(
      0, expand(t,
                "d = Sub(x, ReduceMean[keepdims=1](x, axes)); v = ReduceMean[keepdims=1](Mul(d, d), axes)\n"
                "y = Div(d, Add(Sqrt(v), 1.0e-9))",  // as the function's definition in ONNX has it
                {{"x", t.input(0)}, {"axes", &t.ints(ints_attr(t.node(), "axes"))}}));
}

void lower_lp_normalization(Translation& t) {
  const char* norm = int_attr(t.node(), "p") == 1 ? "ReduceL1" : "ReduceL2";
  Value& x = t.required(0);
  Value& length = t.add(norm, {&x, &t.ints({int_attr(t.node(), "axis")})}, {{"keepdims", int64_t{1}}});
  t.set_output(
      0, expand(t, "y = Where(Equal(l, 0.0), Mul(x, 0.0), Div(x, Where(Equal(l, 0.0), Add(l, 1.0), l)))",
                {{"x", &x}, {"l", &length}}));
}

// ONNX divides alpha by the number of channels that are summed; TFLite names their radius.
void lower_lrn(Translation& t) {
  const int64_t size = int_attr(t.node(), "size");
  if (size % 2 == 0) t.refuse("an even number of channels, {}", size);
  if (t.rank(0) != 4) t.refuse("images of {} axes", t.rank(0));
  finish(t, "LOCAL_RESPONSE_NORMALIZATION", {t.input(0)},
         {{"radius", size / 2},
          {"bias", float_attr(t.node(), "bias")},
          {"alpha", float_attr(t.node(), "alpha") / static_cast<float>(size)},
          {"beta", float_attr(t.node(), "beta")}});
}

}  // namespace

OpMappings lower_normalizations() {
  return {
      {"tflite.MUL", "nhwc.BatchNormalization", nullptr, lower_batch_normalization, "not in training mode"},
      {"tflite.MEAN", "nhwc.InstanceNormalization", nullptr, lower_instance_normalization, ""},
      {"tflite.MEAN", "nhwc.GroupNormalization", nullptr, lower_group_normalization, ""},
      {"tflite.MEAN", "LayerNormalization", nullptr, lower_layer_normalization, "one output"},
      {"tflite.MEAN", "RMSNormalization", nullptr, lower_rms_normalization, ""},
      {"tflite.MEAN", "MeanVarianceNormalization", nullptr, lower_mean_variance_normalization, ""},
      {"tflite.SUM", "LpNormalization", nullptr, lower_lp_normalization, ""},
      {"tflite.LOCAL_RESPONSE_NORMALIZATION", "nhwc.LRN", nullptr, lower_lrn, "an odd number of channels"},
  };
}

}  // namespace modelconv::tflite
