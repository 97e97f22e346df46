// Local response normalisation as Darknet computes it: the sum over a window of channels, which it carries on from
// channel to channel, never gets the channel with the number size / 2 (normalization_layer.c starts one too early).
#include "formats/darknet/ops/all_ops.h"
#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {
namespace {

void raise_normalization(Translation& t) {
  const Term x = image_input(t), squares = x * x;
  const int64_t size = int_of(t, "size"), channels = ints_of(t, "chw").at(0), ahead = size / 2;
  // [N, C, H, W] as one image [N, 1, C, H * W], so that the window runs over C.
  const auto chw = ints_of(t, "chw");
  const Term planes = reshape(squares, {-1, 1, channels, chw.at(1) * chw.at(2)});
  const Term means = compute("AveragePool", {planes},
                             {{"kernel_shape", std::vector<int64_t>{size, 1}},
                              {"pads", std::vector<int64_t>{(size - 1) / 2, 0, ahead, 0}},
                              {"count_include_pad", int64_t{1}}});
  Term sums = reshape(means * static_cast<double>(size), {-1, channels, chw[1], chw[2]});
  if (ahead < channels) sums = sums - slice(squares, 1, ahead, ahead + 1);
  const Term norms = sums * float_of(t, "alpha") + float_of(t, "kappa");
  const Term power = number(t, DType::float32, -float_of(t, "beta"));
  set_output(t, 0, x * compute("Pow", {norms, power}));
}

}  // namespace

OpMappings normalization_ops() {
  return {{"darknet.normalization", "Pow", raise_normalization, nullptr,
           "with Darknet's window, which leaves out one channel"}};
}

}  // namespace modelconv::darknet
