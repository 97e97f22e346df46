// Reads words, names and punctuation of the text form. Only for cpp/ir/text_*.cpp.
#pragma once

#include <string>
#include <string_view>

#include "ir/text_syntax.h"

namespace modelconv::syntax {

// Between statements a line's end has a meaning; inside brackets it is a space, and so is a comment.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  size_t at() const { return at_; }
  void go_back(size_t at) { at_ = at; }
  std::string_view from(size_t start) const { return text_.substr(start, at_ - start); }
  std::string_view rest() const { return text_.substr(at_); }
  size_t at_of(std::string_view token) const { return static_cast<size_t>(token.data() - text_.data()); }
  std::string place(size_t at) const { return place_of(text_, at); }

  void skip();        // spaces; inside brackets also lines and comments
  void skip_lines();  // lines and comments anywhere

  // Each skips first.
  char peek();  // '\0' at the end
  bool take(char c);
  void expect(char c, const char* where);
  void expect_text(std::string_view text, const char* where);
  void open(char c, const char* where);  // an opening bracket; close() is its counterpart
  void close(char c, const char* where);
  bool take_close(char c);
  bool take_separator(char end);  // a comma; false in front of `end`

  std::string_view peek_word();  // the plain name here, or nothing
  bool take_word(std::string_view word);
  bool at_name();                      // a plain or a quoted name
  std::string name(const char* what);  // reads it
  std::string_view number();           // the token of a number, inf and nan included
  bool at_number();
  std::string string();        // quoted
  std::string_view comment();  // behind '#' until the line's end

  [[noreturn]] void fail(const std::string& message) const { fail_at(at_, message); }
  [[noreturn]] void fail_at(size_t at, const std::string& message) const;
  // "expected ')' behind the operands, found 'x'"
  [[noreturn]] void fail_expected(const std::string& what);

  // Statements inside brackets: a line's end has its meaning again until the block ends.
  class Block {
   public:
    explicit Block(Cursor& cursor) : cursor_(cursor), outside_(cursor.brackets_) { cursor.brackets_ = 0; }
    ~Block() { cursor_.brackets_ = outside_; }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;

   private:
    Cursor& cursor_;
    int outside_;
  };

  // Guards recursion; what it counts ends with the scope.
  class Level {
   public:
    explicit Level(Cursor& cursor);
    ~Level() { --cursor_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Cursor& cursor_;
  };

  // Elements that zeros[], ones[] and random[] may still make: a short text must not fill the memory.
  int64_t elements_left = int64_t{1} << 24;
  uint64_t random_seed = 0;  // counts the uses of random[], so that no two of them are equal

 private:
  void skip_comment();
  std::string_view text_;
  size_t at_ = 0;
  int brackets_ = 0, depth_ = 0;
};

}  // namespace modelconv::syntax
