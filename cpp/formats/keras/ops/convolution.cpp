// Convolutions. A kernel is [spatial..., input channels / groups, output channels] in both data formats.
#include <algorithm>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/layout.h"

namespace modelconv::keras {
namespace {

Attrs convolution_attrs(const Translation& t, const Dims& kernel, size_t rank, bool with_padding = true) {
  const Dims spatial(kernel.begin(), kernel.begin() + static_cast<std::ptrdiff_t>(rank));
  const auto strides = sizes_of(t, "strides", rank, 1), dilations = sizes_of(t, "dilation_rate", rank, 1);
  Attrs attrs = {{"strides", strides}, {"dilations", dilations}, {"kernel_shape", spatial}};
  if (with_padding) set_padding(t, attrs, spatial, strides, dilations);
  return attrs;
}

// [spatial..., I, O] -> [O, I, spatial...]
Value& outputs_first(Translation& t, Value& kernel, size_t rank) {
  const auto last = static_cast<int64_t>(rank);
  std::vector<int64_t> perm = {last + 1, last};
  for (int64_t axis = 0; axis < last; ++axis) perm.push_back(axis);
  return t.transpose(kernel, perm);
}

// Kernel [spatial..., C, M]: channel c makes the channels c*M ... c*M + M-1. ONNX: [C*M, 1, spatial...] in C groups.
Value& depthwise_kernel(Translation& t, Value& kernel, size_t rank) {
  const Dims& dims = dims_of(kernel);
  const auto last = static_cast<int64_t>(rank);
  std::vector<int64_t> perm = {last, last + 1}, shape = {dims[rank] * dims[rank + 1], 1};
  for (size_t axis = 0; axis < rank; ++axis) {
    perm.push_back(static_cast<int64_t>(axis));
    shape.push_back(dims[axis]);
  }
  return t.add("Reshape", {&t.transpose(kernel, perm), &t.ints(shape)});
}

template <size_t rank>
void raise_convolution(Translation& t) {
  Value& kernel = weight(t, "kernel", rank + 2);
  Attrs attrs = convolution_attrs(t, dims_of(kernel), rank);
  attrs.set("group", sizes_of(t, "groups", 1, 1)[0]);
  Value& x = to_channels_first(t, image(t, rank), rank);
  Value* bias = argument(t, "bias");
  t.set_output(
      0, from_channels_first(t, t.add("Conv", {&x, &outputs_first(t, kernel, rank), bias}, attrs), rank));
}

template <size_t rank>
void raise_depthwise(Translation& t) {
  Value& kernel = weight(t, "kernel", rank + 2);
  Attrs attrs = convolution_attrs(t, dims_of(kernel), rank);
  attrs.set("group", dims_of(kernel)[rank]);
  Value& x = to_channels_first(t, image(t, rank), rank);
  Value& w = depthwise_kernel(t, kernel, rank);
  t.set_output(0, from_channels_first(t, t.add("Conv", {&x, &w, argument(t, "bias")}, attrs), rank));
}

template <size_t rank>
void raise_separable(Translation& t) {
  Value& depthwise = weight(t, "depthwise_kernel", rank + 2);
  Value& pointwise = weight(t, "pointwise_kernel", rank + 2);
  Attrs attrs = convolution_attrs(t, dims_of(depthwise), rank);
  attrs.set("group", dims_of(depthwise)[rank]);
  Value& x = to_channels_first(t, image(t, rank), rank);
  Value& y = t.add("Conv", {&x, &depthwise_kernel(t, depthwise, rank)}, attrs);
  Value& z = t.add("Conv", {&y, &outputs_first(t, pointwise, rank), argument(t, "bias")},
                   {{"kernel_shape", Dims(rank, 1)}});
  t.set_output(0, from_channels_first(t, z, rank));
}

// Keras computes the result's size and lets TensorFlow cut the full result, (input - 1) * stride + dilated kernel, down to
// it: with "same" at both ends, the odd one after, with "valid" at the end.
// Source: keras/src/backend/common/backend_utils.py, _get_output_shape_given_tf_padding.
void set_transposed_padding(const Translation& t, Attrs& attrs, const Dims& kernel, const Dims& strides,
                            const Dims& dilations, const Dims& output_padding) {
  const size_t rank = kernel.size();
  const bool same = string_of(t, "padding", "valid") == "same";
  Dims pads(2 * rank), extra(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t size = (kernel[i] - 1) * dilations[i] + 1;
    // What is cut off at both ends together; negative: what is added.
    int64_t cut = same ? size - strides[i] : std::min<int64_t>(size - strides[i], 0);
    if (!output_padding.empty()) cut = (same ? 2 * (size / 2) : 0) - output_padding[i];
    pads[i] = same ? std::max<int64_t>(cut, 0) / 2 : 0;
    pads[rank + i] = std::max<int64_t>(cut, 0) - pads[i];
    extra[i] = std::max<int64_t>(-cut, 0);
  }
  attrs.set("pads", pads);
  attrs.set("output_padding", extra);
}

// Kernel [spatial..., output channels, input channels] -> [input, output, spatial...]
template <size_t rank>
void raise_transposed(Translation& t) {
  Value& kernel = weight(t, "kernel", rank + 2);
  Attrs attrs = convolution_attrs(t, dims_of(kernel), rank, false);
  const Dims spatial(dims_of(kernel).begin(), dims_of(kernel).begin() + rank);
  const Dims output_padding = has(t, "output_padding") ? sizes_of(t, "output_padding", rank, 0, 0) : Dims();
  set_transposed_padding(t, attrs, spatial, sizes_of(t, "strides", rank, 1),
                         sizes_of(t, "dilation_rate", rank, 1), output_padding);
  Value& x = to_channels_first(t, image(t, rank), rank);
  Value& y = t.add("ConvTranspose", {&x, &outputs_first(t, kernel, rank), argument(t, "bias")}, attrs);
  t.set_output(0, from_channels_first(t, y, rank));
}

}  // namespace

OpMappings convolution_ops() {
  return {
      {"keras.Conv1D", "Conv", raise_convolution<1>, nullptr, ""},
      {"keras.Conv1DTranspose", "ConvTranspose", raise_transposed<1>, nullptr, ""},
      {"keras.Conv2D", "Conv", raise_convolution<2>, nullptr, ""},
      {"keras.Conv2DTranspose", "ConvTranspose", raise_transposed<2>, nullptr, ""},
      {"keras.Conv3D", "Conv", raise_convolution<3>, nullptr, ""},
      {"keras.Conv3DTranspose", "ConvTranspose", raise_transposed<3>, nullptr, ""},
      {"keras.DepthwiseConv1D", "Conv", raise_depthwise<1>, nullptr, ""},
      {"keras.DepthwiseConv2D", "Conv", raise_depthwise<2>, nullptr, ""},
      {"keras.SeparableConv1D", "Conv", raise_separable<1>, nullptr, ""},
      {"keras.SeparableConv2D", "Conv", raise_separable<2>, nullptr, ""},
  };
}

}  // namespace modelconv::keras
