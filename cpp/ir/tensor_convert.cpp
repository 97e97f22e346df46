// Elements of tensors as numbers of another type.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "ir/tensor.h"

namespace modelconv {
namespace {

// ONNX leaves open what Cast does with numbers outside the range; here they become the nearest one, and NaN zero.
template <class T>
T clamped(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    // The bounds as doubles: rounding max() up gives the first number that is too large.
    constexpr double low = static_cast<double>(std::numeric_limits<T>::min());
    constexpr double high = static_cast<double>(std::numeric_limits<T>::max());
    if (std::isnan(value)) return 0;
    if (value <= low) return std::numeric_limits<T>::min();
    if (value >= high) return std::numeric_limits<T>::max();
    return static_cast<T>(value);
  }
}

template <class Target, class Source>
Target element_as(Source value) {
  if constexpr (std::is_floating_point_v<Source>)
    return clamped<Target>(static_cast<double>(value));
  else
    return static_cast<Target>(value);
}

// `bytes` may be unaligned.
template <class Target, class Source>
std::vector<Target> convert(const Tensor& tensor) {
  std::vector<Target> result(static_cast<size_t>(tensor.size()));
  const std::byte* at = tensor.bytes().data();
  for (Target& target : result) {
    Source value;
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    target = element_as<Target>(value);
  }
  return result;
}

// Floats below 32 bits and packed integers; all of them fit into a float exactly.
template <class Target>
std::vector<Target> convert_narrow(const Tensor& tensor) {
  std::vector<float> floats(static_cast<size_t>(tensor.size()));
  to_float(tensor.dtype(), tensor.bytes().data(), tensor.size(), floats.data());
  std::vector<Target> result;
  result.reserve(floats.size());
  for (const float value : floats) result.push_back(element_as<Target>(value));
  return result;
}

template <class Target>
std::vector<Target> convert(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::float32: return convert<Target, float>(tensor);
    case DType::float64: return convert<Target, double>(tensor);
    case DType::int8: return convert<Target, int8_t>(tensor);
    case DType::int16: return convert<Target, int16_t>(tensor);
    case DType::int32: return convert<Target, int32_t>(tensor);
    case DType::int64: return convert<Target, int64_t>(tensor);
    case DType::boolean:
    case DType::uint8: return convert<Target, uint8_t>(tensor);
    case DType::uint16: return convert<Target, uint16_t>(tensor);
    case DType::uint32: return convert<Target, uint32_t>(tensor);
    case DType::uint64: return convert<Target, uint64_t>(tensor);
    default: break;
  }
  ENSURE(is_float(tensor.dtype()) || is_integer(tensor.dtype()), InternalError,
         "the elements of a tensor {}{} are not numbers", name_of(tensor.dtype()), to_string(tensor.dims()));
  return convert_narrow<Target>(tensor);
}

template <class T>
void fill(Tensor& tensor, double value) {
  const T element = clamped<T>(value);
  for (T& target : tensor.mutable_data<T>()) target = element;
}

void fill_packed_integer(Tensor& tensor, double value) {
  const int bits = bit_width(tensor.dtype());
  const double low = is_signed(tensor.dtype()) ? -std::ldexp(1, bits - 1) : 0;
  const double high = std::ldexp(1, is_signed(tensor.dtype()) ? bits - 1 : bits) - 1;
  const auto element = static_cast<uint8_t>(clamped<int8_t>(std::min(std::max(value, low), high)));
  const std::vector<uint8_t> elements(static_cast<size_t>(tensor.size()), element);
  pack(elements.data(), tensor.size(), tensor.dtype(), tensor.mutable_bytes().data());
}

void fill_narrow_float(Tensor& tensor, double value) {
  const std::vector<float> elements(static_cast<size_t>(tensor.size()), static_cast<float>(value));
  from_float(elements.data(), tensor.size(), tensor.dtype(), tensor.mutable_bytes().data());
}

}  // namespace

std::vector<int64_t> Tensor::to_int64() const { return convert<int64_t>(*this); }

std::vector<double> Tensor::to_double() const { return convert<double>(*this); }

Tensor Tensor::filled(DType dtype, Dims dims, double value) {
  ENSURE(is_float(dtype) || is_integer(dtype) || dtype == DType::boolean, InternalError,
         "a tensor {}{} cannot be filled with the number {}", name_of(dtype), to_string(dims), value);
  Tensor tensor = allocate(dtype, std::move(dims));
  switch (dtype) {
    case DType::float32: fill<float>(tensor, value); break;
    case DType::float64: fill<double>(tensor, value); break;
    case DType::int8: fill<int8_t>(tensor, value); break;
    case DType::int16: fill<int16_t>(tensor, value); break;
    case DType::int32: fill<int32_t>(tensor, value); break;
    case DType::int64: fill<int64_t>(tensor, value); break;
    case DType::boolean: fill<uint8_t>(tensor, value != 0 ? 1 : 0); break;
    case DType::uint8: fill<uint8_t>(tensor, value); break;
    case DType::uint16: fill<uint16_t>(tensor, value); break;
    case DType::uint32: fill<uint32_t>(tensor, value); break;
    case DType::uint64: fill<uint64_t>(tensor, value); break;
    default: is_float(dtype) ? fill_narrow_float(tensor, value) : fill_packed_integer(tensor, value);
  }
  return tensor;
}

}  // namespace modelconv
