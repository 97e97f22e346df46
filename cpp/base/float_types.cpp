#include "base/float_types.h"

#include <cstring>

#include "base/error.h"

namespace modelconv {
namespace {

// The lowest bits come first; an element of 6 bits may begin in one byte and end in the next.
unsigned element(const std::byte* packed, size_t bits, size_t index) {
  const size_t at = index * bits, byte = at / 8, offset = at % 8;
  unsigned word = std::to_integer<unsigned>(packed[byte]) >> offset;
  if (offset + bits > 8) word |= std::to_integer<unsigned>(packed[byte + 1]) << (8 - offset);
  return word & ((1U << bits) - 1);
}

// `packed` must be zero where nothing was put yet.
void put_element(std::byte* packed, size_t bits, size_t index, unsigned value) {
  const size_t at = index * bits, byte = at / 8, offset = at % 8;
  value &= (1U << bits) - 1;
  packed[byte] |= static_cast<std::byte>(value << offset);
  if (offset + bits > 8) packed[byte + 1] |= static_cast<std::byte>(value >> (8 - offset));
}

template <typename T>
void widen(const std::byte* data, int64_t n, float* out) {
  for (int64_t i = 0; i < n; ++i) {
    T value;
    std::memcpy(&value, data + static_cast<size_t>(i) * sizeof(T), sizeof(T));
    out[i] = static_cast<float>(value);
  }
}

template <typename T>
void widen_packed(DType dtype, const std::byte* data, int64_t n, float* out) {
  const auto bits = static_cast<size_t>(bit_width(dtype));
  for (int64_t i = 0; i < n; ++i)
    out[i] = T{static_cast<uint8_t>(element(data, bits, static_cast<size_t>(i)))}.to_float();
}

float sign_extended(unsigned value, size_t bits) {
  const int number = static_cast<int>(value), sign = 1 << (bits - 1);
  return static_cast<float>((number ^ sign) - sign);
}

void widen_packed_integer(DType dtype, const std::byte* data, int64_t n, float* out) {
  const auto bits = static_cast<size_t>(bit_width(dtype));
  for (int64_t i = 0; i < n; ++i) {
    const unsigned value = element(data, bits, static_cast<size_t>(i));
    out[i] = is_signed(dtype) ? sign_extended(value, bits) : static_cast<float>(value);
  }
}

template <typename T>
void narrow(const float* values, int64_t n, std::byte* out, bool saturate) {
  for (int64_t i = 0; i < n; ++i) {
    const auto bits = T::from_float(values[i], saturate).bits;
    std::memcpy(out + static_cast<size_t>(i) * sizeof bits, &bits, sizeof bits);
  }
}

template <typename T>
void narrow_packed(const float* values, int64_t n, DType dtype, std::byte* out) {
  std::memset(out, 0, storage_bytes(dtype, n));
  const auto bits = static_cast<size_t>(bit_width(dtype));
  for (int64_t i = 0; i < n; ++i)
    put_element(out, bits, static_cast<size_t>(i), T::from_float(values[i]).bits);
}

void narrow_double(const float* values, int64_t n, std::byte* out) {
  for (int64_t i = 0; i < n; ++i) {
    const double value = values[i];
    std::memcpy(out + static_cast<size_t>(i) * sizeof value, &value, sizeof value);
  }
}

}  // namespace

void to_float(DType dtype, const std::byte* data, int64_t n, float* out) {
  if (n <= 0) return;
  switch (dtype) {
    case DType::float32: std::memcpy(out, data, storage_bytes(dtype, n)); return;
    case DType::float64: return widen<double>(data, n, out);
    case DType::float16: return widen<Half>(data, n, out);
    case DType::bfloat16: return widen<BFloat16>(data, n, out);
    case DType::float8e4m3fn: return widen<Float8E4M3FN>(data, n, out);
    case DType::float8e4m3fnuz: return widen<Float8E4M3FNUZ>(data, n, out);
    case DType::float8e5m2: return widen<Float8E5M2>(data, n, out);
    case DType::float8e5m2fnuz: return widen<Float8E5M2FNUZ>(data, n, out);
    case DType::float8e8m0: return widen<Float8E8M0>(data, n, out);
    case DType::float6e2m3: return widen_packed<Float6E2M3>(dtype, data, n, out);
    case DType::float6e3m2: return widen_packed<Float6E3M2>(dtype, data, n, out);
    case DType::float4e2m1: return widen_packed<Float4E2M1>(dtype, data, n, out);
    case DType::int8: return widen<int8_t>(data, n, out);
    case DType::int16: return widen<int16_t>(data, n, out);
    case DType::int32: return widen<int32_t>(data, n, out);
    case DType::int64: return widen<int64_t>(data, n, out);
    case DType::boolean:  // a byte that is 0 or 1
    case DType::uint8: return widen<uint8_t>(data, n, out);
    case DType::uint16: return widen<uint16_t>(data, n, out);
    case DType::uint32: return widen<uint32_t>(data, n, out);
    case DType::uint64: return widen<uint64_t>(data, n, out);
    case DType::int4:
    case DType::uint4:
    case DType::int2:
    case DType::uint2: return widen_packed_integer(dtype, data, n, out);
    default: throw BadArgument(fmt::format("elements of type {} have no float value", name_of(dtype)));
  }
}

void from_float(const float* values, int64_t n, DType dtype, std::byte* out, bool saturate) {
  if (n <= 0) return;
  switch (dtype) {
    case DType::float32: std::memcpy(out, values, storage_bytes(dtype, n)); return;
    case DType::float64: return narrow_double(values, n, out);
    case DType::float16: return narrow<Half>(values, n, out, false);
    case DType::bfloat16: return narrow<BFloat16>(values, n, out, false);
    case DType::float8e4m3fn: return narrow<Float8E4M3FN>(values, n, out, saturate);
    case DType::float8e4m3fnuz: return narrow<Float8E4M3FNUZ>(values, n, out, saturate);
    case DType::float8e5m2: return narrow<Float8E5M2>(values, n, out, saturate);
    case DType::float8e5m2fnuz: return narrow<Float8E5M2FNUZ>(values, n, out, saturate);
    case DType::float8e8m0: return narrow<Float8E8M0>(values, n, out, saturate);
    case DType::float6e2m3: return narrow_packed<Float6E2M3>(values, n, dtype, out);
    case DType::float6e3m2: return narrow_packed<Float6E3M2>(values, n, dtype, out);
    case DType::float4e2m1: return narrow_packed<Float4E2M1>(values, n, dtype, out);
    default: throw BadArgument(fmt::format("type {} is not a floating type", name_of(dtype)));
  }
}

void unpack(DType dtype, const std::byte* packed, int64_t n, uint8_t* out) {
  ENSURE(is_packed(dtype), BadArgument, "type {} is not packed", name_of(dtype));
  const auto bits = static_cast<size_t>(bit_width(dtype));
  const bool extend = is_integer(dtype) && is_signed(dtype);
  for (int64_t i = 0; i < n; ++i) {
    const unsigned value = element(packed, bits, static_cast<size_t>(i));
    const unsigned sign = 1U << (bits - 1);
    out[i] = static_cast<uint8_t>(extend ? (value ^ sign) - sign : value);
  }
}

void pack(const uint8_t* values, int64_t n, DType dtype, std::byte* out) {
  ENSURE(is_packed(dtype), BadArgument, "type {} is not packed", name_of(dtype));
  if (n <= 0) return;
  std::memset(out, 0, storage_bytes(dtype, n));
  const auto bits = static_cast<size_t>(bit_width(dtype));
  for (int64_t i = 0; i < n; ++i) put_element(out, bits, static_cast<size_t>(i), values[i]);
}

}  // namespace modelconv
