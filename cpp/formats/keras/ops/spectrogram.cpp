// Short-time Fourier transforms: two strided convolutions, whose kernels hold the window times cosines and sines.
#include "formats/common/term.h"
#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/layout.h"

namespace modelconv::keras {
namespace {

using namespace formula;

constexpr double kSmallest = 1e-7;  // keras.config.epsilon()

// Signals [batch, channels, samples] as [batch, channels, frequencies, frames].
Term transformed(Translation& t, const Term& signals, std::string_view kernel_name) {
  Value& kernel = weight(t, kernel_name, 3);  // [frame_length, 1, frequencies]
  const Dims dims = dims_of(kernel);
  ENSURE(dims[1] == 1, MalformedModelError, "{}: its kernel has the shape {}", t.node().describe(),
         to_string(dims));
  const std::vector<int64_t> length = {dims[0]};
  const int64_t half = std::max<int64_t>(dims[0] / 2, 1);
  const auto step = sizes_of(t, "frame_step", 1, half);
  Attrs attrs = {{"strides", step}, {"kernel_shape", length}};
  set_padding(t, attrs, length, step, {1});
  const Term rows = reshape(signals, concat({numbers(t, {-1, 1}), size_of(signals, 2)}, 0));
  const Term weights = transpose(Term(t, kernel), {2, 1, 0});
  const Term frames = compute("Conv", {rows, cast(weights, signals.dtype())}, attrs);
  return reshape(frames, concat({shape_part(signals, 0, 2), numbers(t, {dims[2], -1})}, 0));
}

Term squared(const Term& x) { return x * x; }

// As the layer hands it out, from [batch, channels, frequencies, frames].
Term arranged(Translation& t, const Term& y) {
  const bool channels_first = is_channels_first(t);
  if (flag_of(t, "expand_dims", false))
    return transpose(y, channels_first ? std::vector<int64_t>{0, 1, 3, 2} : std::vector<int64_t>{0, 3, 2, 1});
  const Term shape = concat({size_of(y, 0), size_of(y, 1) * size_of(y, 2), size_of(y, 3)}, 0);
  const Term flat = reshape(y, shape);
  return channels_first ? flat : transpose(flat, {0, 2, 1});
}

void raise_stft(Translation& t) {
  const Term x(t, to_channels_first(t, image(t, 1), 1));
  const std::string mode = string_of(t, "mode", "log");
  if (mode == "angle") t.refuse("its mode 'angle' is not read: take 'real' and 'imag'");
  if (mode == "real" || mode == "imag")
    return set_output(t, 0, arranged(t, transformed(t, x, mode + "_kernel")));
  const Term real = transformed(t, x, "real_kernel"), imaginary = transformed(t, x, "imag_kernel");
  if (mode == "stft") return set_output(t, 0, arranged(t, concat({real, imaginary}, 2)));
  const Term power = squared(real) + squared(imaginary);
  if (mode == "psd") {
    // Frequencies but the first and the last stand for their negative ones, too.
    const Term inner = compute("Pad", {slice(power, 2, 1, -1), numbers(t, {0, 0, 1, 0, 0, 0, 1, 0})});
    return set_output(t, 0, arranged(t, power + inner));
  }
  if (mode != "magnitude" && mode != "log") t.refuse("its mode '{}' is not known", mode);
  const Term smallest = number(t, x.dtype(), kSmallest);
  const Term magnitude = arranged(t, compute("Sqrt", {maximum(power, smallest)}));
  set_output(t, 0, mode == "log" ? compute("Log", {maximum(magnitude, smallest)}) : magnitude);
}

}  // namespace

OpMappings spectrogram_ops() {
  return {
      {"keras.STFTSpectrogram", "Conv", raise_stft, nullptr, "every mode but angle"},
  };
}

}  // namespace modelconv::keras
