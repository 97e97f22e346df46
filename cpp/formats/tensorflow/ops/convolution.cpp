// Convolutions. Kernels are [spatial..., in, out] in TensorFlow and [out, in, spatial...] in ONNX.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/layout.h"

namespace modelconv::tensorflow {
namespace {

Dims kernel_dims(const Translation& t, size_t spatial_rank) {
  const auto dims = t.required(1).shape().static_dims();
  if (!dims) t.refuse("the shape of its kernel is not known");
  ENSURE(dims->size() == spatial_rank + 2, MalformedModelError, "its kernel has rank {}", dims->size());
  for (const int64_t size : *dims)
    ENSURE(size < (int64_t{1} << 31), MalformedModelError, "its kernel has the shape {}", to_string(*dims));
  return *dims;
}

Attrs convolution_attrs(const Translation& t, const Dims& kernel, size_t spatial_rank) {
  const Dims spatial(kernel.begin(), kernel.begin() + static_cast<std::ptrdiff_t>(spatial_rank));
  const auto strides = spatial_part(t, ints_of(t, "strides"), spatial_rank, "strides");
  const auto dilations = spatial_part(t, ints_of(t, "dilations"), spatial_rank, "dilations");
  Attrs attrs = {{"strides", strides}, {"dilations", dilations}, {"kernel_shape", spatial}};
  set_padding(t, attrs, spatial, strides, dilations);
  return attrs;
}

// The kernel has fewer input channels than the image where the convolution is grouped.
int64_t group_count(const Value& image, int64_t kernel_channels) {
  if (!image.shape().has_rank() || image.shape().rank() < 2) return 1;
  const Dim& channels = image.shape()[1];
  if (!channels.is_known() || kernel_channels <= 0 || channels.value() % kernel_channels != 0) return 1;
  return channels.value() / kernel_channels;
}

void raise_convolution(Translation& t, size_t spatial_rank) {
  const Dims kernel = kernel_dims(t, spatial_rank);
  Attrs attrs = convolution_attrs(t, kernel, spatial_rank);
  Value& x = to_channels_first(t, t.required(0), spatial_rank);
  const auto rank = static_cast<int64_t>(spatial_rank);
  std::vector<int64_t> perm = {rank + 1, rank};
  for (int64_t axis = 0; axis < rank; ++axis) perm.push_back(axis);
  Value& w = t.transpose(t.required(1), perm);
  attrs.set("group", group_count(x, kernel[spatial_rank]));
  t.set_output(0, from_channels_first(t, t.add("Conv", {&x, &w}, attrs), spatial_rank));
}

void raise_conv2d(Translation& t) { raise_convolution(t, 2); }
void raise_conv3d(Translation& t) { raise_convolution(t, 3); }

// Kernel [H, W, C, M]: channel c makes the channels c*M ... c*M + M-1. ONNX: [C*M, 1, H, W] in C groups.
void raise_depthwise(Translation& t) {
  const Dims kernel = kernel_dims(t, 2);
  Attrs attrs = convolution_attrs(t, kernel, 2);
  Value& x = to_channels_first(t, t.required(0), 2);
  Value& by_channel = t.transpose(t.required(1), {2, 3, 0, 1});
  Value& w = t.add("Reshape", {&by_channel, &t.ints({kernel[2] * kernel[3], 1, kernel[0], kernel[1]})});
  attrs.set("group", kernel[2]);
  t.set_output(0, from_channels_first(t, t.add("Conv", {&x, &w}, attrs), 2));
}

}  // namespace

OpMappings convolution_ops() {
  return {
      {"tf.Conv2D", "Conv", raise_conv2d, nullptr, "kernel of known shape"},
      {"tf.Conv3D", "Conv", raise_conv3d, nullptr, "kernel of known shape"},
      {"tf.DepthwiseConv2dNative", "Conv", raise_depthwise, nullptr, "kernel of known shape"},
  };
}

}  // namespace modelconv::tensorflow
