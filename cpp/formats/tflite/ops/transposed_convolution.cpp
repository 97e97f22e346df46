// Transposed convolutions.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/layout.h"
#include "wire/byte_cursor.h"

namespace modelconv::tflite {
namespace {

struct Transposed {
  Value* x;       // NHWC
  Value* kernel;  // [in, out, spatial...]
  Value* bias;    // may be null
  std::vector<int64_t> kernel_sizes, strides, dilations;
  std::vector<Dim> output;  // spatial sizes
  bool is_same;
};

// What is cut off the full output along one axis, negative: what is missing.
int64_t surplus(const Translation& t, const Transposed& conv, size_t axis, const Dim& input) {
  const Dim full = (input - Dim(1)) * Dim(conv.strides[axis]) +
                   Dim((conv.kernel_sizes[axis] - 1) * conv.dilations[axis] + 1);
  const Dim difference = full - conv.output[axis];
  if (!difference.is_known())
    t.refuse("its output size {} does not follow from its input size {}", conv.output[axis].str(),
             input.str());
  return difference.value();
}

Value& add_transposed(Translation& t, const Transposed& conv) {
  Value& x = to_channels_first(t, *conv.x);
  const size_t rank = conv.kernel_sizes.size();
  if (t.rank_of(x) != rank + 2) t.refuse("its input has rank {}", t.rank_of(x));
  std::vector<int64_t> pads(2 * rank), output_padding(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t cut = surplus(t, conv, i, x.shape()[2 + i]);
    const int64_t before = conv.is_same ? std::max<int64_t>(cut, 0) / 2 : 0;
    pads[i] = before;
    pads[rank + i] = std::max<int64_t>(cut - before, 0);
    output_padding[i] = std::max<int64_t>(before - cut, 0);
    if (output_padding[i] >= std::max(conv.strides[i], conv.dilations[i]))
      t.refuse("its output is {} larger than the convolution reaches", output_padding[i]);
  }
  std::vector<Value*> inputs = {&x, conv.kernel};
  if (conv.bias) inputs.push_back(conv.bias);
  return t.add("ConvTranspose", std::move(inputs),
               {{"strides", conv.strides},
                {"dilations", conv.dilations},
                {"pads", pads},
                {"output_padding", output_padding},
                {"kernel_shape", conv.kernel_sizes}});
}

// Spatial sizes that input `index` asks for, batch and channels being the first and the last entry.
std::vector<Dim> wanted_sizes(const Translation& t, size_t index, size_t spatial_rank) {
  std::vector<Dim> all;
  if (const auto& elements = t.required(index).elements) all = *elements;
  if (const auto known = t.known_ints(index)) all.assign(known->begin(), known->end());
  if (all.size() != spatial_rank + 2) t.refuse("the size of its output is not known before it runs");
  return {all.begin() + 1, all.end() - 1};
}

Dims kernel_dims(const Translation& t, size_t spatial_rank) {
  const auto dims = t.required(1).shape().static_dims();
  if (!dims || dims->size() != spatial_rank + 2) t.refuse("the shape of its kernel is not known");
  return *dims;
}

// Inputs: output shape, kernel [out, H, W, in], x, bias.
void raise_transpose_conv(Translation& t) {
  const Dims kernel = kernel_dims(t, 2);
  const Transposed conv = {&t.required(2),
                           &transpose_weights(t, t.required(1), {3, 0, 1, 2}),
                           t.input(3),
                           {kernel[1], kernel[2]},
                           spatial_option(t, 2, "stride_"),
                           {1, 1},
                           wanted_sizes(t, 0, 2),
                           string_of(t, "padding") == "SAME"};
  Value& y = activated(t, add_transposed(t, conv));
  t.set_output(0, from_channels_first(t, y));
}

// Inputs: output shape, kernel [D, H, W, out, in], x, bias.
void raise_transpose_conv_3d(Translation& t) {
  const Dims kernel = kernel_dims(t, 3);
  const Transposed conv = {&t.required(2),
                           &transpose_weights(t, t.required(1), {4, 3, 0, 1, 2}),
                           t.input(3),
                           {kernel[0], kernel[1], kernel[2]},
                           spatial_option(t, 3, "stride_"),
                           spatial_option(t, 3, "dilation_", "_factor"),
                           wanted_sizes(t, 0, 3),
                           string_of(t, "padding") == "SAME"};
  Value& y = activated(t, add_transposed(t, conv));
  t.set_output(0, from_channels_first(t, y));
}

// MediaPipe's operator: x, kernel [out, H, W, in], bias. Its options are the struct TfLiteTransposeConvParams: padding (1
// is SAME, 2 VALID), width and height of the stride. Source: mediapipe/util/tflite/operations/transpose_conv_bias.cc.
void raise_transpose_conv_bias(Translation& t) {
  const auto* options = t.node().attrs.get<Tensor>("custom_options");
  ENSURE(options, MalformedModelError, "it has no options");
  ByteCursor cursor(options->bytes(), "its options");
  const auto padding = cursor.take_number<int32_t>();
  const int64_t width = cursor.take_number<int32_t>(), height = cursor.take_number<int32_t>();
  ENSURE((padding == 1 || padding == 2) && width > 0 && height > 0, MalformedModelError,
         "its padding is {}, its strides are {} and {}", padding, height, width);
  const Dims kernel = kernel_dims(t, 2);
  Value& x = t.required(0);
  if (t.rank_of(x) != 4) t.refuse("its input has rank {}", t.rank_of(x));
  const std::vector<int64_t> strides = {height, width};
  std::vector<Dim> output;
  for (size_t i = 0; i < 2; ++i) {
    const Dim& size = x.shape()[1 + i];
    output.push_back(padding == 1 ? size * Dim(strides[i])
                                  : (size - Dim(1)) * Dim(strides[i]) + Dim(kernel[1 + i]));
  }
  const Transposed conv = {&x,         &transpose_weights(t, t.required(1), {3, 0, 1, 2}),
                           t.input(2), {kernel[1], kernel[2]},
                           strides,    {1, 1},
                           output,     padding == 1};
  t.set_output(0, from_channels_first(t, add_transposed(t, conv)));
}

}  // namespace

OpMappings transposed_convolution_ops() {
  const std::string note = "output size provable from the input size";
  return {
      {"tflite.CONV_3D_TRANSPOSE", "ConvTranspose", raise_transpose_conv_3d, nullptr, note},
      {"tflite.Convolution2DTransposeBias", "ConvTranspose", raise_transpose_conv_bias, nullptr,
       "MediaPipe's"},
      {"tflite.TRANSPOSE_CONV", "ConvTranspose", raise_transpose_conv, nullptr, note},
  };
}

}  // namespace modelconv::tflite
