#include "wire/text_lexer.h"

#include <algorithm>

namespace modelconv::text_proto {
namespace {

// Not those of <cctype>: they depend on the locale.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// -1 when `c` is no digit in that base.
int digit(char c, int base) {
  const int value = is_digit(c)            ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : 99;
  return value < base ? value : -1;
}

void append_utf8(std::string& out, uint32_t point) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  const auto rest = [&](int shift) { put(0x80U | ((point >> shift) & 0x3FU)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) return put(0xC0U | point >> 6), rest(0);
  if (point < 0x10000) return put(0xE0U | point >> 12), rest(6), rest(0);
  put(0xF0U | point >> 18), rest(12), rest(6), rest(0);
}

}  // namespace

Lexer::Lexer(std::string_view text, bool slash_comments) : text_(text), slash_comments_(slash_comments) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // byte order mark of Windows editors
  advance();
}

Token Lexer::take() {
  const Token token = token_;
  advance();
  return token;
}

bool Lexer::take_if(char symbol) {
  const bool found = token_.is(symbol);
  if (found) advance();
  return found;
}

void Lexer::expect(char symbol) {
  if (!take_if(symbol)) throw unexpected(fmt::format("'{}'", symbol));
}

std::string_view Lexer::expect_identifier() {
  if (token_.kind != Token::Kind::identifier) throw unexpected("a name");
  return take().text;
}

MalformedModelError Lexer::error(const std::string& what, const Token& token) {
  return MalformedModelError(fmt::format("line {}, column {}: {}", token.line, token.column, what));
}

MalformedModelError Lexer::unexpected(std::string_view wanted) const {
  constexpr size_t kShown = 40;
  const std::string found = token_.kind == Token::Kind::end
                                ? "the end of the text"
                                : fmt::format("'{}'", token_.text.substr(0, kShown));
  return error(fmt::format("expected {}, found {}", wanted, found));
}

void Lexer::skip_space() {
  while (at_ < text_.size()) {
    const std::string_view rest = text_.substr(at_);
    if (rest[0] == '\n') {
      ++line_;
      line_start_ = ++at_;
    } else if (is_space(rest[0])) {
      ++at_;
    } else if (rest[0] == '#' || (slash_comments_ && rest.starts_with("//"))) {
      at_ += std::min(rest.find('\n'), rest.size());
    } else if (slash_comments_ && rest.starts_with("/*")) {
      skip_block_comment();
    } else {
      return;
    }
  }
}

void Lexer::skip_block_comment() {
  const size_t end = text_.find("*/", at_ + 2), stop = end == std::string_view::npos ? text_.size() : end + 2;
  for (; at_ < stop; ++at_)
    if (text_[at_] == '\n') {
      ++line_;
      line_start_ = at_ + 1;
    }
}

void Lexer::advance() {
  skip_space();
  token_ = {
      .kind = Token::Kind::end, .text = {}, .line = line_, .column = static_cast<int>(at_ - line_start_) + 1};
  if (at_ == text_.size()) return;
  const char first = text_[at_];
  size_t end = at_ + 1;
  if (is_letter(first)) {
    token_.kind = Token::Kind::identifier;
    while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
  } else if (is_digit(first) || (first == '.' && end < text_.size() && is_digit(text_[end]))) {
    token_.kind = Token::Kind::number;
    end = number_end();
  } else if (first == '"' || first == '\'') {
    token_.kind = Token::Kind::string;
    end = string_end();
  } else {
    token_.kind = Token::Kind::symbol;
  }
  token_.text = text_.substr(at_, end - at_);
  at_ = end;
}

// Takes in more than a number may have ("1x"): what is wrong with it is said where it is converted.
size_t Lexer::number_end() const {
  size_t end = at_;
  const bool hexadecimal = text_.substr(at_).starts_with("0x") || text_.substr(at_).starts_with("0X");
  for (; end < text_.size(); ++end) {
    const char c = text_[end], before = end > at_ ? text_[end - 1] : '\0';
    const bool exponent_sign = (c == '+' || c == '-') && (before == 'e' || before == 'E') && !hexadecimal;
    if (!is_digit(c) && !is_letter(c) && c != '.' && !exponent_sign) break;
  }
  return end;
}

size_t Lexer::string_end() const {
  for (size_t end = at_ + 1; end < text_.size() && text_[end] != '\n'; ++end) {
    if (text_[end] == text_[at_]) return end + 1;
    if (text_[end] == '\\') ++end;
  }
  throw error("the string has no end on its line");
}

std::string unescape(const Token& token) {
  std::string_view in = token.text.substr(1, token.text.size() - 2);
  std::string out;
  out.reserve(in.size());
  // Up to `most` digits after the backslash (and its letter); at least one.
  const auto number = [&](size_t from, size_t most, int base) {
    uint32_t value = 0;
    size_t used = 0;
    for (; used < most && from + used < in.size() && digit(in[from + used], base) >= 0; ++used)
      value = value * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit(in[from + used], base));
    if (used == 0) throw Lexer::error("an escape in the string lacks its digits", token);
    in.remove_prefix(from + used);
    return value;
  };
  while (!in.empty()) {
    const size_t plain = std::min(in.find('\\'), in.size());
    out += in.substr(0, plain);
    in.remove_prefix(plain);
    if (in.empty()) break;
    static constexpr std::string_view kLetters = "abfnrtv\\'\"?", kMeanings = "\a\b\f\n\r\t\v\\'\"?";
    const char letter = in.size() > 1 ? in[1] : '\0';
    if (const size_t simple = kLetters.find(letter); simple != std::string_view::npos && letter != '\0') {
      out += kMeanings[simple];
      in.remove_prefix(2);
    } else if (letter == 'x' || letter == 'X') {
      out += static_cast<char>(number(2, 2, 16));
    } else if (letter == 'u' || letter == 'U') {
      const uint32_t point = number(2, letter == 'u' ? 4 : 8, 16);
      if (point > 0x10FFFF) throw Lexer::error("an escape in the string is no Unicode character", token);
      append_utf8(out, point);
    } else {
      out += static_cast<char>(number(1, 3, 8));
    }
  }
  return out;
}

}  // namespace modelconv::text_proto
