// Words of the protobuf text format and of its schema language, which share their tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace modelconv::text_proto {

struct Token {
  enum class Kind : uint8_t { end, identifier, number, string, symbol };
  Kind kind = Kind::end;
  std::string_view text;  // as in the file, with quotes
  int line = 1, column = 1;

  bool is(char symbol) const { return kind == Kind::symbol && text[0] == symbol; }
};

class Lexer {
 public:
  // `slash_comments`: also // and /* */, as in .proto files; the text format has # only.
  explicit Lexer(std::string_view text, bool slash_comments = false);

  const Token& peek() const { return token_; }
  Token take();
  bool take_if(char symbol);
  void expect(char symbol);
  std::string_view expect_identifier();

  // "line 3, column 5: <what>", about the next token or about `token`.
  MalformedModelError error(const std::string& what) const { return error(what, token_); }
  static MalformedModelError error(const std::string& what, const Token& token);
  MalformedModelError unexpected(std::string_view wanted) const;

 private:
  void advance();
  void skip_space();
  void skip_block_comment();
  size_t string_end() const;
  size_t number_end() const;

  std::string_view text_;
  bool slash_comments_;
  size_t at_ = 0, line_start_ = 0;
  int line_ = 1;
  Token token_;
};

// The content of a string token, escapes resolved.
std::string unescape(const Token& token);

}  // namespace modelconv::text_proto
