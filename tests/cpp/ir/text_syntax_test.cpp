#include "ir/text_syntax.h"

#include <gtest/gtest.h>

namespace modelconv::syntax {
namespace {

// What rewrite patterns use of the grammar.
TEST(TextSyntax, PatternsHaveOptionalOperandsAlternativesAndRests) {
  const std::vector<Statement> statements =
      parse_statements("y = BatchNormalization(c = Conv|ConvTranspose[group=1](x, w, b?), _, 1.0, *rest)");
  ASSERT_EQ(statements.size(), 1U);
  EXPECT_EQ(statements[0].results[0].name, "y");
  const Call& root = *statements[0].value->call;
  EXPECT_TRUE(root.ops[0] == "BatchNormalization");
  ASSERT_EQ(root.operands.size(), 4U);

  const Operand& inner = root.operands[0];
  EXPECT_EQ(inner.kind, Operand::Kind::call);
  EXPECT_EQ(inner.name, "c");
  EXPECT_TRUE(inner.call->ops == (std::vector<OpName>{"Conv", "ConvTranspose"}));
  EXPECT_EQ(inner.call->attributes[0].name, "group");
  EXPECT_EQ(inner.call->operands[1].name, "w");
  EXPECT_FALSE(inner.call->operands[1].optional);
  EXPECT_TRUE(inner.call->operands[2].optional);

  EXPECT_EQ(root.operands[1].kind, Operand::Kind::missing);
  EXPECT_EQ(root.operands[2].kind, Operand::Kind::literal);
  EXPECT_EQ(root.operands[2].literal.to_double()[0], 1.0);
  EXPECT_EQ(root.operands[3].kind, Operand::Kind::rest);
  EXPECT_EQ(root.operands[3].name, "rest");
}

TEST(TextSyntax, ACallAloneHasNoResults) {
  const std::vector<Statement> statements = parse_statements("Relu(Conv(x, w))");
  EXPECT_TRUE(statements[0].results.empty());
  EXPECT_TRUE(statements[0].value->call->ops[0] == "Relu");
}

TEST(TextSyntax, PlacesCountFromOne) {
  EXPECT_EQ(place_of("ab\ncd\n", 0), "line 1, column 1");
  EXPECT_EQ(place_of("ab\ncd\n", 4), "line 2, column 2");
  EXPECT_EQ(place_of("ab\ncd\n", 6), "line 3, column 1");
}

}  // namespace
}  // namespace modelconv::syntax
