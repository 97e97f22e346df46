// Convolutions over any number of spatial axes. Weights: [outputs, channels / group, kernel...] of Convolution,
// [channels, outputs / group, kernel...] of Deconvolution.
#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

constexpr int64_t kLargest = 1 << 24;

// One number for all spatial axes, or one for each, or for images "<name>_h" and "<name>_w".
std::vector<int64_t> spatial_setting(const Translation& t, size_t rank, const std::string& name,
                                     const std::string& stem, int64_t fallback) {
  std::vector<int64_t> values = ints_of(t, name);
  if (t.node().attrs.has(stem + "_h") || t.node().attrs.has(stem + "_w")) {
    const int64_t both = values.empty() ? fallback : values[0];
    values = {int_of(t, stem + "_h", both), int_of(t, stem + "_w", both)};
  }
  if (values.empty()) values = {fallback};
  if (values.size() == 1) values.resize(rank, values[0]);
  if (values.size() != rank) fail(t, "{} has {} values, the image {} axes", name, values.size(), rank);
  for (const int64_t value : values)
    if (value < 0 || value > kLargest) fail(t, "{} is {}", name, value);
  return values;
}

struct Geometry {
  std::vector<int64_t> kernel, strides, dilations, pads;
  Attrs attrs(int64_t groups) const {
    std::vector<int64_t> both = pads;
    both.insert(both.end(), pads.begin(), pads.end());
    return {{"kernel_shape", kernel},
            {"strides", strides},
            {"dilations", dilations},
            {"pads", both},
            {"group", groups}};
  }
};

Geometry geometry_of(const Translation& t, size_t rank) {
  Geometry g;
  g.kernel = spatial_setting(t, rank, "kernel_size", "kernel", 0);
  g.strides = spatial_setting(t, rank, "stride", "stride", 1);
  g.dilations = spatial_setting(t, rank, "dilation", "dilation", 1);
  g.pads = spatial_setting(t, rank, "pad", "pad", 0);
  for (size_t i = 0; i < rank; ++i)
    if (g.kernel[i] < 1 || g.strides[i] < 1 || g.dilations[i] < 1)
      fail(t, "its kernel is {}, its stride {}, its dilation {}", g.kernel[i], g.strides[i], g.dilations[i]);
  return g;
}

Dims kernel_dims(int64_t first, int64_t second, const std::vector<int64_t>& kernel) {
  Dims dims = {first, second};
  dims.insert(dims.end(), kernel.begin(), kernel.end());
  return dims;
}

void raise_with(Translation& t, bool transposed, bool depthwise) {
  const int64_t outputs = int_of(t, "num_output", 0);
  // Several bottoms are several images that go through the same filters.
  for (size_t i = 0; i < bottom_count(t); ++i) {
    const Term x = bottom(t, i);
    if (x.rank() < 3) fail(t, "its bottom has rank {}", x.rank());
    if (axis_of(t, x, "axis", 1) != 1) t.refuse("axis other than 1");
    const Geometry g = geometry_of(t, x.rank() - 2);
    const int64_t groups = depthwise ? outputs : int_of(t, "group", 1);
    if (groups < 1 || outputs < 1 || outputs % groups != 0)
      fail(t, "group={} does not divide num_output={}", groups, outputs);
    const Shape& shape = x.value().shape();
    const Tensor& stored = blob_tensor(t, 0, "weights");
    int64_t area = 1;
    for (const int64_t size : g.kernel) area *= size;
    const int64_t channels = shape[1].is_known() ? shape[1].value()
                             : transposed        ? stored.size() / area / (outputs / groups)
                                                 : stored.size() / area / outputs * groups;
    if (channels % groups != 0) fail(t, "group={} does not divide {} channels", groups, channels);
    const Dims dims = transposed ? kernel_dims(channels, outputs / groups, g.kernel)
                                 : kernel_dims(outputs, channels / groups, g.kernel);
    std::vector<Term> inputs = {x, blob(t, 0, dims, "weights")};
    if (flag_of(t, "bias_term", true)) inputs.push_back(blob(t, 1, {outputs}, "biases"));
    set_output(t, i, compute(t.target(), inputs, g.attrs(groups)));
  }
}

void raise_convolution(Translation& t) { raise_with(t, false, false); }
void raise_depthwise(Translation& t) { raise_with(t, false, true); }
void raise_deconvolution(Translation& t) { raise_with(t, true, false); }

// Windows as channels: a convolution whose filters each pick one place.
void raise_im2col(Translation& t) {
  const Term x = bottom(t, 0);
  if (x.rank() != 4) t.refuse("only images [N, C, H, W]");
  const Geometry g = geometry_of(t, 2);
  const int64_t channels = known_size(x, 1, "its number of channels"), area = g.kernel[0] * g.kernel[1];
  if (channels * area * area > (1 << 26))
    t.refuse("a window of {} x {} is too large", g.kernel[0], g.kernel[1]);
  std::vector<float> picks(static_cast<size_t>(channels * area * area), 0);
  for (int64_t row = 0; row < channels * area; ++row) picks[static_cast<size_t>(row * area + row % area)] = 1;
  set_output(
      t, 0,
      compute("Conv", {x, constant(t, kernel_dims(channels * area, 1, g.kernel), picks)}, g.attrs(channels)));
}

}  // namespace

OpMappings convolution_ops() {
  return {
      {"caffe.Convolution", "Conv", raise_convolution, nullptr, "axis 1"},
      {"caffe.ConvolutionDepthwise", "Conv", raise_depthwise, nullptr, "of forks"},
      {"caffe.Deconvolution", "ConvTranspose", raise_deconvolution, nullptr, "axis 1"},
      {"caffe.DepthwiseConvolution", "Conv", raise_convolution, nullptr, "of forks"},
      {"caffe.Im2col", "Conv", raise_im2col, nullptr, "images of known channels"},
  };
}

}  // namespace modelconv::caffe
