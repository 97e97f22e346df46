#include "ir/dim.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/error.h"

namespace modelconv {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max(), kLeast = std::numeric_limits<int64_t>::min();

Dim parsed(const std::string& text) { return Dim::parse(text); }

// Reading the first spelling gives what prints as the second, and reading that gives the same dimension again.
TEST(Dim, NormalForm) {
  const struct {
    const char *text, *normal;
  } cases[] = {
      {"224", "224"},
      {"-3", "-3"},
      {"?", "?"},
      {"N", "N"},
      {"N*4/2", "2*N"},
      {"1 + 2*N", "2*N + 1"},
      {"N - 1 + M", "M + N - 1"},
      {"N - N", "0"},
      {"(N + 1)*(N - 1)", "N*N - 1"},
      {"c*b*a", "a*b*c"},
      {"-N + 3", "-N + 3"},
      {"3 - 2*N*N", "-2*N*N + 3"},
      {"floor(2*N/2)", "N"},
      {"N*C*H*W/C", "H*N*W"},
      {"(N*C + N)/(C + 1)", "N"},
      {"floor((a*b + c)/b)", "a + floor(c/b)"},
      {"2*floor(N/2)", "2*floor(N/2)"},
      {"floor(3*N/2)", "N + floor(N/2)"},
      {"floor((N - 1)/2) + 1", "floor((N + 1)/2)"},
      {"floor((4*N + 6)/8)", "floor((N + 1)/2)"},
      {"floor((4*N + 3)/8)", "floor(N/2)"},
      {"floor(floor(H/2)/2)", "floor(H/4)"},
      {"floor((floor((H - 1)/2) + 1 - 1)/2) + 1", "floor((H + 3)/4)"},
      {"floor(N*M/(2*N))", "floor(M/2)"},
      {"floor(N/(2*N))", "0"},
      {"floor(-N/3)", "-N + floor(2*N/3)"},
      {"floor(a/(b + 1))", "floor(a/(b + 1))"},
      {"floor(a/(2*b))", "floor(a/(2*b))"},
      {"floor((a + 1)/(-b))", "floor((-a - 1)/b)"},
      {"ceil(N/2)", "floor((N + 1)/2)"},
      {"ceil(H/32)", "floor((H + 31)/32)"},
      {"ceil(2*N/2)", "N"},
      {"ceil(M/N)", "floor((M - 1)/N) + 1"},
      {"mod(N, 32)", "N - 32*floor(N/32)"},
      {"mod(32*N + 5, 32)", "5"},
      {"min(N, 5)", "min(N, 5)"},
      {"min(5, N)", "min(N, 5)"},
      {"min(N, N + 1)", "N"},
      {"max(N, 0)", "N"},
      {"max(-1, N)", "N"},
      {"max(N, -N)", "N"},
      {"min(floor(N/2), N)", "floor(N/2)"},
      {"max(min(N, 5), 0)", "min(N, 5)"},
      {"min(min(a, b), min(c, 3), 7)", "min(a, b, c, 3)"},
      {"max(mod(N, 8), 0)", "N - 8*floor(N/8)"},
      {"min(mod(N, 8), 8)", "N - 8*floor(N/8)"},
      {"min(2*ceil(N/2), N)", "N"},
      {"max(min(N, 5) - min(N, 2), 0)", "-min(N, 2) + min(N, 5)"},
      {"p2o.DynamicDimension.0", "p2o.DynamicDimension.0"},
      {"\"batch size\"", "\"batch size\""},
      {"2*\"2*N+1\"", "2*\"2*N+1\""},
      {"?0 + ?17", "?0 + ?17"},
      {"floor + 1", "floor + 1"},
      {" ( N ) ", "N"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"-9223372036854775808*N", "-9223372036854775808*N"},
      {"3 - 9223372036854775808*N", "-9223372036854775808*N + 3"},
  };
  for (const auto& [text, normal] : cases) {
    const Dim dim = parsed(text);
    EXPECT_EQ(dim.str(), normal) << text;
    EXPECT_EQ(parsed(normal).str(), normal) << text;
    EXPECT_EQ(parsed(normal) == dim, !dim.is_unknown()) << text;
  }
}

TEST(Dim, SameAndNotProvablySame) {
  EXPECT_TRUE(parsed("N*4/2") == parsed("2*N"));
  EXPECT_FALSE(parsed("2*floor(N/2)") == parsed("N"));
  EXPECT_FALSE(parsed("N") == parsed("M"));
  EXPECT_FALSE(Dim() == Dim());
  EXPECT_FALSE(Dim(3) == parsed("N"));
  EXPECT_TRUE(Dim(3) == 3);
}

TEST(Dim, SymbolsAreAnyText) {
  for (const char* name :
       {"N", "2*N+1", "batch size", "?", "?0", "?a b", "floor", "0", "a\"b\\c", "ünïcode", "\xFF\n"}) {
    const Dim symbol = Dim::symbol(name);
    EXPECT_EQ(symbol.as_symbol(), name);
    EXPECT_TRUE(parsed(symbol.str()) == symbol) << symbol.str();
  }
  EXPECT_EQ(Dim::symbol("?0").str(), "?0");
  EXPECT_EQ(Dim::symbol("2*N").str(), "\"2*N\"");
  EXPECT_TRUE(Dim::symbol("").is_unknown());
  EXPECT_EQ(parsed("N + 1").as_symbol(), std::nullopt);
  EXPECT_EQ(parsed("floor((H + 1)/W)*min(N, M) + H").symbols(),
            (std::vector<std::string>{"H", "M", "N", "W"}));
}

TEST(Dim, OverflowIsUnknownAndNeverUndefined) {
  EXPECT_TRUE((Dim(kMost) + 1).is_unknown());
  EXPECT_TRUE((Dim(kLeast) - 1).is_unknown());
  EXPECT_TRUE((Dim(kMost) * 2).is_unknown());
  EXPECT_TRUE(floor_div(kLeast, -1).is_unknown());
  EXPECT_TRUE((parsed("N") * kMost * 2).is_unknown());
  EXPECT_TRUE((parsed("N") * kMost + parsed("N")).is_unknown());
  EXPECT_TRUE((parsed("N") * kLeast * -1).is_unknown());
  EXPECT_EQ(mod(kLeast, -1).str(), "0");
  EXPECT_TRUE(floor_div(parsed("N") * kLeast, -1).is_unknown());
  EXPECT_TRUE(floor_div(parsed("N"), 0).is_unknown());
  EXPECT_EQ((Dim() * 0).str(), "0");
  Dim power = parsed("N");
  for (int i = 0; i < 100; ++i) power = power * power;
  EXPECT_TRUE(power.is_unknown());
  Dim nested = parsed("N");
  for (int i = 0; i < 1000; ++i) nested = floor_div(nested + parsed("M"), parsed("K"));
  EXPECT_TRUE(nested.is_unknown());
}

TEST(Dim, Numbers) {
  for (const int64_t a : {-7, -6, -1, 0, 1, 6, 7}) {
    for (const int64_t b : {-3, -2, -1, 1, 2, 3}) {
      const auto exact = static_cast<double>(a) / static_cast<double>(b);
      EXPECT_EQ(floor_div(a, b).value(), static_cast<int64_t>(std::floor(exact)));
      EXPECT_EQ(ceil_div(a, b).value(), static_cast<int64_t>(std::ceil(exact)));
      EXPECT_EQ(mod(a, b).value(), a - b * floor_div(a, b).value());
    }
  }
  EXPECT_EQ(floor_div(kLeast, kLeast).value(), 1);
  EXPECT_EQ(floor_div(kMost, kLeast).value(), -1);
  EXPECT_THROW(parsed("N").value(), InternalError);
}

TEST(Dim, ExactDivision) {
  EXPECT_EQ(Dim::divide_exactly(parsed("N*C*H*W"), parsed("C*N"))->str(), "H*W");
  EXPECT_EQ(Dim::divide_exactly(parsed("6*N + 4"), 2)->str(), "3*N + 2");
  EXPECT_EQ(Dim::divide_exactly(parsed("6*N"), -2)->str(), "-3*N");
  EXPECT_EQ(Dim::divide_exactly(0, parsed("N"))->str(), "0");
  EXPECT_FALSE(Dim::divide_exactly(parsed("N"), 2));
  EXPECT_FALSE(Dim::divide_exactly(7, 2));
  EXPECT_FALSE(Dim::divide_exactly(parsed("N"), 0));
  EXPECT_FALSE(Dim::divide_exactly(parsed("N"), Dim()));
}

TEST(Dim, LowerBounds) {
  const struct {
    const char* text;
    std::optional<int64_t> bound;
  } cases[] = {
      {"N", 0},
      {"N + 3", 3},
      {"-N", std::nullopt},
      {"N - M", std::nullopt},
      {"N*M + 1", 1},
      {"min(N, 7)", 0},
      {"max(N, 7)", 7},
      {"-min(N, 7)", -7},
      {"mod(N, 8)", 0},
      {"7 - mod(N, 8)", 0},
      {"floor(N/2)", 0},
      {"floor((N+9)/2)", 4},
      {"N - floor(N/3)", 0},
      {"floor(N/M)", 0},
      {"4", 4},
      {"2*ceil(N/2) - N", 0},
  };
  for (const auto& [text, bound] : cases) EXPECT_EQ(parsed(text).lower_bound(), bound) << text;
}

TEST(Dim, Substitution) {
  const Dim dim = parsed("floor((H + 1)/2)*C + min(N, 4)");
  EXPECT_EQ(dim.substitute({{"H", 7}, {"N", 9}}).str(), "4*C + 4");
  EXPECT_EQ(dim.substitute({{"H", parsed("2*K - 1")}, {"C", 3}, {"N", 1}}).str(), "3*K + 1");
  EXPECT_TRUE(dim.substitute({{"H", Dim()}}).is_unknown());
  EXPECT_EQ(parsed("N + M").substitute({{"N", parsed("M")}, {"M", parsed("N")}}).str(), "M + N");
}

TEST(Dim, WhatIsNotADimension) {
  for (const char* text : {"", "N +", "* 2", "(N", "N)", "2 N", "N/2", "foo(N)", "floor(N", "mod(N)", "\"N",
                           "\"\"", "99999999999999999999", "N + ?", "a-", "min(N/2, 3)", "\"\\q\""})
    EXPECT_THROW(parsed(text), BadArgument) << text;
  EXPECT_THROW(parsed(std::string(100000, '(')), BadArgument);
}

// Random expressions: the normal form has the value of what it was made from, bounds hold, and spelling loses nothing.
class RandomExpressions {
 public:
  RandomExpressions(uint32_t seed, Dim n, Dim m) : random_(seed), n_(std::move(n)), m_(std::move(m)) {}
  Dim next(int depth) {
    const auto pick = [&](int64_t low, int64_t high) {
      return low + static_cast<int64_t>(random_()) % (high - low + 1);
    };
    if (depth == 0) {
      const int64_t kind = pick(0, 3);
      return kind == 0 ? n_ : kind == 1 ? m_ : Dim(pick(-9, 9));
    }
    const Dim a = next(depth - 1), b = next(depth - 1);
    switch (pick(0, 7)) {
      case 0: return a - b;
      case 1: return a * b;
      case 2: return floor_div(a, pick(1, 6));
      case 3: return ceil_div(a, m_);
      case 4: return mod(a, pick(1, 6));
      case 5: return min(a, b);
      case 6: return max(a, b);
      default: return a + b;
    }
  }

 private:
  std::mt19937 random_;
  Dim n_, m_;
};

TEST(Dim, NormalFormKeepsTheValue) {
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    const Dim symbolic = RandomExpressions(seed, Dim::symbol("N"), Dim::symbol("M")).next(4);
    if (symbolic.is_unknown()) continue;
    EXPECT_TRUE(parsed(symbolic.str()) == symbolic) << symbolic.str();
    for (const auto& [n, m] : {std::pair(0, 1), std::pair(1, 1), std::pair(5, 3), std::pair(16, 7)}) {
      const Dim expected = RandomExpressions(seed, n, m).next(4);
      const Dim found = symbolic.substitute({{"N", n}, {"M", m}});
      ASSERT_EQ(found.str(), expected.str())
          << "seed " << seed << ": " << symbolic.str() << " at N=" << n << " M=" << m;
      ASSERT_GE(expected.value(), symbolic.lower_bound().value_or(kLeast)) << symbolic.str();
    }
  }
}

}  // namespace
}  // namespace modelconv
