#include "ops/fourier.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace modelconv {
namespace {

std::complex<double> unit(double turns) {
  const double angle = 2 * std::numbers::pi * turns;
  return {std::cos(angle), std::sin(angle)};
}

}  // namespace

FourierPlan::FourierPlan(int64_t length) : length_(length) {
  const auto size = static_cast<uint64_t>(length);
  const bool direct = std::has_single_bit(size);
  padded_ = static_cast<int64_t>(direct ? size : std::bit_ceil(2 * size - 1));
  for (int64_t k = 0; k < padded_ / 2; ++k)
    roots_.push_back(unit(-static_cast<double>(k) / static_cast<double>(padded_)));
  if (direct) return;
  for (int64_t k = 0; k < length; ++k) {
    // k^2 modulo 2 * length keeps the angle small and exact.
    const auto square = static_cast<uint64_t>(k) * static_cast<uint64_t>(k) % (2 * size);
    chirp_.push_back(unit(-static_cast<double>(square) / static_cast<double>(2 * length)));
  }
  chirp_spectrum_.assign(static_cast<size_t>(padded_), 0);
  for (size_t k = 0; k < chirp_.size(); ++k) {
    chirp_spectrum_[k] = std::conj(chirp_[k]);
    if (k > 0) chirp_spectrum_[static_cast<size_t>(padded_) - k] = std::conj(chirp_[k]);
  }
  transform_power_of_two(chirp_spectrum_, roots_);
}

void FourierPlan::transform_power_of_two(std::vector<Complex>& x, const std::vector<Complex>& roots) {
  const size_t n = x.size();
  for (size_t i = 1, j = 0; i < n; ++i) {  // bit reversal
    size_t bit = n >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i], x[j]);
  }
  for (size_t half = 1; half < n; half *= 2)
    for (size_t first = 0; first < n; first += 2 * half)
      for (size_t k = 0; k < half; ++k) {
        const Complex even = x[first + k], odd = x[first + k + half] * roots[k * (n / (2 * half))];
        x[first + k] = even + odd;
        x[first + k + half] = even - odd;
      }
}

void FourierPlan::transform(std::complex<double>* x, bool inverse) const {
  const auto count = static_cast<size_t>(length_);
  // The inverse is the conjugate of the transform of the conjugate.
  const auto read = [&](size_t i) { return inverse ? std::conj(x[i]) : x[i]; };
  std::vector<Complex> work(static_cast<size_t>(padded_), 0);
  for (size_t i = 0; i < count; ++i) work[i] = chirp_.empty() ? read(i) : read(i) * chirp_[i];
  transform_power_of_two(work, roots_);
  if (!chirp_.empty()) {
    for (size_t i = 0; i < work.size(); ++i) work[i] = std::conj(work[i] * chirp_spectrum_[i]);
    transform_power_of_two(work, roots_);
    for (size_t i = 0; i < count; ++i)
      work[i] = std::conj(work[i]) / static_cast<double>(padded_) * chirp_[i];
  }
  for (size_t i = 0; i < count; ++i)
    x[i] = inverse ? std::conj(work[i]) / static_cast<double>(length_) : work[i];
}

}  // namespace modelconv
