// Convolutions of one to three spatial axes, forwards and transposed, with and without a batch axis.
#include <algorithm>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/spatial.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {
namespace {

struct Settings {
  std::vector<int64_t> stride, pads, dilation, output_padding;  // pads: all befores, then all afters
  int64_t groups = 1;
};

Attrs attributes_of(const Settings& settings) {
  return {{"strides", settings.stride},
          {"dilations", settings.dilation},
          {"group", settings.groups},
          {"pads", settings.pads}};
}

// What is added at the end is the same as less cut off there. ONNX Runtime adds less than the stride, PyTorch also less than
// the dilation.
void add_less(Settings& settings) {
  const size_t spatial = settings.stride.size();
  for (size_t i = 0; i < spatial; ++i) {
    int64_t &added = settings.output_padding[i], &cut = settings.pads[spatial + i];
    if (added < settings.stride[i]) continue;
    const int64_t both = std::min(added, cut);
    added -= both;
    cut -= both;
  }
}

void convolve(const Call& call, const std::string& input, Settings settings, bool transposed) {
  if (transposed) add_less(settings);
  const Term weight = in_doubles(tensor(call, "weight"));
  Attrs attrs = attributes_of(settings);
  if (transposed) attrs.set("output_padding", settings.output_padding);
  const Term x = tensor(call, input);
  std::vector<Term> inputs = {in_doubles(x), weight};
  if (call.has("bias")) inputs.push_back(in_doubles(tensor(call, "bias")));
  const Term y = with_batch(inputs[0], weight.rank() - 2, [&](const Term& batch) -> std::vector<Term> {
    inputs[0] = batch;
    return {compute(transposed ? "ConvTranspose" : "Conv", inputs, attrs)};
  })[0];
  give(cast(y, x.dtype()));
}

// What the call has of stride, padding, dilation, output_padding and groups.
Settings settings_of(const Call& call, bool has_dilation = true, bool has_output_padding = false,
                     bool has_groups = true) {
  const size_t spatial = call.translation().rank_of(call.tensor("weight")) - 2;
  Settings settings;
  settings.stride = call.integers("stride", spatial);
  settings.pads = both_ends(call.integers("padding", spatial));
  settings.dilation = has_dilation ? call.integers("dilation", spatial) : std::vector<int64_t>(spatial, 1);
  if (has_output_padding) settings.output_padding = call.integers("output_padding", spatial);
  if (has_groups) settings.groups = call.integer("groups");
  return settings;
}

// padding="same" puts the odd pixel at the end; PyTorch has it for stride 1 only. Written out as numbers, because ONNX
// Runtime does not find them where the kernel is dilated.
void convolve_by_mode(const Call& call) {
  Translation& t = call.translation();
  const Shape& weight = call.tensor("weight").shape();
  const size_t spatial = t.rank_of(call.tensor("weight")) - 2;
  Settings settings;
  settings.stride = call.integers("stride", spatial);
  settings.dilation = call.integers("dilation", spatial);
  settings.groups = call.integer("groups");
  settings.pads.assign(2 * spatial, 0);
  for (size_t i = 0; i < spatial && call.text("padding") == "same"; ++i) {
    const auto kernel = weight[2 + i].known();
    if (!kernel) t.refuse("the size of its kernel is not known");
    const int64_t more = settings.dilation[i] * (*kernel - 1);
    settings.pads[i] = more / 2;
    settings.pads[spatial + i] = more - more / 2;
  }
  convolve(call, "input", settings, false);
}

void raise_conv(Translation& t) {
  const Call call(
      t, {"input, weight, bias=None, stride:ints=1, padding:ints=0, dilation:ints=1, groups:int=1",
          "input, weight, bias=None, stride:ints=1, padding:text=\"valid\", dilation:ints=1, groups:int=1"});
  if (call.form() == 1) return convolve_by_mode(call);
  convolve(call, "input", settings_of(call), false);
}

void raise_convolution_mode(Translation& t) {
  convolve_by_mode(
      Call(t, "input, weight, bias=None, stride:ints=1, padding:text, dilation:ints=1, groups:int=1"));
}

void raise_conv_transpose(Translation& t) {
  const Call call(
      t,
      "input, weight, bias=None, stride:ints=1, padding:ints=0, output_padding:ints=0, groups:int=1, "
      "dilation:ints=1");
  convolve(call, "input", settings_of(call, true, true), true);
}

void raise_convolution(Translation& t) {
  const Call call(
      t,
      "input, weight, bias=None, stride:ints=1, padding:ints=0, dilation:ints=1, transposed:bool=false, "
      "output_padding:ints=0, groups:int=1, benchmark:bool=false, deterministic:bool=false, "
      "cudnn_enabled:bool=true, allow_tf32:bool=true");
  const bool transposed = call.flag("transposed");
  convolve(call, "input", settings_of(call, true, transposed), transposed);
}

void raise_mkldnn_convolution(Translation& t) {
  const Call call(t, "self, weight, bias=None, padding:ints=0, stride:ints=1, dilation:ints=1, groups:int=1");
  convolve(call, "self", settings_of(call), false);
}

// Names of one implementation each; the kernel's size is that of the weight.
void raise_slow_conv(Translation& t) {
  const Call call(t, "self, weight, kernel_size:ints, bias=None, stride:ints=1, padding:ints=0");
  convolve(call, "self", settings_of(call, false, false, false), false);
}

void raise_depthwise(Translation& t) {
  const Call call(
      t, "self, weight, kernel_size:ints, bias=None, stride:ints=1, padding:ints=0, dilation:ints=1");
  Settings settings = settings_of(call, true, false, false);
  const Shape& shape = call.tensor("self").shape();
  const Dim channels = shape.has_rank() && shape.rank() >= 2 ? shape[1] : Dim();
  if (!channels.is_known()) t.refuse("the number of its channels is not known");
  settings.groups = channels.value();
  convolve(call, "self", settings, false);
}

// Time, batch, channels; weight [width, in, out].
void raise_conv_tbc(Translation& t) {
  const Call call(t, "self, weight, bias, pad:int=0");
  const int64_t pad = call.integer("pad");
  const Term x = transpose(tensor(call, "self"), {1, 2, 0});
  const Term weight = transpose(tensor(call, "weight"), {2, 1, 0});
  const Term y =
      compute("Conv", {x, weight, tensor(call, "bias")}, {{"pads", std::vector<int64_t>{pad, pad}}});
  give(transpose(y, {2, 0, 1}));
}

}  // namespace

OpMappings convolution_ops() {
  return {
      {"aten._conv_depthwise2d", "Conv", raise_depthwise, nullptr, ""},
      {"aten._convolution", "Conv", raise_convolution, nullptr, ""},
      {"aten._convolution_mode", "Conv", raise_convolution_mode, nullptr, ""},
      {"aten.conv1d", "Conv", raise_conv, nullptr, ""},
      {"aten.conv2d", "Conv", raise_conv, nullptr, ""},
      {"aten.conv3d", "Conv", raise_conv, nullptr, ""},
      {"aten.conv_depthwise3d", "Conv", raise_depthwise, nullptr, ""},
      {"aten.conv_tbc", "Conv", raise_conv_tbc, nullptr, ""},
      {"aten.conv_transpose1d", "ConvTranspose", raise_conv_transpose, nullptr, ""},
      {"aten.conv_transpose2d", "ConvTranspose", raise_conv_transpose, nullptr, ""},
      {"aten.conv_transpose3d", "ConvTranspose", raise_conv_transpose, nullptr, ""},
      {"aten.convolution", "Conv", raise_convolution, nullptr, ""},
      {"aten.convolution_overrideable", "Conv", raise_convolution, nullptr, ""},
      {"aten.mkldnn_convolution", "Conv", raise_mkldnn_convolution, nullptr, ""},
      {"aten.slow_conv3d", "Conv", raise_slow_conv, nullptr, ""},
      {"aten.thnn_conv2d", "Conv", raise_slow_conv, nullptr, ""},
  };
}

}  // namespace modelconv::torch
