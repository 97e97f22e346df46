#include "verify/compare.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace modelconv {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Floating-point numbers of one sign are ordered like their bit patterns, so the distance of the patterns counts the
// representable numbers in between. Steps are those of float32 for it and narrower types, of float64 otherwise.
double ulp_distance(double a, double b, bool wide) {
  const auto ordered = [wide](double x) -> double {
    if (wide) {
      const auto bits = std::bit_cast<int64_t>(std::abs(x));
      return std::signbit(x) ? -static_cast<double>(bits) : static_cast<double>(bits);
    }
    const auto bits = std::bit_cast<int32_t>(static_cast<float>(std::abs(x)));
    return std::signbit(x) ? -static_cast<double>(bits) : static_cast<double>(bits);
  };
  return std::abs(ordered(a) - ordered(b));
}

struct Sums {
  double dot = 0, value = 0, reference = 0, error = 0;
};

double cosine_of(const Sums& sums) {
  if (sums.value == 0 && sums.reference == 0) return 1;
  if (sums.value == 0 || sums.reference == 0) return 0;
  return sums.dot / std::sqrt(sums.value) / std::sqrt(sums.reference);
}

double snr_of(const Sums& sums) {
  if (sums.error == 0) return kInfinity;
  return sums.reference == 0 ? -kInfinity : 10 * std::log10(sums.reference / sums.error);
}

double percentile(std::vector<double>& values, double fraction) {
  if (values.empty()) return 0;
  const auto place = static_cast<size_t>(fraction * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(place), values.end());
  return values[place];
}

void summarize_ulps(std::vector<double>& ulps, Comparison& result) {
  if (ulps.empty()) return;
  result.ulp_max = *std::max_element(ulps.begin(), ulps.end());
  result.ulp_p99 = percentile(ulps, 0.99);
  result.ulp_median = percentile(ulps, 0.5);
}

double largest_magnitude(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values)
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  return largest;
}

void note_mismatch(Comparison& result, size_t index) {
  if (result.mismatched++ == 0) result.worst_index = static_cast<int64_t>(index);
}

void compare_floats(const std::vector<double>& value, const std::vector<double>& reference, bool wide,
                    const Tolerance& tolerance, Comparison& result) {
  result.scale = largest_magnitude(reference);
  const double allowed =
      std::max(tolerance.rtol * result.scale, tolerance.atol * std::min(1.0, result.scale));
  Sums sums;
  std::vector<double> ulps;
  ulps.reserve(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    const double x = value[i], y = reference[i];
    if (!std::isfinite(x) || !std::isfinite(y)) {
      const bool same = (std::isnan(x) && std::isnan(y)) || x == y;
      if (!same) ++result.non_finite_mismatched, note_mismatch(result, i);
      continue;
    }
    const double error = std::abs(x - y);
    sums.dot += x * y, sums.value += x * x, sums.reference += y * y, sums.error += error * error;
    ulps.push_back(ulp_distance(x, y, wide));
    if (error > allowed) note_mismatch(result, i);
    if (error > result.max_abs) result.max_abs = error, result.worst_index = static_cast<int64_t>(i);
  }
  result.max_rel = result.max_abs == 0 ? 0 : result.scale == 0 ? kInfinity : result.max_abs / result.scale;
  result.cosine = cosine_of(sums);
  result.snr_db = snr_of(sums);
  summarize_ulps(ulps, result);
}

// Equal elements, of any type that can be compared byte by byte or as strings.
void compare_exactly(const Tensor& value, const Tensor& reference, Comparison& result) {
  result.snr_db = kInfinity;
  if (value.dtype() == DType::string) {
    const auto a = value.data<std::string>(), b = reference.data<std::string>();
    for (size_t i = 0; i < a.size(); ++i)
      if (a[i] != b[i]) note_mismatch(result, i);
    return;
  }
  const std::vector<double> a = value.to_double(), b = reference.to_double();
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    note_mismatch(result, i);
    result.max_abs = std::max(result.max_abs, std::abs(a[i] - b[i]));
  }
  // Numbers of 54 bits and more may differ although their doubles are equal.
  const bool exact_in_double = bit_width(value.dtype()) <= 32;
  if (!exact_in_double && result.mismatched == 0 && !value.identical_to(reference)) note_mismatch(result, 0);
  result.scale = largest_magnitude(b);
  result.max_rel = result.max_abs == 0 ? 0 : result.scale == 0 ? kInfinity : result.max_abs / result.scale;
}

// Complex numbers as pairs of real ones.
Tensor as_real_pairs(const Tensor& tensor) {
  Dims dims = tensor.dims();
  dims.push_back(2);
  const DType part = tensor.dtype() == DType::complex64 ? DType::float32 : DType::float64;
  return Tensor::view(part, std::move(dims), tensor.bytes(), tensor.keep_alive());
}

}  // namespace

Comparison compare(const Tensor& value, const Tensor& reference, const Tolerance& tolerance) {
  Comparison result;
  result.elements = reference.size();
  if (value.dtype() != reference.dtype())
    result.problem =
        fmt::format("dtype {} instead of {}", name_of(value.dtype()), name_of(reference.dtype()));
  else if (value.dims() != reference.dims())
    result.problem =
        fmt::format("shape {} instead of {}", to_string(value.dims()), to_string(reference.dims()));
  if (!result.problem.empty()) {
    result.mismatched = result.elements;
    result.cosine = 0;
    result.snr_db = -kInfinity;
    return result;
  }
  if (is_complex(value.dtype())) return compare(as_real_pairs(value), as_real_pairs(reference), tolerance);
  if (is_float(value.dtype()))
    compare_floats(value.to_double(), reference.to_double(), value.dtype() == DType::float64, tolerance,
                   result);
  else
    compare_exactly(value, reference, result);
  result.passed = result.mismatched == 0;
  return result;
}

}  // namespace modelconv
