#include "ops/regex.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace modelconv {
namespace {

TEST(Regex, MatchesAllOfTheText) {
  struct Case {
    const char* pattern;
    std::vector<const char*> yes, no;
  };
  const Case cases[] = {
      {"", {""}, {"a"}},
      {"abc", {"abc"}, {"ab", "abcd", "xabc"}},
      {"a|bc|", {"a", "bc", ""}, {"abc", "b"}},
      {"a*b+c?", {"b", "aabbc"}, {"ac", "bcc"}},
      {"(ab|c)*", {"", "abcab"}, {"aab"}},
      {"a{2}", {"aa"}, {"a", "aaa"}},
      {"a{2,}?", {"aa", "aaaa"}, {"a"}},
      {"(?:ab){1,2}", {"ab", "abab"}, {"", "ababab"}},
      {"a{,2}", {"a{,2}"}, {"aa"}},  // not a count in RE2 either
      {".", {"x", "\xC3\xA9"}, {"\n", "xy"}},
      {"[a-c\\d_-]+", {"abc1_-"}, {"d", ""}},
      {"[^a-c]", {"d", "]"}, {"a", "b"}},
      {"[]a]+", {"]a"}, {"b"}},
      {"\\w+@\\w+\\.com", {"me@there.com"}, {"me@there,com", "@there.com"}},
      {"^a$", {"a"}, {"aa"}},
      {"a\\b.*", {"a b", "a"}, {"ab"}},
      {"a\\Bb", {"ab"}, {}},
      {"\\x41\\x{e9}", {"A\xC3\xA9"}, {"A"}},
      {"(a*)*", {"", "aaa"}, {"b"}},
      {"\\S+\\s\\D", {"x y"}, {"x 1"}},
  };
  for (const Case& c : cases) {
    const Regex regex(c.pattern);
    for (const char* text : c.yes) EXPECT_TRUE(regex.matches_all(text)) << c.pattern << " on " << text;
    for (const char* text : c.no) EXPECT_FALSE(regex.matches_all(text)) << c.pattern << " on " << text;
  }
}

TEST(Regex, RefusesWhatItDoesNotKnow) {
  for (const char* pattern :
       {"(", ")", "a)", "[a", "*", "a|*", "\\", "\\p{L}", "(?i)a", "(?P<n>a)", "[[:alpha:]]", "a{2000}",
        "a{3,2}", "[b-a]", "\\xg", "\\1", "((((a{1000}){1000}){1000}){1000})"})
    EXPECT_THROW(Regex{pattern}, BadArgument) << pattern;
}

TEST(Regex, TakesNoExponentialTime) {
  EXPECT_FALSE(Regex("(a*)*(a|aa)*(a+)+b").matches_all(std::string(5000, 'a')));
  EXPECT_THROW(Regex(std::string(100000, '(')), BadArgument);
}

}  // namespace
}  // namespace modelconv
