#include "ops/convert.h"

#include <cmath>
#include <limits>

#include "ops/convert_strings.h"
#include "ops/elementwise.h"

namespace modelconv {
namespace {

// Conversions go by blocks through one of four types that hold every number: float, double, int64 and, for uint64,
// itself. So N + M loops serve N * M pairs. A block of packed elements begins at a byte's border.
constexpr int64_t kBlock = 1024;

template <class T>
T clamped(double value) {
  // Rounding max() up to a double gives the first number that is too large.
  constexpr auto low = static_cast<double>(std::numeric_limits<T>::min());
  constexpr auto high = static_cast<double>(std::numeric_limits<T>::max());
  if (!(value > low)) return value != value ? T(0) : std::numeric_limits<T>::min();
  return value >= high ? std::numeric_limits<T>::max() : static_cast<T>(value);
}

template <class Target, class Source>
Target element_as(Source value) {
  if constexpr (std::is_floating_point_v<Source> && std::is_integral_v<Target>)
    return clamped<Target>(static_cast<double>(value));
  else
    return static_cast<Target>(value);
}

// A double as a float that rounds to narrower types as the double itself would: when bits are lost, the last bit kept
// is set ("round to odd"), so that no result looks like a tie.
float to_odd_float(double value) {
  const auto nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || value != value) return nearest;
  auto bits = std::bit_cast<uint32_t>(nearest);
  if (std::abs(static_cast<double>(nearest)) > std::abs(value)) --bits;
  return std::bit_cast<float>(bits | 1U);
}

template <class Source>
void narrow(const Source* values, int64_t n, DType dtype, std::byte* out, const CastOptions& options) {
  float floats[kBlock];
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_same_v<Source, float>)
      floats[i] = values[i];
    else
      floats[i] = to_odd_float(static_cast<double>(values[i]));
  }
  if (dtype != DType::float8e8m0) return from_float(floats, n, dtype, out, options.saturate);
  for (int64_t i = 0; i < n; ++i)
    out[i] = std::byte{Float8E8M0::from_float(floats[i], options.saturate, options.rounding).bits};
}

// Floats are truncated and then wrap like integers, as the tests of the onnx package have it.
template <class Source>
void pack_integers(const Source* values, int64_t n, DType dtype, std::byte* out) {
  uint8_t bytes[kBlock];
  for (int64_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>(element_as<int64_t>(values[i]));
  pack(bytes, n, dtype, out);
}

// Writes a block whose first element has number `first`.
template <class Source>
void store(const Source* values, int64_t first, int64_t n, Tensor& to, const CastOptions& options) {
  const DType dtype = to.dtype();
  const bool native = visit_dtype(dtype, NumericTypes(), [&](auto tag) {
    using T = decltype(tag);
    T* out = mutable_elements<T>(to) + first;
    for (int64_t i = 0; i < n; ++i) out[i] = element_as<T>(values[i]);
  });
  if (native) return;
  if (dtype == DType::boolean) {
    uint8_t* out = mutable_elements<uint8_t>(to) + first;
    for (int64_t i = 0; i < n; ++i) out[i] = values[i] != 0;
    return;
  }
  std::byte* out = to.mutable_bytes().data() + storage_bytes(dtype, first);
  is_float(dtype) ? narrow(values, n, dtype, out, options) : pack_integers(values, n, dtype, out);
}

template <class Source>
void store_integers(const Source* values, int64_t first, int64_t n, Tensor& to, const CastOptions& options) {
  int64_t integers[kBlock];
  for (int64_t i = 0; i < n; ++i) integers[i] = static_cast<int64_t>(values[i]);
  store(integers, first, n, to, options);
}

using DirectTypes = Types<float, double, int64_t, uint64_t>;
using SmallIntegers = Types<int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t>;

void convert_block(const Tensor& from, int64_t first, int64_t n, Tensor& to, const CastOptions& options) {
  const DType dtype = from.dtype();
  const bool done = visit_dtype(dtype, DirectTypes(), [&](auto tag) {
    store(elements<decltype(tag)>(from) + first, first, n, to, options);
  });
  if (done || visit_dtype(dtype, SmallIntegers(), [&](auto tag) {
        store_integers(elements<decltype(tag)>(from) + first, first, n, to, options);
      }))
    return;
  const std::byte* source = from.bytes().data() + storage_bytes(dtype, first);
  if (is_float(dtype)) {
    float floats[kBlock];
    to_float(dtype, source, n, floats);
    return store(floats, first, n, to, options);
  }
  uint8_t bytes[kBlock];
  if (is_packed(dtype))
    unpack(dtype, source, n, bytes);
  else  // bool
    for (int64_t i = 0; i < n; ++i) bytes[i] = source[i] != std::byte{0};
  if (is_signed(dtype)) return store_integers(reinterpret_cast<const int8_t*>(bytes), first, n, to, options);
  store_integers(bytes, first, n, to, options);
}

}  // namespace

bool can_convert(DType from, DType to) {
  const auto fits = [](DType dtype) { return dtype != DType::undefined && !is_complex(dtype); };
  return fits(from) && fits(to);
}

void convert_elements(const Tensor& from, Tensor& to, const CastOptions& options, ThreadPool& threads) {
  ENSURE(from.size() == to.size() && can_convert(from.dtype(), to.dtype()), InternalError,
         "{} elements of type {} cannot become {} of type {}", from.size(), name_of(from.dtype()), to.size(),
         name_of(to.dtype()));
  if (from.dtype() == DType::string) return parse_strings(from, to, options, threads);
  if (to.dtype() == DType::string) return print_strings(from, to);
  const int64_t blocks = (from.size() + kBlock - 1) / kBlock;
  threads.parallel_for(blocks, kElementsPerTask / kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block)
      convert_block(from, block * kBlock, std::min(kBlock, from.size() - block * kBlock), to, options);
  });
}

}  // namespace modelconv
