// Mean and variance of a line of elements.
#pragma once

#include <cstdint>

namespace modelconv {

struct Moments {
  double mean, variance;  // of the population
};

// Contiguous; sums in double, in four parts so that an addition need not wait for the last.
template <class T>
Moments moments_of(const T* x, int64_t count) {
  double sums[4] = {0, 0, 0, 0};
  const int64_t whole = count / 4 * 4;
  for (int64_t i = 0; i < whole; i += 4)
    for (int64_t k = 0; k < 4; ++k) sums[k] += static_cast<double>(x[i + k]);
  for (int64_t i = whole; i < count; ++i) sums[0] += static_cast<double>(x[i]);
  const double mean = ((sums[0] + sums[1]) + (sums[2] + sums[3])) / static_cast<double>(count);
  double squares[4] = {0, 0, 0, 0};
  const auto squared = [mean](T value) {
    const double difference = static_cast<double>(value) - mean;
    return difference * difference;
  };
  for (int64_t i = 0; i < whole; i += 4)
    for (int64_t k = 0; k < 4; ++k) squares[k] += squared(x[i + k]);
  for (int64_t i = whole; i < count; ++i) squares[0] += squared(x[i]);
  return {mean, ((squares[0] + squares[1]) + (squares[2] + squares[3])) / static_cast<double>(count)};
}

template <class T>
double mean_square(const T* x, int64_t count) {
  double sums[4] = {0, 0, 0, 0};
  const int64_t whole = count / 4 * 4;
  for (int64_t i = 0; i < whole; i += 4)
    for (int64_t k = 0; k < 4; ++k) sums[k] += static_cast<double>(x[i + k]) * static_cast<double>(x[i + k]);
  for (int64_t i = whole; i < count; ++i) sums[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) / static_cast<double>(count);
}

}  // namespace modelconv
