// Convolutions of one to three spatial axes, forwards and transposed, with and without a batch axis.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/call.h"

namespace modelconv::torch {
namespace {

struct Settings {
  std::vector<int64_t> stride, padding, dilation, output_padding;
  int64_t groups;
  std::string auto_pad = "NOTSET";
};

std::vector<int64_t> both_ends(const std::vector<int64_t>& padding) {
  std::vector<int64_t> pads = padding;
  pads.insert(pads.end(), padding.begin(), padding.end());
  return pads;
}

// The image may come without a batch axis.
template <class Function>
Value& with_batch(Translation& t, Value& x, size_t spatial, const Function& convolve) {
  if (t.rank_of(x) == spatial + 2) return convolve(x);
  if (t.rank_of(x) != spatial + 1)
    t.refuse("its input has {} axes, its weight {}", t.rank_of(x), spatial + 2);
  Value& y = convolve(t.add("Unsqueeze", {&x, &t.ints({0})}));
  return t.add("Squeeze", {&y, &t.ints({0})});
}

Attrs attributes_of(const Settings& settings) {
  Attrs attrs = {{"strides", settings.stride}, {"dilations", settings.dilation}, {"group", settings.groups}};
  if (settings.auto_pad == "NOTSET")
    attrs.set("pads", both_ends(settings.padding));
  else
    attrs.set("auto_pad", settings.auto_pad);
  return attrs;
}

void convolve(Translation& t, const Call& call, Settings settings, bool transposed) {
  Value& weight = call.tensor("weight");
  const size_t spatial = t.rank_of(weight) - 2;
  Attrs attrs = attributes_of(settings);
  if (transposed) attrs.set("output_padding", settings.output_padding);
  Value* bias = call.tensor_or_null("bias");
  t.set_output(0, with_batch(t, call.tensor("input"), spatial, [&](Value& x) -> Value& {
                 std::vector<Value*> inputs = {&x, &weight};
                 if (bias) inputs.push_back(bias);
                 return t.add(transposed ? "ConvTranspose" : "Conv", inputs, attrs);
               }));
}

// padding="same" puts the odd pixel at the end, as SAME_UPPER; PyTorch has it for stride 1 only.
void raise_conv(Translation& t) {
  const Call call(
      t, {"input, weight, bias=None, stride:ints=1, padding:ints=0, dilation:ints=1, groups:int=1",
          "input, weight, bias=None, stride:ints=1, padding:text=\"valid\", dilation:ints=1, groups:int=1"});
  const size_t spatial = t.rank_of(call.tensor("weight")) - 2;
  Settings settings{
      call.integers("stride", spatial), {}, call.integers("dilation", spatial), {}, call.integer("groups")};
  if (call.form() == 0)
    settings.padding = call.integers("padding", spatial);
  else
    settings.auto_pad = call.text("padding") == "same" ? "SAME_UPPER" : "VALID";
  convolve(t, call, settings, false);
}

void raise_conv_transpose(Translation& t) {
  const Call call(
      t,
      "input, weight, bias=None, stride:ints=1, padding:ints=0, output_padding:ints=0, groups:int=1, "
      "dilation:ints=1");
  const size_t spatial = t.rank_of(call.tensor("weight")) - 2;
  convolve(
      t, call,
      {call.integers("stride", spatial), call.integers("padding", spatial),
       call.integers("dilation", spatial), call.integers("output_padding", spatial), call.integer("groups")},
      true);
}

void raise_convolution(Translation& t) {
  const Call call(
      t,
      "input, weight, bias=None, stride:ints=1, padding:ints=0, dilation:ints=1, transposed:bool=false, "
      "output_padding:ints=0, groups:int=1");
  const size_t spatial = t.rank_of(call.tensor("weight")) - 2;
  convolve(
      t, call,
      {call.integers("stride", spatial), call.integers("padding", spatial),
       call.integers("dilation", spatial), call.integers("output_padding", spatial), call.integer("groups")},
      call.flag("transposed"));
}

}  // namespace

OpMappings convolution_ops() {
  return {
      {"aten.conv1d", "Conv", raise_conv, nullptr, ""},
      {"aten.conv2d", "Conv", raise_conv, nullptr, ""},
      {"aten.conv3d", "Conv", raise_conv, nullptr, ""},
      {"aten.conv_transpose1d", "ConvTranspose", raise_conv_transpose, nullptr, ""},
      {"aten.conv_transpose2d", "ConvTranspose", raise_conv_transpose, nullptr, ""},
      {"aten.conv_transpose3d", "ConvTranspose", raise_conv_transpose, nullptr, ""},
      {"aten.convolution", "Conv", raise_convolution, nullptr, ""},
  };
}

}  // namespace modelconv::torch
