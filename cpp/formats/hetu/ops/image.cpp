// Images [batch, channel, row, column]: convolutions, pools, normalisations.
#include "formats/hetu/ops/all_ops.h"
#include "formats/hetu/ops/settings.h"

namespace modelconv::hetu {
namespace {

Attrs window_attrs(const Translation& t, const std::vector<int64_t>& kernel) {
  const std::vector<int64_t> pads = pair_of(t, "padding"), strides = pair_of(t, "stride");
  Attrs attrs = {{"strides", strides}, {"pads", std::vector<int64_t>{pads[0], pads[1], pads[0], pads[1]}}};
  if (!kernel.empty()) attrs.set("kernel_shape", kernel);
  return attrs;
}

void raise_convolution(Translation& t) {
  Value* bias = t.input_count() > 2 ? &t.required(2) : nullptr;
  t.set_output(0, t.add("Conv", {&t.required(0), &t.required(1), bias}, window_attrs(t, {})));
}

// The bias of a convolution: [C] as [1, C, 1, 1].
Value& per_channel(Translation& t, Value& x) { return t.add("Reshape", {&x, &t.ints({1, -1, 1, 1})}); }

void raise_broadcast_bias(Translation& t) {
  Value& shape = t.shape_of(t.required(1));
  t.set_output(0, t.add("Expand", {&per_channel(t, t.required(0)), &shape}));
}

void raise_pool(Translation& t) {
  Attrs attrs = window_attrs(t, {int_of(t, "kernel_H"), int_of(t, "kernel_W")});
  // The sum is divided by the size of the window, also at the border.
  if (t.target() == "AveragePool") attrs.set("count_include_pad", int64_t{1});
  t.set_output(0, t.add(t.target(), {&t.required(0)}, attrs));
}

// Inputs 3 and 4 are the statistics that the executor keeps in the node; the reader puts them there.
void raise_batch_normalization(Translation& t) {
  if (t.input_count() < 5)
    t.refuse("the node has no statistics: run the executor once for training, or load a trained state");
  std::vector<Value*> parameters;
  for (size_t i = 1; i < 5; ++i) parameters.push_back(&t.add("Reshape", {&t.required(i), &t.ints({-1})}));
  t.set_output(0, t.add("BatchNormalization",
                        {&t.required(0), parameters[0], parameters[1], parameters[2], parameters[3]},
                        {{"epsilon", static_cast<float>(number_of(t, "eps"))}}));
}

void raise_layer_normalization(Translation& t) {
  t.set_output(0, t.add("LayerNormalization", {&t.required(0), &t.required(1), &t.required(2)},
                        {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(number_of(t, "eps"))}}));
}

// Without scale and bias.
void raise_instance_normalization(Translation& t) {
  Value& x = t.required(0);
  const Dim& channels = x.shape().has_rank() && t.rank(0) > 1 ? x.shape()[1] : Dim();
  if (!channels.is_known()) t.refuse("the number of channels is not known");
  const Dims dims = {channels.value()};
  Value& ones = t.constant(Tensor::filled(x.dtype(), dims, 1));
  Value& zeros = t.constant(Tensor::filled(x.dtype(), dims, 0));
  t.set_output(0, t.add("InstanceNormalization", {&x, &ones, &zeros},
                        {{"epsilon", static_cast<float>(number_of(t, "eps"))}}));
}

}  // namespace

OpMappings image_ops() {
  return {
      {"hetu.Avg_Pool2d", "AveragePool", raise_pool, nullptr, ""},
      {"hetu.Batch_Normalization", "BatchNormalization", raise_batch_normalization, nullptr,
       "with the statistics that the node holds"},
      {"hetu.Conv2d", "Conv", raise_convolution, nullptr, ""},
      {"hetu.Conv2dAddBias", "Conv", raise_convolution, nullptr, ""},
      {"hetu.Conv2d_BroadcastTo", "Expand", raise_broadcast_bias, nullptr, ""},
      {"hetu.Instance_Normalization2d", "InstanceNormalization", raise_instance_normalization, nullptr, ""},
      {"hetu.Layer_Normalization", "LayerNormalization", raise_layer_normalization, nullptr, ""},
      {"hetu.Max_Pool2d", "MaxPool", raise_pool, nullptr, ""},
  };
}

}  // namespace modelconv::hetu
