// HannWindow, HammingWindow, BlackmanWindow, MelWeightMatrix: tables for signal processing.
#include <cmath>

#include "ops/all_ops.h"
#include "ops/convert.h"
#include "ops/elementwise.h"

namespace modelconv {
namespace {

constexpr double kPi = 3.141592653589793;

// c0 - c1 cos(2 pi n / N) + c2 cos(4 pi n / N); the coefficients are those of the ONNX specification.
struct Window {
  double c0, c1, c2;
};
constexpr Window kHann{0.5, 0.5, 0}, kHamming{25.0 / 46, 21.0 / 46, 0}, kBlackman{0.42, 0.5, 0.08};

void set_converted(KernelContext& context, const Tensor& doubles) {
  const DType dtype = dtype_attr(context.node(), "output_datatype");
  if (!can_convert(DType::float64, dtype)) context.fail("the output cannot be {}", name_of(dtype));
  convert_elements(doubles, context.allocate(0, dtype, doubles.dims()), {}, context.threads());
}

int64_t scalar_input(const KernelContext& context, size_t index) {
  const Tensor& x = context.input(index);
  if (x.size() != 1 || !is_integer(x.dtype())) context.fail("input {} must be one integer", index);
  return x.to_int64()[0];
}

double real_input(const KernelContext& context, size_t index) {
  const Tensor& x = context.input(index);
  if (x.size() != 1 || !is_float(x.dtype())) context.fail("input {} must be one float", index);
  return x.to_double()[0];
}

template <const Window& kWindow>
void window_kernel(KernelContext& context) {
  const int64_t size = scalar_input(context, 0);
  if (size < 0) context.fail("the size is {}, it must not be negative", size);
  const bool periodic = int_attr(context.node(), "periodic") != 0;
  const auto period = static_cast<double>(periodic || size == 1 ? size : size - 1);
  Tensor window = Tensor::allocate(DType::float64, {size});
  const auto values = window.mutable_data<double>();
  for (size_t n = 0; n < values.size(); ++n) {
    const double angle = 2 * kPi * static_cast<double>(n) / period;
    values[n] = kWindow.c0 - kWindow.c1 * std::cos(angle) + kWindow.c2 * std::cos(2 * angle);
  }
  set_converted(context, window);
}

void infer_window(InferContext& context) {
  const auto size = context.elements(0);
  const Dim length = size && size->size() == 1 ? (*size)[0] : Dim::unknown();
  context.set_output(0, dtype_attr(context.node(), "output_datatype"), {length});
}

double mel_from_hertz(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
double hertz_from_mel(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

struct MelBins {
  int64_t spectrogram_bins;
  std::vector<int64_t> edges;  // left, centre and right of band i are edges i, i + 1, i + 2
};

MelBins mel_bins(const KernelContext& context) {
  const int64_t bands = scalar_input(context, 0), length = scalar_input(context, 1),
                rate = scalar_input(context, 2);
  constexpr int64_t kMost = 1 << 24;
  if (bands < 0 || bands > kMost || length < 0 || length > kMost || rate <= 0)
    context.fail("{} bands, DFT length {} and sample rate {} make no matrix", bands, length, rate);
  const double low = mel_from_hertz(real_input(context, 3)), high = mel_from_hertz(real_input(context, 4));
  const double step = (high - low) / static_cast<double>(bands + 2);
  MelBins bins{length / 2 + 1, {}};
  for (int64_t i = 0; i < bands + 2; ++i) {
    const double hertz = hertz_from_mel(low + step * static_cast<double>(i));
    const double bin = std::floor(static_cast<double>(length + 1) * hertz / static_cast<double>(rate));
    if (!(bin >= 0 && bin < static_cast<double>(bins.spectrogram_bins)))
      context.fail("band edge {} lies at {} Hz, outside the spectrogram", i, hertz);
    bins.edges.push_back(static_cast<int64_t>(bin));
  }
  return bins;
}

// Triangles: up from the left edge to the centre, down to the right edge.
void mel_kernel(KernelContext& context) {
  const MelBins bins = mel_bins(context);
  const auto bands = static_cast<int64_t>(bins.edges.size()) - 2;
  Tensor matrix = Tensor::filled(DType::float64, {bins.spectrogram_bins, bands}, 0);
  const auto values = matrix.mutable_data<double>();
  for (int64_t band = 0; band < bands; ++band) {
    const auto at = [&](int64_t row) -> double& { return values[static_cast<size_t>(row * bands + band)]; };
    const auto edge = bins.edges.begin() + band;
    const int64_t left = edge[0], centre = edge[1], right = edge[2];
    if (left == centre) at(centre) = 1;
    for (int64_t row = left; row <= centre && left < centre; ++row)
      at(row) = static_cast<double>(row - left) / static_cast<double>(centre - left);
    for (int64_t row = centre; row < right; ++row)
      at(row) = static_cast<double>(right - row) / static_cast<double>(right - centre);
  }
  set_converted(context, matrix);
}

void infer_mel(InferContext& context) {
  const auto bands = context.elements(0), length = context.elements(1);
  const auto only = [](const auto& elements) {
    return elements && elements->size() == 1 ? (*elements)[0] : Dim::unknown();
  };
  context.set_output(0, dtype_attr(context.node(), "output_datatype"),
                     {floor_div(only(length), 2) + 1, only(bands)});
}

}  // namespace

OpDefs windows_ops() {
  return {OpDef("HannWindow").infer(infer_window).evaluate(window_kernel<kHann>),
          OpDef("HammingWindow").infer(infer_window).evaluate(window_kernel<kHamming>),
          OpDef("BlackmanWindow").infer(infer_window).evaluate(window_kernel<kBlackman>),
          OpDef("MelWeightMatrix").infer(infer_mel).evaluate(mel_kernel)};
}

}  // namespace modelconv
