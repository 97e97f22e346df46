#include "ir/op_name.h"

#include <gtest/gtest.h>

namespace modelconv {
namespace {

TEST(OpName, TextSplitsAtTheLastDot) {
  const struct {
    const char *text, *domain, *name;
  } cases[] = {
      {"Conv", "", "Conv"},
      {"tf.Conv2D", "tf", "Conv2D"},
      {"com.microsoft.Gelu", "com.microsoft", "Gelu"},
      {"", "", ""},
      {"domain.", "domain", ""},
      {"{a.b}", "", "a.b"},
      {"acme.{v1.Gelu}", "acme", "v1.Gelu"},
      {"acme.{odd}}", "acme", "odd}"},
  };
  for (const auto& [text, domain, name] : cases) {
    const OpName op(text);
    EXPECT_EQ(op.domain(), domain) << text;
    EXPECT_EQ(op.name(), name) << text;
    EXPECT_EQ(op.str(), text);
    EXPECT_TRUE(op == OpName(domain, name)) << text;
  }
}

TEST(OpName, ANameWithADotIsNotADomain) {
  EXPECT_FALSE(OpName("", "a.b") == OpName("a", "b"));
  EXPECT_TRUE(OpName("", "a.b").is_canonical());
}

TEST(OpName, OrderIsAlphabetical) {
  EXPECT_TRUE(OpName("Add") < OpName("Mul"));
  EXPECT_FALSE(OpName("Mul") < OpName("Add"));
  EXPECT_EQ(OpName("Add").hash(), OpName(std::string("Add")).hash());
  EXPECT_TRUE(OpName() == OpName(""));
}

}  // namespace
}  // namespace modelconv
