// Takes small values from the front of untrusted bytes; every read is checked.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "base/error.h"
#include "base/mapped_file.h"

namespace modelconv {

class ByteCursor {
 public:
  // `what` (a literal) names the bytes in errors: "snappy block".
  ByteCursor(Bytes bytes, std::string_view what) : bytes_(bytes), what_(what) {}

  size_t left() const { return bytes_.size() - at_; }
  size_t position() const { return at_; }

  Bytes take(uint64_t size) {
    ENSURE(size <= left(), MalformedModelError,
           "{} is cut short: {} bytes are needed at byte {}, {} are left", what_, size, at_, left());
    at_ += static_cast<size_t>(size);
    return bytes_.subspan(at_ - static_cast<size_t>(size), static_cast<size_t>(size));
  }

  // Little endian, as in all the formats here.
  template <typename T>
  T take_number() {
    static_assert(std::is_arithmetic_v<T>);
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  // Base-128 number, the lowest seven bits first, of at most `most` bits.
  uint64_t take_varint(int most = 64) {
    uint64_t value = 0;
    for (int shift = 0; shift < most; shift += 7) {
      const auto byte = take_number<uint8_t>();
      const uint64_t bits = byte & 0x7FU;
      const bool fits = shift + 7 <= most || bits >> (most - shift) == 0;
      ENSURE(fits, MalformedModelError, "{}: a number at byte {} is too large", what_, at_ - 1);
      value |= bits << shift;
      if (byte < 0x80) return value;
    }
    throw MalformedModelError(fmt::format("{}: a number at byte {} has no end", what_, at_ - 1));
  }

 private:
  Bytes bytes_;
  std::string_view what_;
  size_t at_ = 0;
};

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace modelconv
