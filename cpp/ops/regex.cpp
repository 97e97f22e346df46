#include "ops/regex.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"

namespace modelconv {
namespace {

using Range = Regex::Range;
using Kind = Regex::Kind;
using Instruction = Regex::Instruction;
using Ranges = std::vector<Range>;
using Program = std::vector<Instruction>;  // targets count from its own beginning

constexpr char32_t kLast = 0x10FFFF;
constexpr size_t kMostInstructions = 20000;
constexpr int64_t kMostRepeats = 1000;  // as RE2
constexpr int kDeepest = 200;

// Invalid bytes stand for themselves.
std::u32string decode_utf8(std::string_view text) {
  std::u32string result;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
    char32_t letter = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    bool valid = i + length <= text.size();
    for (size_t k = 1; valid && k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      valid = (next & 0xC0U) == 0x80;
      letter = letter << 6 | (next & 0x3FU);
    }
    result.push_back(valid ? letter : lead);
    i += valid ? length : 1;
  }
  return result;
}

Ranges inverted(Ranges ranges) {
  std::sort(ranges.begin(), ranges.end(), [](Range a, Range b) { return a.first < b.first; });
  Ranges result;
  char32_t next = 0;
  for (const Range range : ranges) {
    if (range.first > next) result.push_back({next, range.first - 1});
    next = std::max<char32_t>(next, range.last + 1);
  }
  if (next <= kLast) result.push_back({next, kLast});
  return result;
}

bool contains(const Ranges& ranges, char32_t letter) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [letter](Range range) { return range.first <= letter && letter <= range.last; });
}

const Ranges kDigits = {{'0', '9'}};
const Ranges kWord = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
const Ranges kSpace = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};

void append(Program& program, Program part) {
  const size_t shift = program.size();
  if (shift + part.size() > kMostInstructions) throw BadArgument("the regular expression is too large");
  for (Instruction& instruction : part) {
    instruction.target += shift;
    instruction.other += shift;
    program.push_back(std::move(instruction));
  }
}

Program single(Kind kind, Ranges characters = {}) { return {{kind, std::move(characters)}}; }

Program alternative(Program a, Program b) {
  Program result = {{Kind::split, {}, 1, a.size() + 2}};
  append(result, std::move(a));
  result.push_back({Kind::jump, {}, result.size() + 1 + b.size()});
  append(result, std::move(b));
  return result;
}

Program optional_of(Program part) {
  Program result = {{Kind::split, {}, 1, part.size() + 1}};
  append(result, std::move(part));
  return result;
}

Program star_of(Program part) {
  Program result = {{Kind::split, {}, 1, part.size() + 2}};
  append(result, std::move(part));
  result.push_back({Kind::jump, {}, 0});
  return result;
}

// most < 0: no limit.
Program repeated(const Program& part, int64_t least, int64_t most) {
  Program result;
  for (int64_t i = 0; i < least; ++i) append(result, part);
  if (most < 0) {
    append(result, star_of(part));
    return result;
  }
  for (int64_t i = least; i < most; ++i) append(result, optional_of(part));
  return result;
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : pattern_(decode_utf8(pattern)) {}

  Program parse() {
    Program program = parse_alternatives();
    if (at_ < pattern_.size()) fail("a ')' without '('");
    append(program, single(Kind::match));
    return program;
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw BadArgument(fmt::format("the regular expression has {} at character {}", what, at_));
  }
  bool done() const { return at_ >= pattern_.size(); }
  bool take(char32_t letter) {
    if (done() || pattern_[at_] != letter) return false;
    ++at_;
    return true;
  }
  char32_t next() {
    if (done()) fail("its end where more is expected");
    return pattern_[at_++];
  }

  Program parse_alternatives() {
    if (++depth_ > kDeepest) fail("groups nested too deeply");
    Program result = parse_sequence();
    while (take('|')) result = alternative(std::move(result), parse_sequence());
    --depth_;
    return result;
  }

  Program parse_sequence() {
    Program result;
    while (!done() && pattern_[at_] != '|' && pattern_[at_] != ')') append(result, parse_repeated());
    return result;
  }

  Program parse_repeated() {
    Program part = parse_atom();
    while (!done()) {
      if (take('*'))
        part = star_of(std::move(part));
      else if (take('+'))
        part = repeated(part, 1, -1);
      else if (take('?'))
        part = optional_of(std::move(part));
      else if (!parse_count(part))
        break;
      take('?');  // lazy: the same language
    }
    return part;
  }

  // {2}, {2,}, {2,5}; anything else in braces is text.
  bool parse_count(Program& part) {
    const size_t start = at_;
    int64_t least = 0, most = 0;
    if (take('{') && parse_number(least)) {
      most = least;
      if (take(',') && !parse_number(most)) most = -1;
      if (take('}')) {
        if (least > kMostRepeats || most > kMostRepeats || (most >= 0 && most < least))
          fail("a wrong number of repeats");
        part = repeated(part, least, most);
        return true;
      }
    }
    at_ = start;
    return false;
  }

  bool parse_number(int64_t& number) {
    const size_t start = at_;
    number = 0;
    while (!done() && contains(kDigits, pattern_[at_]))
      number = std::min<int64_t>(number * 10 + static_cast<int64_t>(pattern_[at_++] - '0'), kMostRepeats + 1);
    return at_ > start;
  }

  Program parse_atom() {
    const char32_t letter = next();
    switch (letter) {
      case '(': return parse_group();
      case '[': return single(Kind::characters, parse_class());
      case '.': return single(Kind::characters, inverted({{'\n', '\n'}}));
      case '^': return single(Kind::text_begin);
      case '$': return single(Kind::text_end);
      case '*':
      case '+':
      case '?': --at_; fail("a repeat of nothing");
      case '\\': return parse_escape_atom();
      default: return single(Kind::characters, {{letter, letter}});
    }
  }

  Program parse_group() {
    if (take('?') && !take(':')) fail("flags or a named group, which are not supported,");
    Program inside = parse_alternatives();
    if (!take(')')) fail("a '(' without ')'");
    return inside;
  }

  Program parse_escape_atom() {
    switch (done() ? U'\0' : pattern_[at_]) {
      case 'A': ++at_; return single(Kind::text_begin);
      case 'z': ++at_; return single(Kind::text_end);
      case 'b': ++at_; return single(Kind::word_border);
      case 'B': ++at_; return single(Kind::no_word_border);
      default: return single(Kind::characters, parse_escape());
    }
  }

  // What stands after a backslash, also in a class.
  Ranges parse_escape() {
    const char32_t letter = next();
    switch (letter) {
      case 'd': return kDigits;
      case 'D': return inverted(kDigits);
      case 'w': return kWord;
      case 'W': return inverted(kWord);
      case 's': return kSpace;
      case 'S': return inverted(kSpace);
      case 'a': return {{'\a', '\a'}};
      case 'f': return {{'\f', '\f'}};
      case 'n': return {{'\n', '\n'}};
      case 'r': return {{'\r', '\r'}};
      case 't': return {{'\t', '\t'}};
      case 'v': return {{'\v', '\v'}};
      case 'x': return parse_hexadecimal();
      default: break;
    }
    if (letter < 0x80 && contains(kWord, letter)) fail("an escape that is not supported");
    return {{letter, letter}};
  }

  Ranges parse_hexadecimal() {
    const bool braces = take('{');
    char32_t value = 0;
    int digits = 0;
    while (!done() && (braces || digits < 2)) {
      const char32_t letter = pattern_[at_] | 0x20U;
      const bool decimal = contains(kDigits, pattern_[at_]);
      if (!decimal && (letter < 'a' || letter > 'f')) break;
      value = value * 16 + (decimal ? pattern_[at_] - '0' : letter - 'a' + 10);
      if (value > kLast) fail("a character number that is too large");
      ++at_;
      ++digits;
    }
    if (digits == 0 || (!braces && digits != 2) || (braces && !take('}'))) fail("a wrong \\x");
    return {{value, value}};
  }

  Ranges parse_class() {
    const bool negated = take('^');
    Ranges ranges;
    for (bool first = true; first || !take(']'); first = false) {
      const Ranges low = parse_class_item();
      const bool is_range = low.size() == 1 && low[0].first == low[0].last && at_ + 1 < pattern_.size() &&
                            pattern_[at_] == '-' && pattern_[at_ + 1] != ']';
      if (!is_range) {
        ranges.insert(ranges.end(), low.begin(), low.end());
        continue;
      }
      ++at_;
      const Ranges high = parse_class_item();
      if (high.size() != 1 || high[0].first != high[0].last || high[0].first < low[0].first)
        fail("a wrong range");
      ranges.push_back({low[0].first, high[0].first});
    }
    return negated ? inverted(std::move(ranges)) : ranges;
  }

  Ranges parse_class_item() {
    if (at_ + 1 < pattern_.size() && pattern_[at_] == '[' && pattern_[at_ + 1] == ':')
      fail("a class [: :], which is not supported,");
    const char32_t letter = next();
    return letter == '\\' ? parse_escape() : Ranges{{letter, letter}};
  }

  std::u32string pattern_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Regex::Regex(std::string_view pattern) : program_(Parser(pattern).parse()) {}

bool Regex::matches_all(std::string_view utf8) const {
  const std::u32string text = decode_utf8(utf8);
  std::vector<size_t> active, upcoming, pending;
  std::vector<size_t> seen(program_.size(), 0);  // number of the step in which the instruction was last added
  const auto is_word = [&](size_t i) { return i < text.size() && contains(kWord, text[i]); };
  const auto holds = [&](Kind kind, size_t at) {
    const bool border = (at > 0 && is_word(at - 1)) != is_word(at);
    return kind == Kind::text_begin    ? at == 0
           : kind == Kind::text_end    ? at == text.size()
           : kind == Kind::word_border ? border
                                       : !border;
  };
  // Adds an instruction and all that it reaches without taking a character.
  const auto add = [&](std::vector<size_t>& list, size_t start, size_t at) {
    pending.assign(1, start);
    while (!pending.empty()) {
      const size_t i = pending.back();
      pending.pop_back();
      if (seen[i] == at + 1) continue;
      seen[i] = at + 1;
      const Instruction& instruction = program_[i];
      if (instruction.kind == Kind::characters || instruction.kind == Kind::match) {
        list.push_back(i);
      } else if (instruction.kind == Kind::split || instruction.kind == Kind::jump) {
        pending.push_back(instruction.target);
        if (instruction.kind == Kind::split) pending.push_back(instruction.other);
      } else if (holds(instruction.kind, at)) {
        pending.push_back(i + 1);
      }
    }
  };
  add(active, 0, 0);
  for (size_t at = 0; at < text.size() && !active.empty(); ++at) {
    upcoming.clear();
    for (const size_t i : active)
      if (program_[i].kind == Kind::characters && contains(program_[i].characters, text[at]))
        add(upcoming, i + 1, at + 1);
    std::swap(active, upcoming);
  }
  return std::any_of(active.begin(), active.end(), [&](size_t i) { return program_[i].kind == Kind::match; });
}

}  // namespace modelconv
