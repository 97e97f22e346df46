#include "base/unique_names.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace modelconv {
namespace {

TEST(UniqueNames, FirstFreeNumber) {
  UniqueNames names;
  EXPECT_EQ(names.take("x"), "x");
  EXPECT_EQ(names.take("x_2"), "x_2");
  EXPECT_EQ(names.take("x"), "x_1");
  EXPECT_EQ(names.take("x"), "x_3");
  EXPECT_EQ(names.take("x_1"), "x_1_1");
  EXPECT_EQ(names.take(""), "");
  EXPECT_EQ(names.take(""), "_1");
}

TEST(UniqueNames, ManyOfOneName) {
  UniqueNames names;
  std::unordered_set<std::string> taken;
  constexpr size_t kMany = 200'000;
  for (size_t i = 0; i < kMany; ++i) taken.insert(names.take("value"));
  EXPECT_EQ(taken.size(), kMany);
}

}  // namespace
}  // namespace modelconv
