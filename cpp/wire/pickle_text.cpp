#include "wire/pickle_text.h"

#include <charconv>

#include "base/error.h"

namespace modelconv::pickle {
namespace {

void append_utf8(std::string& text, uint32_t code) {
  const auto put = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

uint32_t take_code(std::string_view& text, size_t digits, int base) {
  uint32_t code = 0;
  const std::string_view part = text.substr(0, digits);
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), code, base);
  ENSURE(error == std::errc() && end == part.data() + digits && code <= 0x10FFFF, MalformedModelError,
         "pickle: '{}' is no character code", part);
  text.remove_prefix(digits);
  return code;
}

size_t octal_digits(std::string_view text) {
  size_t count = 0;
  while (count < 3 && count < text.size() && text[count] >= '0' && text[count] <= '7') ++count;
  return count;
}

// What follows a backslash. Source: the Python reference, "String and Bytes literals".
void append_escaped(std::string& result, std::string_view& text) {
  ENSURE(!text.empty(), MalformedModelError, "pickle: a string ends with a backslash");
  constexpr std::string_view kLetters = "\\'\"abfnrtv", kMeanings = "\\'\"\a\b\f\n\r\t\v";
  if (const size_t digits = octal_digits(text)) {
    result += static_cast<char>(take_code(text, digits, 8));
    return;
  }
  const char letter = text.front();
  text.remove_prefix(1);
  if (letter == 'x') {
    result += static_cast<char>(take_code(text, 2, 16));
  } else if (const size_t at = kLetters.find(letter); at != std::string_view::npos) {
    result += kMeanings[at];
  } else if (letter != '\n') {
    result += '\\';
    result += letter;
  }
}

}  // namespace

std::string unquote(std::string_view literal) {
  const bool is_quoted = literal.size() >= 2 && (literal.front() == '\'' || literal.front() == '"') &&
                         literal.back() == literal.front();
  ENSURE(is_quoted, MalformedModelError, "pickle: a string has no quotes");
  std::string_view text = literal.substr(1, literal.size() - 2);
  std::string result;
  while (!text.empty()) {
    const char next = text.front();
    text.remove_prefix(1);
    if (next == '\\')
      append_escaped(result, text);
    else
      result += next;
  }
  return result;
}

std::string decode_raw_unicode(std::string_view escaped) {
  std::string result;
  while (!escaped.empty()) {
    const size_t digits = escaped.starts_with("\\u") ? 4 : escaped.starts_with("\\U") ? 8 : 0;
    if (digits) {
      escaped.remove_prefix(2);
      append_utf8(result, take_code(escaped, digits, 16));
    } else {
      append_utf8(result, static_cast<unsigned char>(escaped.front()));
      escaped.remove_prefix(1);
    }
  }
  return result;
}

}  // namespace modelconv::pickle
