// Convolutions: x, biases, [scales, mean, variance,] weights.
#include "formats/darknet/ops/all_ops.h"
#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {
Term convolve(const Term& x, const std::vector<Term>& weights) {
  Translation& t = x.translation();
  const bool normalized = flag_of(t, "batch_normalize");
  Term kernel = weights.at(normalized ? 4 : 1);
  const int64_t size = int_of(t, "size"), filters = int_of(t, "filters");
  if (flag_of(t, "flipped")) kernel = reshape(transpose(kernel, {1, 0}), {filters, -1, size, size});
  const Attrs attrs = {{"group", int_of(t, "groups")},
                       {"kernel_shape", std::vector<int64_t>{size, size}},
                       {"strides", ints_of(t, "strides")},
                       {"dilations", std::vector<int64_t>(2, int_of(t, "dilation"))},
                       {"pads", std::vector<int64_t>(4, int_of(t, "padding"))}};
  if (!normalized) return activate(compute("Conv", {x, kernel, weights[0]}, attrs), text_of(t, "activation"));
  const Term y =
      normalize(compute("Conv", {x, kernel}, attrs), weights[0], {weights[1], weights[2], weights[3]});
  return activate(y, text_of(t, "activation"));
}

namespace {

void raise_convolutional(Translation& t) {
  set_output(t, 0, blurred(convolve(image_input(t), inputs_between(t, 1, t.input_count()))));
}

// Each place has weights of its own: the windows of all places beside each other times these.
// x [N, C, H, W] -> windows [N, places, 1, C * size * size] -> [N, places, 1, filters] -> [N, filters, h, w].
void raise_local(Translation& t) {
  const Dims biases = t.constant(1, "its biases").dims();
  const int64_t size = int_of(t, "size"), padding = int_of(t, "padding"), channels = ints_of(t, "chw").at(0);
  std::vector<float> picks(static_cast<size_t>(channels * size * size * size * size), 0);
  const int64_t window = size * size;  // one filter per place of the window, for each channel
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t i = 0; i < window; ++i) picks[static_cast<size_t>((c * window + i) * window + i)] = 1;
  const Term windows =
      compute("Conv", {image_input(t), constant(t, {channels * window, 1, size, size}, picks)},
              {{"group", channels},
               {"kernel_shape", std::vector<int64_t>{size, size}},
               {"strides", ints_of(t, "strides")},
               {"pads", std::vector<int64_t>(4, padding)}});
  const int64_t places = biases.at(1) * biases.at(2);
  const Term rows = transpose(reshape(windows, {0, channels * window, places}), {0, 2, 1});
  const Term products = compute("MatMul", {unsqueeze(rows, {2}), transpose(input(t, 2), {0, 2, 1})});
  const Term y = reshape(transpose(squeeze(products, {2}), {0, 2, 1}), {0, biases[0], biases[1], biases[2]});
  set_output(t, 0, activate(y + input(t, 1), text_of(t, "activation")));
}

}  // namespace

OpMappings convolution_ops() {
  return {
      {"darknet.convolutional", "Conv", raise_convolutional, nullptr,
       "not binary, xnor, coordconv, sway, rotate, stretch"},
      {"darknet.local", "MatMul", raise_local, nullptr, ""},
  };
}

}  // namespace modelconv::darknet
