#include <cmath>

#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

Term full(Translation& t, int64_t count, float value) {
  return constant(t, {count}, std::vector<float>(static_cast<size_t>(count), value));
}

std::vector<int64_t> axes_from(size_t first, size_t rank) {
  std::vector<int64_t> axes;
  for (size_t i = first; i < rank; ++i) axes.push_back(static_cast<int64_t>(i));
  return axes;
}

Term mean(const Term& x, const std::vector<int64_t>& axes) { return reduce("ReduceMean", x, axes, true); }

// Blobs: sums of means and variances, and the number of terms they have; NVIDIA's fork adds scale and bias.
void raise_batch_norm(Translation& t) {
  const Term x = bottom(t, 0);
  const float epsilon = float_of(t, "eps", 1e-5F);
  if (!flag_of(t, "use_global_stats", true)) {
    std::vector<int64_t> axes = axes_from(2, x.rank());
    axes.insert(axes.begin(), 0);
    const Term centred = x - mean(x, axes);
    return set_output(t, 0, centred / compute("Sqrt", {mean(centred * centred, axes) + epsilon}));
  }
  const int64_t channels = blob_tensor(t, 0, "mean").size();
  const double count = blob_tensor(t, 2, "factor").to_double().at(0);
  const double factor = count == 0 ? 0 : 1 / count;
  const auto scaled = [&](size_t index, const char* what) {
    const Term stored = blob(t, index, {channels}, what);
    return factor == 1 ? stored : stored * factor;
  };
  const bool has_scale = blob_count(t) >= 5;
  const Term scale = has_scale ? blob(t, 3, {channels}, "scale") : full(t, channels, 1);
  const Term bias = has_scale ? blob(t, 4, {channels}, "bias") : full(t, channels, 0);
  set_output(t, 0,
             compute("BatchNormalization", {x, scale, bias, scaled(0, "mean"), scaled(1, "variance")},
                     {{"epsilon", epsilon}}));
}

// Of forks. SegNet's has scale and shift (statistics taken in), PSPNet's scale, shift, mean and variance.
void raise_bn(Translation& t) {
  const Term x = bottom(t, 0);
  const int64_t channels = blob_tensor(t, 0, "scale").size();
  if (blob_count(t) >= 4) {
    return set_output(t, 0,
                      compute("BatchNormalization",
                              {x, blob(t, 0, {channels}, "scale"), blob(t, 1, {channels}, "shift"),
                               blob(t, 2, {channels}, "mean"), blob(t, 3, {channels}, "variance")},
                              {{"epsilon", float_of(t, "eps", 1e-5F)}}));
  }
  Dims dims(std::max<size_t>(x.rank(), 2) - 1, 1);
  dims[0] = channels;
  set_output(t, 0, x * blob(t, 0, dims, "scale") + blob(t, 1, dims, "shift"));
}

void raise_lrn(Translation& t) {
  const Term x = bottom(t, 0);
  const int64_t size = int_of(t, "local_size", 5);
  const float alpha = float_of(t, "alpha", 1), beta = float_of(t, "beta", .75F);
  if (size < 1 || size % 2 == 0) fail(t, "local_size is {}", size);
  if (enum_of(t, "norm_region", {"ACROSS_CHANNELS", "WITHIN_CHANNEL"}, 0, "ACROSS_CHANNELS") ==
      "ACROSS_CHANNELS")
    return set_output(
        t, 0,
        compute("LRN", {x},
                {{"size", size}, {"alpha", alpha}, {"beta", beta}, {"bias", float_of(t, "k", 1)}}));
  const Term around = compute("AveragePool", {x * x},
                              {{"kernel_shape", std::vector<int64_t>(2, size)},
                               {"pads", std::vector<int64_t>(4, (size - 1) / 2)},
                               {"count_include_pad", int64_t{1}}});
  set_output(t, 0, x * compute("Pow", {around * alpha + 1.0, number(t, DType::float32, -beta)}));
}

// epsilon is added to the deviation, not to the variance (mvn_layer.cpp of github.com/BVLC/caffe).
void raise_mvn(Translation& t) {
  const Term x = bottom(t, 0);
  const auto axes = axes_from(flag_of(t, "across_channels", false) ? 1 : 2, x.rank());
  if (axes.empty()) fail(t, "there is nothing to normalise over in rank {}", x.rank());
  const Term centred = x - mean(x, axes);
  if (!flag_of(t, "normalize_variance", true)) return set_output(t, 0, centred);
  const Term deviation = compute("Sqrt", {mean(centred * centred, axes)});
  set_output(t, 0, centred / (deviation + float_of(t, "eps", 1e-9F)));
}

// SSD: by the length of the vector of channels, or of the whole image; then a scale for each channel.
void raise_normalize(Translation& t) {
  const Term x = bottom(t, 0);
  const bool whole = flag_of(t, "across_spatial", true), shared = flag_of(t, "channel_shared", true);
  const auto axes = whole ? axes_from(1, x.rank()) : std::vector<int64_t>{1};
  const Term length = compute("Sqrt", {reduce("ReduceSum", x * x, axes, true) + float_of(t, "eps", 1e-10F)});
  Dims dims(std::max<size_t>(x.rank(), 2) - 1, 1);
  dims[0] = shared ? 1 : blob_tensor(t, 0, "scale").size();
  set_output(t, 0, x / length * blob(t, 0, dims, "scale"));
}

}  // namespace

OpMappings normalization_ops() {
  return {
      {"caffe.BN", "BatchNormalization", raise_bn, nullptr, "of forks: two blobs (SegNet) or four (PSPNet)"},
      {"caffe.BatchNorm", "BatchNormalization", raise_batch_norm, nullptr, ""},
      {"caffe.LRN", "LRN", raise_lrn, nullptr, ""},
      {"caffe.MVN", "ReduceMean", raise_mvn, nullptr, ""},
      {"caffe.Normalize", "ReduceSum", raise_normalize, nullptr, "of SSD"},
  };
}

}  // namespace modelconv::caffe
