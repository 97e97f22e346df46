#include "formats/common/fourier_products.h"

#include <cmath>
#include <numeric>

#include "formats/common/index_input.h"
#include "formats/common/term.h"
#include "ops/attributes.h"
#include "ops/axes.h"

namespace modelconv::formula {
namespace {

constexpr int64_t kLongest = 4096;  // of a transform: its matrices have the square of it

struct Spectrum {
  Term real, imaginary;
};

// `function` of the angles between every element and every frequency, [length, frequencies].
template <class Function>
Term table(Translation& t, DType dtype, int64_t length, int64_t frequencies, const Function& function) {
  std::vector<double> values;
  for (int64_t n = 0; n < length; ++n)
    for (int64_t k = 0; k < frequencies; ++k)
      values.push_back(
          function(2 * M_PI * static_cast<double>(n * k % length) / static_cast<double>(length)));
  if (dtype == DType::float32)
    return {t, t.constant(Tensor::of<float>({length, frequencies}, {values.begin(), values.end()}))};
  return cast(Term(t, t.constant(Tensor::of<double>({length, frequencies}, values))), dtype);
}

// Along the last axis, which has `length` elements. `imaginary` may be missing.
Spectrum transform(const Term& real, const std::optional<Term>& imaginary, int64_t length,
                   int64_t frequencies, bool inverse) {
  Translation& t = real.translation();
  const auto cosine = [](double angle) { return std::cos(angle); };
  const auto sine = [&](double angle) { return inverse ? -std::sin(angle) : std::sin(angle); };
  const Term c = table(t, real.dtype(), length, frequencies, cosine),
             s = table(t, real.dtype(), length, frequencies, sine);
  const auto product = [](const Term& a, const Term& b) { return compute("MatMul", {a, b}); };
  Spectrum spectrum{product(real, c), -product(real, s)};
  if (imaginary)
    spectrum = {spectrum.real + product(*imaginary, s), spectrum.imaginary + product(*imaginary, c)};
  if (inverse)
    spectrum = {spectrum.real / static_cast<double>(length),
                spectrum.imaginary / static_cast<double>(length)};
  return spectrum;
}

Term part(const Term& x, int64_t which) { return squeeze(slice(x, -1, which, which + 1), {-1}); }
Term joined(const Spectrum& spectrum) {
  return concat({unsqueeze(spectrum.real, {-1}), unsqueeze(spectrum.imaginary, {-1})}, -1);
}

bool is_complex_signal(const Translation& t, const Term& x) {
  const Dim parts = x.value().shape()[x.rank() - 1];
  if (!parts.is_known()) t.refuse("whether its input is complex is not known");
  return parts.value() == 2;
}

}  // namespace

// The axis is brought to the end, cut or filled with zeros to the length, and brought back.
void lower_dft(Translation& t) {
  const Term x = input(t, 0);
  const int64_t given = t.input(2) ? t.constant_ints(2, "axis").at(0) : -2;
  const auto axis = static_cast<int64_t>(normalize_axis(given, x.rank()));
  const bool inverse = int_attr(t.node(), "inverse") != 0, onesided = int_attr(t.node(), "onesided") != 0;
  const Dim size = x.value().shape()[static_cast<size_t>(axis)];
  if (!size.is_known() || (inverse && onesided))
    t.refuse("the length of its axis is not known, or half of it is given");
  const int64_t length = t.input(1) ? t.constant_ints(1, "the length").at(0) : size.value();
  if (length < 1 || length > kLongest) t.refuse("its length is {}", length);
  std::vector<int64_t> perm(x.rank() - 1);
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[static_cast<size_t>(axis)], perm.back());
  const auto ready = [&](const Term& signal) {
    const Term turned = transpose(signal, perm);
    if (length <= size.value()) return length == size.value() ? turned : slice(turned, -1, 0, length);
    std::vector<int64_t> pads(2 * perm.size(), 0);
    pads.back() = length - size.value();
    return compute("Pad", {turned, numbers(t, pads)});
  };
  std::optional<Term> imaginary;
  if (is_complex_signal(t, x)) imaginary = ready(part(x, 1));
  Spectrum spectrum =
      transform(ready(part(x, 0)), imaginary, length, onesided ? length / 2 + 1 : length, inverse);
  set_output(t, 0, joined({transpose(spectrum.real, perm), transpose(spectrum.imaginary, perm)}));
}

void lower_stft(Translation& t) {
  const Term signal = input(t, 0);
  int64_t length = 0;
  if (t.input(3)) {
    length = t.constant_ints(3, "the length of its frames").at(0);
  } else {
    const Dim window = t.required(2).shape().has_rank() ? t.required(2).shape()[0] : Dim();
    if (!window.is_known()) t.refuse("the length of its window is not known");
    length = window.value();
  }
  if (length < 1 || length > kLongest) t.refuse("the length of its frames is {}", length);
  const Term step = index_input(t, 1), scalar_step = reshape(step, std::vector<int64_t>{});
  const Term frames = (size_of(signal, 1) - static_cast<double>(length)) / reshape(step, {1}) + 1.0;
  const Term places = unsqueeze(range(frames) * scalar_step, {1}) + range(numbers(t, {length}));
  const auto framed = [&](const Term& x) {
    const Term parts = gather(x, places, 1);
    return t.input(2) ? parts * input(t, 2) : parts;
  };
  const bool onesided = int_attr(t.node(), "onesided") != 0;
  std::optional<Term> imaginary;
  if (signal.rank() == 3 && is_complex_signal(t, signal)) imaginary = framed(part(signal, 1));
  const Term real = framed(signal.rank() == 3 ? part(signal, 0) : signal);
  set_output(t, 0, joined(transform(real, imaginary, length, onesided ? length / 2 + 1 : length, false)));
}

}  // namespace modelconv::formula
