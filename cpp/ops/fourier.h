// Discrete Fourier transform of any length.
#pragma once

#include <complex>
#include <cstdint>
#include <vector>

namespace modelconv {

class FourierPlan {
 public:
  explicit FourierPlan(int64_t length);  // at least 1
  // In place; the inverse divides by the length.
  void transform(std::complex<double>* x, bool inverse) const;

 private:
  using Complex = std::complex<double>;
  static void transform_power_of_two(std::vector<Complex>& x, const std::vector<Complex>& roots);
  int64_t length_, padded_;     // padded_: the power of two that the work is done with
  std::vector<Complex> roots_;  // exp(-2 pi i k / padded_), k < padded_ / 2
  // Bluestein's algorithm, for lengths that are no power of two: the transform as a convolution with a chirp.
  std::vector<Complex> chirp_, chirp_spectrum_;
};

}  // namespace modelconv
