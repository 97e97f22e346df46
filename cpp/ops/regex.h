// Regular expressions without backtracking: time is at most length of the text times size of the pattern, so that no
// pattern from a file can hang a run. The syntax is the part of RE2's (which ONNX names) that has no flags, no
// named groups and no Unicode properties: ( ) (?: ) | * + ? {n,m}, lazy forms too, . [ ] ^ $ \d \w \s \b \A \z and so on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace modelconv {

class Regex {
 public:
  // Throws BadArgument for a pattern that is malformed, uses other syntax, or grows too large.
  explicit Regex(std::string_view pattern);
  // True when all of `text` (UTF-8) matches.
  bool matches_all(std::string_view text) const;

  struct Range {
    char32_t first, last;
  };
  enum class Kind : uint8_t {
    characters,
    split,
    jump,
    text_begin,
    text_end,
    word_border,
    no_word_border,
    match
  };
  struct Instruction {
    Kind kind;
    std::vector<Range> characters;  // of kind `characters`
    size_t target = 0, other = 0;   // of jumps and splits
  };

 private:
  std::vector<Instruction> program_;
};

}  // namespace modelconv
