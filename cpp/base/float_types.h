// Floats narrower than 32 bits: exact conversion from and to float, in integer arithmetic only, so that the result
// does not depend on the rounding mode or on flush-to-zero.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/dtype.h"

namespace modelconv {

// What the bit patterns with the largest exponent mean.
enum class Specials : uint8_t {
  ieee,    // infinities and NaNs, as in IEEE 754
  fn,      // finite, but for one NaN per sign: all other bits set
  fnuz,    // finite, one NaN, which is the pattern of the negative zero; only one zero
  finite,  // neither infinity nor NaN
};

// A sign, kExponentBits exponent bits with this bias, and kMantissaBits mantissa bits.
// Sources: IEEE 754 (half); ONNX technical pages "Float stored in 8 bits" and "Float stored in 4 bits";
// OCP Microscaling Formats (MX) 1.0 (6 and 4 bits).
template <int kExponentBits, int kMantissaBits, int kBias, Specials kSpecials>
struct NarrowFloat {
  static constexpr int kBits = 1 + kExponentBits + kMantissaBits;
  using Storage = std::conditional_t<(kBits > 8), uint16_t, uint8_t>;
  Storage bits = 0;  // in the lowest kBits bits

  static constexpr uint32_t kSign = 1U << (kBits - 1);
  static constexpr uint32_t kAllButSign = kSign - 1;
  static constexpr uint32_t kInfinity = ((1U << kExponentBits) - 1) << kMantissaBits;  // ieee only
  static constexpr uint32_t kLargest = kSpecials == Specials::ieee ? kInfinity - 1
                                       : kSpecials == Specials::fn ? kAllButSign - 1
                                                                   : kAllButSign;

  // Rounds to nearest, ties to even. What is larger than the largest number after rounding becomes it when `saturate`
  // is set, else infinity or, without infinities, NaN. (ONNX Cast saturates 8-bit floats by default, and never float16
  // and bfloat16.) Types without NaN always saturate; NaN becomes a zero of the other sign, as in the tests of the onnx
  // package ("Float stored in 6 bits"; the older page on 4 bits names the largest number instead).
  static constexpr NarrowFloat from_float(float value, bool saturate = kBits <= 8) {
    const auto word = std::bit_cast<uint32_t>(value);
    const uint32_t sign = (word >> 31) != 0 ? kSign : 0, magnitude = word & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) return make(nan(sign));
    const uint32_t rounded = magnitude == 0x7F800000U ? kLargest + 1 : round(magnitude);
    if (rounded > kLargest)
      return make(saturate || kSpecials == Specials::finite ? sign | kLargest : overflow(sign));
    return make(kSpecials == Specials::fnuz && rounded == 0 ? 0 : sign | rounded);
  }

  constexpr float to_float() const {
    const uint32_t sign = (bits & kSign) != 0 ? 0x80000000U : 0, magnitude = bits & kAllButSign;
    if (is_nan()) return std::bit_cast<float>(sign | 0x7FC00000U);
    if (kSpecials == Specials::ieee && magnitude == kInfinity)
      return std::bit_cast<float>(sign | 0x7F800000U);
    const uint32_t fraction = magnitude & ((1U << kMantissaBits) - 1);
    const int exponent = static_cast<int>(magnitude >> kMantissaBits);
    // value = digits * 2^scale
    const uint32_t digits = exponent == 0 ? fraction : fraction | (1U << kMantissaBits);
    const int scale = (exponent == 0 ? 1 : exponent) - kBias - kMantissaBits;
    if (digits == 0) return std::bit_cast<float>(sign);
    const int top = std::bit_width(digits) - 1, float_exponent = top + scale + 127;
    if (float_exponent <= 0)
      return std::bit_cast<float>(sign | digits << (scale + 149));  // subnormal: bfloat16 only
    const uint32_t mantissa = (digits << (23 - top)) & 0x007FFFFFU;
    return std::bit_cast<float>(sign | static_cast<uint32_t>(float_exponent) << 23 | mantissa);
  }
  constexpr explicit operator float() const { return to_float(); }

  constexpr bool is_nan() const {
    const uint32_t magnitude = bits & kAllButSign;
    switch (kSpecials) {
      case Specials::ieee: return magnitude > kInfinity;
      case Specials::fn: return magnitude == kAllButSign;
      case Specials::fnuz: return bits == kSign;
      default: return false;
    }
  }

  friend constexpr bool operator==(NarrowFloat a, NarrowFloat b) { return a.to_float() == b.to_float(); }

 private:
  static constexpr NarrowFloat make(uint32_t pattern) { return {static_cast<Storage>(pattern)}; }

  static constexpr uint32_t nan(uint32_t sign) {
    switch (kSpecials) {
      case Specials::ieee: return sign | kInfinity | 1U << (kMantissaBits - 1);  // quiet
      case Specials::fn: return sign | kAllButSign;
      case Specials::fnuz: return kSign;
      default: return sign ^ kSign;
    }
  }

  static constexpr uint32_t overflow(uint32_t sign) {
    return kSpecials == Specials::ieee ? sign | kInfinity : nan(sign);
  }

  // The pattern nearest to a finite float; larger than kLargest when there is none.
  static constexpr uint32_t round(uint32_t magnitude) {
    if (magnitude == 0) return 0;
    constexpr int kLowest = 1 - kBias;  // exponent of the smallest normal number
    // magnitude = digits * 2^(exponent - 23), with bit 23 of digits set
    const bool subnormal = magnitude < 0x00800000U;
    const int shift_up = subnormal ? std::countl_zero(magnitude) - 8 : 0;
    const uint32_t digits = subnormal ? magnitude << shift_up : (magnitude & 0x007FFFFFU) | 0x00800000U;
    const int exponent = (subnormal ? 1 : static_cast<int>(magnitude >> 23)) - 127 - shift_up;
    const int scale = exponent > kLowest ? exponent : kLowest;
    const int shift = 23 - kMantissaBits + scale - exponent;
    if (shift > 24) return 0;  // below half of the smallest number
    const uint32_t kept = digits >> shift, rest = digits & ((1U << shift) - 1), half = 1U << (shift - 1);
    const uint32_t up = rest > half || (rest == half && (kept & 1U) != 0) ? 1 : 0;
    // A carry moves on into the exponent, which is what rounding up to the next power of two means.
    return (static_cast<uint32_t>(scale - kLowest) << kMantissaBits) + kept + up;
  }
};

using Half = NarrowFloat<5, 10, 15, Specials::ieee>;
using BFloat16 = NarrowFloat<8, 7, 127, Specials::ieee>;
using Float8E4M3FN = NarrowFloat<4, 3, 7, Specials::fn>;
using Float8E4M3FNUZ = NarrowFloat<4, 3, 8, Specials::fnuz>;
using Float8E5M2 = NarrowFloat<5, 2, 15, Specials::ieee>;
using Float8E5M2FNUZ = NarrowFloat<5, 2, 16, Specials::fnuz>;
using Float6E2M3 = NarrowFloat<2, 3, 1, Specials::finite>;
using Float6E3M2 = NarrowFloat<3, 2, 3, Specials::finite>;
using Float4E2M1 = NarrowFloat<2, 1, 1, Specials::finite>;

enum class ScaleRounding : uint8_t { up, down, nearest };  // attribute round_mode of ONNX Cast

// A power of two, 2^(bits - 127), the scale of the MX formats; 255 is NaN. Neither sign nor zero.
struct Float8E8M0 {
  uint8_t bits = 0;

  // The sign is ignored: ONNX leaves negative input unspecified. With `saturate`, what is too large (infinity too)
  // and too small (0 too) becomes the largest and smallest power, without it NaN. Ties go up. Source: ONNX Cast-25.
  static constexpr Float8E8M0 from_float(float value, bool saturate = true,
                                         ScaleRounding rounding = ScaleRounding::up) {
    constexpr uint8_t kNan = 255, kLargest = 254;
    const uint32_t magnitude = std::bit_cast<uint32_t>(value) & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) return {kNan};
    // Below 2^-127, whose float is subnormal with only the top bit of its mantissa set.
    if (magnitude < 0x00400000U) return {saturate ? uint8_t{0} : kNan};
    const bool subnormal = magnitude < 0x00800000U;
    const uint32_t fraction = subnormal ? (magnitude << 1) & 0x007FFFFFU : magnitude & 0x007FFFFFU;
    const bool up = rounding == ScaleRounding::up
                        ? fraction != 0
                        : rounding == ScaleRounding::nearest && fraction >= 0x00400000U;
    const uint32_t power = (magnitude >> 23) + (up ? 1 : 0);
    return {power <= kLargest ? static_cast<uint8_t>(power) : saturate ? kLargest : kNan};
  }

  constexpr float to_float() const {
    if (bits == 255) return std::numeric_limits<float>::quiet_NaN();
    return std::bit_cast<float>(bits == 0 ? 0x00400000U : static_cast<uint32_t>(bits) << 23);
  }
  constexpr explicit operator float() const { return to_float(); }
  constexpr bool is_nan() const { return bits == 255; }
};

// `n` elements of any numeric type to float: exact for the narrow ones, rounded for 32-bit and wider integers and
// float64. `data` needs no alignment and holds storage_bytes(dtype, n) bytes. Throws BadArgument for other types.
void to_float(DType dtype, const std::byte* data, int64_t n, float* out);

// The other direction, for floating types only; `saturate` as in ONNX Cast (see NarrowFloat::from_float; it changes
// nothing for float16, bfloat16 and wider ones). Unused bits of the last byte become zero.
void from_float(const float* values, int64_t n, DType dtype, std::byte* out, bool saturate = true);

// The elements of a packed type (below 8 bits), one per byte: integers with their value (int4 and int2 with the sign
// extended), floats with their bit pattern. pack() takes the lowest bits of each byte.
void unpack(DType dtype, const std::byte* packed, int64_t n, uint8_t* out);
void pack(const uint8_t* values, int64_t n, DType dtype, std::byte* out);

}  // namespace modelconv
