// Convolutions. Kernels are [out, spatial..., in] in TFLite, [out, in, spatial...] in ONNX.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/layout.h"

namespace modelconv::tflite {
namespace {

Dims kernel_dims(const Translation& t, size_t spatial_rank) {
  const auto dims = t.required(1).shape().static_dims();
  if (!dims) t.refuse("the shape of its kernel is not known");
  ENSURE(dims->size() == spatial_rank + 2, MalformedModelError, "its kernel has rank {}", dims->size());
  return *dims;
}

Attrs convolution_attrs(const Translation& t, const Dims& spatial) {
  const auto strides = spatial_option(t, spatial.size(), "stride_");
  const auto dilations = spatial_option(t, spatial.size(), "dilation_", "_factor");
  Attrs attrs = {{"strides", strides}, {"dilations", dilations}, {"kernel_shape", spatial}};
  set_padding(t, attrs, spatial, strides, dilations);
  return attrs;
}

// The kernel has fewer input channels than the image where the convolution is grouped.
int64_t group_count(const Value& image, int64_t kernel_channels) {
  const Dim& channels = image.shape()[1];
  if (!channels.is_known() || kernel_channels <= 0 || channels.value() % kernel_channels != 0) return 1;
  return channels.value() / kernel_channels;
}

void finish(Translation& t, Value& x, Value& kernel, Attrs attrs) {
  std::vector<Value*> inputs = {&x, &kernel};
  if (t.input(2)) inputs.push_back(t.input(2));
  Value& y = activated(t, t.add("Conv", std::move(inputs), std::move(attrs)));
  t.set_output(0, from_channels_first(t, y));
}

void raise_conv_2d(Translation& t) {
  const Dims kernel = kernel_dims(t, 2);
  Attrs attrs = convolution_attrs(t, {kernel[1], kernel[2]});
  Value& x = to_channels_first(t, t.required(0));
  attrs.set("group", group_count(x, kernel[3]));
  finish(t, x, transpose_weights(t, t.required(1), {0, 3, 1, 2}), std::move(attrs));
}

// Kernel [D, H, W, in, out].
void raise_conv_3d(Translation& t) {
  const Dims kernel = kernel_dims(t, 3);
  Attrs attrs = convolution_attrs(t, {kernel[0], kernel[1], kernel[2]});
  Value& x = to_channels_first(t, t.required(0));
  attrs.set("group", group_count(x, kernel[3]));
  finish(t, x, transpose_weights(t, t.required(1), {4, 3, 0, 1, 2}), std::move(attrs));
}

// Kernel [1, H, W, C * M]: channel c makes the channels c*M ... c*M + M-1.
void raise_depthwise(Translation& t) {
  const Dims kernel = kernel_dims(t, 2);
  Attrs attrs = convolution_attrs(t, {kernel[1], kernel[2]});
  Value& x = to_channels_first(t, t.required(0));
  const Dim& channels = x.shape()[1];
  const int64_t multiplier = int_of(t, "depth_multiplier");
  if (!channels.is_known() && multiplier <= 0) t.refuse("the number of its channels is not known");
  attrs.set("group", channels.is_known() ? channels.value() : kernel[3] / multiplier);
  finish(t, x, transpose_weights(t, t.required(1), {3, 0, 1, 2}), std::move(attrs));
}

}  // namespace

OpMappings convolution_ops() {
  return {
      {"tflite.CONV_2D", "Conv", raise_conv_2d, nullptr, "kernel of known shape"},
      {"tflite.CONV_3D", "Conv", raise_conv_3d, nullptr, "kernel of known shape"},
      {"tflite.DEPTHWISE_CONV_2D", "Conv", raise_depthwise, nullptr, "kernel of known shape"},
  };
}

}  // namespace modelconv::tflite
