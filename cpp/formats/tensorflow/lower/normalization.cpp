// Normalisation. Formulas: the ONNX specification of each operator.
#include <numeric>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

double float_or(const Translation& t, const char* name, float fallback) {
  return double{t.node().attrs.get_or<float>(name, fallback)};
}

std::vector<int64_t> axes_between(int64_t first, int64_t end) {
  std::vector<int64_t> axes(static_cast<size_t>(std::max<int64_t>(0, end - first)));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

struct Moments {
  Term centred, variance;
};

Moments moments(const Term& x, const std::vector<int64_t>& axes) {
  const Term centred = x - reduce("ReduceMean", x, axes, true);
  return {centred, reduce("ReduceMean", centred * centred, axes, true)};
}

Term rsqrt(const Term& x) { return compute("tf.Rsqrt", {x}); }

Term standardised(const Term& x, const std::vector<int64_t>& axes, double epsilon) {
  const Moments m = moments(x, axes);
  return m.centred * rsqrt(m.variance + epsilon);
}

// --- BatchNormalization: channels stand last, so the vectors broadcast by themselves
void lower_batch_normalization(Translation& t) {
  if (t.node().attrs.get_or<int64_t>("training_mode", 0) != 0) t.refuse("it is in training mode");
  const double epsilon = float_or(t, "epsilon", 1e-5F);
  const Term x = input(t, 0), scale = input(t, 1), offset = input(t, 2), mean = input(t, 3),
             variance = input(t, 4);
  if (x.rank() == 4 && x.dtype() == DType::float32 && scale.dtype() == DType::float32 &&
      mean.dtype() == DType::float32)
    return set_output(t, 0,
                      compute("tf.FusedBatchNormV3", {x, scale, offset, mean, variance},
                              {{"epsilon", static_cast<float>(epsilon)}, {"is_training", int64_t{0}}}));
  const DType wide = mean.dtype();
  const Term factor = cast(scale, wide) * rsqrt(variance + epsilon);
  const Term y = cast(x, wide) * factor + (cast(offset, wide) - mean * factor);
  set_output(t, 0, cast(y, x.dtype()));
}

void lower_instance_normalization(Translation& t) {
  const Term x = input(t, 0);
  const auto axes = axes_between(1, static_cast<int64_t>(x.rank()) - 1);
  set_output(t, 0, standardised(x, axes, float_or(t, "epsilon", 1e-5F)) * input(t, 1) + input(t, 2));
}

// The channels split into groups, in an axis of their own.
void lower_group_normalization(Translation& t) {
  const Term x = input(t, 0);
  const int64_t groups = t.node().attrs.get_or<int64_t>("num_groups", 1);
  const auto rank = static_cast<int64_t>(x.rank());
  const DType wide = x.dtype() == DType::float64 ? DType::float64 : DType::float32;
  const Term shape = concat({shape_part(x, 0, rank - 1), numbers(t, {groups, -1})}, 0);
  std::vector<int64_t> axes = axes_between(1, rank - 1);
  axes.push_back(rank);
  const Term grouped = compute("Reshape", {cast(x, wide), shape});
  const Term normal = cast(standardised(grouped, axes, float_or(t, "epsilon", 1e-5F)), x.dtype());
  set_output(t, 0, reshape(normal, shape_of(x)) * input(t, 1) + input(t, 2));
}

// --- over the last axes
std::vector<int64_t> last_axes(const Term& x) {
  const auto rank = static_cast<int64_t>(x.rank());
  const int64_t axis = int_attr(x.translation().node(), "axis");
  return axes_between(axis < 0 ? axis + rank : axis, rank);
}

void lower_layer_normalization(Translation& t) {
  const Term x = input(t, 0);
  const auto stash = static_cast<DType>(int_attr(t.node(), "stash_type"));
  const DType wide = x.dtype() == DType::float64 ? x.dtype() : stash;
  const Term given = cast(x, wide);
  const auto axes = last_axes(x);
  const Term mean = reduce("ReduceMean", given, axes, true);
  const Term centred = given - mean;
  const Term factor =
      rsqrt(reduce("ReduceMean", centred * centred, axes, true) + double{float_attr(t.node(), "epsilon")});
  Term y = cast(centred * factor, x.dtype()) * input(t, 1);
  if (t.input(2)) y = y + input(t, 2);
  set_output(t, 0, y);
  if (t.wants_output(1)) set_output(t, 1, cast(mean, stash));
  if (t.wants_output(2)) set_output(t, 2, cast(factor, stash));
}

void lower_rms_normalization(Translation& t) {
  const Term x = input(t, 0);
  const DType wide =
      x.dtype() == DType::float64 ? x.dtype() : static_cast<DType>(int_attr(t.node(), "stash_type"));
  const Term given = cast(x, wide);
  const Term mean = reduce("ReduceMean", given * given, last_axes(x), true);
  const Term factor = rsqrt(mean + double{float_attr(t.node(), "epsilon")});
  set_output(t, 0, cast(given * factor, x.dtype()) * input(t, 1));
}

void lower_lp_normalization(Translation& t) {
  const Term x = input(t, 0);
  const OpName op = int_attr(t.node(), "p") == 1 ? "ReduceL1" : "ReduceL2";
  const Term norm = reduce(op, x, {int_attr(t.node(), "axis")}, true);
  const Term is_zero = equal(norm, 0.0);
  set_output(t, 0,
             where(is_zero, number(t, x.dtype(), 0), x / where(is_zero, number(t, x.dtype(), 1), norm)));
}

void lower_mean_variance_normalization(Translation& t) {
  const Term x = input(t, 0);
  const Moments m = moments(x, ints_attr(t.node(), "axes"));
  set_output(t, 0, m.centred / (compute("Sqrt", {m.variance}) + 1e-9));
}

// Divided by (bias + alpha / size * the sum of the squares of neighbouring channels) ^ beta.
void lower_local_response(Translation& t) {
  const auto size = t.node().attrs.get_or<int64_t>("size", 1);
  const float alpha = t.node().attrs.get_or<float>("alpha", 1e-4F),
              beta = t.node().attrs.get_or<float>("beta", 0.75F),
              bias = t.node().attrs.get_or<float>("bias", 1);
  const Term x = input(t, 0);
  if (x.rank() != 4 || size % 2 == 0) t.refuse("its size is {} on an image of {} axes", size, x.rank());
  set_output(t, 0,
             compute("tf.LRN", {x},
                     {{"depth_radius", size / 2},
                      {"bias", bias},
                      {"alpha", alpha / static_cast<float>(size)},
                      {"beta", beta}}));
}

}  // namespace

OpMappings lower_normalization() {
  return {
      {"tf.FusedBatchNormV3", "nhwc.BatchNormalization", nullptr, lower_batch_normalization, "inference"},
      {"tf.Rsqrt", "nhwc.InstanceNormalization", nullptr, lower_instance_normalization, ""},
      {"tf.Rsqrt", "nhwc.GroupNormalization", nullptr, lower_group_normalization, ""},
      {"tf.Rsqrt", "LayerNormalization", nullptr, lower_layer_normalization, ""},
      {"tf.Rsqrt", "RMSNormalization", nullptr, lower_rms_normalization, ""},
      {"tf.RealDiv", "LpNormalization", nullptr, lower_lp_normalization, ""},
      {"tf.RealDiv", "MeanVarianceNormalization", nullptr, lower_mean_variance_normalization, ""},
      {"tf.LRN", "nhwc.LRN", nullptr, lower_local_response, "odd sizes, two spatial axes"},
  };
}

}  // namespace modelconv::tensorflow
