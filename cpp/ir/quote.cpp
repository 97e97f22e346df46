#include "ir/quote.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>

#include "base/utf8.h"

namespace modelconv {
namespace {

uint8_t byte_at(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `at` is behind the backslash.
std::optional<char> unescape(std::string_view text, size_t& at) {
  if (at >= text.size()) return std::nullopt;
  switch (text[at++]) {
    case '"': return '"';
    case '\\': return '\\';
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'x': break;
    default: return std::nullopt;
  }
  const int high = at < text.size() ? hex_digit(text[at]) : -1,
            low = at + 1 < text.size() ? hex_digit(text[at + 1]) : -1;
  if (high < 0 || low < 0) return std::nullopt;
  at += 2;
  return static_cast<char>(high * 16 + low);
}

}  // namespace

bool is_name_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '.'; }

bool is_plain_name(std::string_view text) {
  return !text.empty() && is_name_start(text[0]) && std::all_of(text.begin(), text.end(), is_name_part);
}

std::string quote(std::string_view text) {
  std::string result = "\"";
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    const size_t length = utf8_length(text.substr(at));
    if (c == '"' || c == '\\')
      (result += '\\') += c;
    else if (c == '\n')
      result += "\\n";
    else if (c == '\t')
      result += "\\t";
    else if (c == '\r')
      result += "\\r";
    else if (length == 0 || (length == 1 && (c < ' ' || c == '\x7F')))
      result += fmt::format("\\x{:02x}", byte_at(text, at));
    else
      result += text.substr(at, length);
    at += std::max<size_t>(length, 1);
  }
  return result + '"';
}

std::optional<std::string> unquote(std::string_view text, size_t& at) {
  std::string result;
  for (++at; at < text.size();) {
    const char c = text[at++];
    if (c == '"') return result;
    if (c != '\\') {
      result += c;
      continue;
    }
    const std::optional<char> meant = unescape(text, at);
    if (!meant) return std::nullopt;
    result += *meant;
  }
  return std::nullopt;
}

}  // namespace modelconv
