#include "ir/text_cursor.h"

#include <algorithm>

#include "ir/quote.h"

namespace modelconv::syntax {
namespace {

constexpr int kDeepest = 100;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string place_of(std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, at);
  const size_t line_start = before.rfind('\n') + 1;  // 0 in the first line
  return fmt::format("line {}, column {}", 1 + std::count(before.begin(), before.end(), '\n'),
                     at - line_start + 1);
}

BadArgument error_at(std::string_view text, size_t at, const std::string& message) {
  BadArgument error(message);
  error.in(place_of(text, at));
  return error;
}

void Cursor::fail_at(size_t at, const std::string& message) const { throw error_at(text_, at, message); }

void Cursor::fail_expected(const std::string& what) {
  skip();
  if (at_ >= text_.size()) fail(fmt::format("expected {}, found the end of the text", what));
  if (text_[at_] == '\n') fail(fmt::format("expected {}, found the end of the line", what));
  const std::string_view word = peek_word();
  fail(fmt::format("expected {}, found {}", what,
                   quote(word.empty() ? text_.substr(at_, 1) : word.substr(0, 40))));
}

void Cursor::skip_comment() { at_ = std::min(text_.find('\n', at_), text_.size()); }

void Cursor::skip() {
  if (brackets_ > 0) return skip_lines();
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
}

void Cursor::skip_lines() {
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '#') skip_comment();
    if (at_ == text_.size()) return;
    if (c != '#' && c != ' ' && c != '\t' && c != '\r' && c != '\n') return;
  }
}

char Cursor::peek() {
  skip();
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool Cursor::take(char c) {
  if (peek() != c || at_ == text_.size()) return false;
  ++at_;
  return true;
}

void Cursor::expect(char c, const char* where) {
  if (!take(c)) fail_expected(fmt::format("'{}' {}", c, where));
}

void Cursor::expect_text(std::string_view text, const char* where) {
  skip();
  if (!rest().starts_with(text)) fail_expected(fmt::format("'{}' {}", text, where));
  at_ += text.size();
}

void Cursor::open(char c, const char* where) {
  expect(c, where);
  ++brackets_;
}

bool Cursor::take_close(char c) {
  if (!take(c)) return false;
  --brackets_;
  return true;
}

void Cursor::close(char c, const char* where) {
  if (!take_close(c)) fail_expected(fmt::format("'{}' {}", c, where));
}

bool Cursor::take_separator(char end) {
  if (peek() == end) return false;
  if (!take(',')) fail_expected(fmt::format("',' or '{}'", end));
  return true;
}

std::string_view Cursor::peek_word() {
  skip();
  if (at_ == text_.size() || !is_name_start(text_[at_])) return {};
  size_t end = at_;
  while (end < text_.size() && is_name_part(text_[end])) ++end;
  return text_.substr(at_, end - at_);
}

bool Cursor::take_word(std::string_view word) {
  if (peek_word() != word) return false;
  at_ += word.size();
  return true;
}

bool Cursor::at_name() { return peek() == '"' || !peek_word().empty(); }

std::string Cursor::name(const char* what) {
  if (peek() == '"') return string();
  const std::string_view word = peek_word();
  if (word.empty()) fail_expected(what);
  at_ += word.size();
  return std::string(word);
}

std::string Cursor::string() {
  if (peek() != '"') fail_expected("a string between quotes");
  const size_t start = at_;
  std::optional<std::string> text = unquote(text_, at_);
  if (text) return std::move(*text);
  if (at_ >= text_.size()) fail_at(start, "this string has no closing quote");
  fail("an escape is one of \\\" \\\\ \\n \\t \\r \\xNN");
}

bool Cursor::at_number() {
  const char c = peek();
  const std::string_view word = peek_word();
  return is_digit(c) || c == '-' || c == '.' || word == "inf" || word == "nan";
}

std::string_view Cursor::number() {
  if (!at_number()) fail_expected("a number");
  const size_t start = at_;
  ++at_;
  const auto continues = [&](char c, char before) {
    const bool exponent_sign = (c == '-' || c == '+') && (before == 'e' || before == 'E');
    return exponent_sign || (c != '_' && is_name_part(c));
  };
  while (at_ < text_.size() && continues(text_[at_], text_[at_ - 1])) ++at_;
  return from(start);
}

std::string_view Cursor::comment() {
  if (!take('#')) return {};
  const size_t start = at_;
  skip_comment();
  return from(start);
}

Cursor::Level::Level(Cursor& cursor) : cursor_(cursor) {
  if (++cursor.depth_ <= kDeepest) return;
  --cursor.depth_;
  cursor.fail(fmt::format("this is nested more than {} levels deep", kDeepest));
}

}  // namespace modelconv::syntax
