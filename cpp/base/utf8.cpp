#include "base/utf8.h"

#include <cstdint>

namespace modelconv {

// Unicode standard, table 3-7.
size_t utf8_length(std::string_view text) {
  const auto byte_at = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
  const uint8_t first = byte_at(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  // The second byte has a narrower range where the sequence would be too long, a surrogate, or above U+10FFFF.
  const uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte_at(1) < low || byte_at(1) > high) return 0;
  for (size_t i = 2; i < length; ++i)
    if (byte_at(i) < 0x80 || byte_at(i) > 0xBF) return 0;
  return length;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0)
      valid += '?';
    else
      valid += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return valid;
}

}  // namespace modelconv
