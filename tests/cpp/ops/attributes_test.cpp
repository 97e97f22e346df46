#include "ops/attributes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace modelconv {
namespace {

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const MalformedModelError& error) {
    return error.what();
  }
  return "";
}

TEST(Attributes, DefaultsComeFromTheSchema) {
  Graph graph;
  const Node& node = graph.add_node("LeakyRelu", {&graph.add_input("x", {})}, {}, {"y"}, "act");
  EXPECT_FLOAT_EQ(float_attr(node, "alpha"), 0.01F);
  EXPECT_FALSE(optional_float(node, "alpha"));
  const Node& softmax = graph.add_node("Softmax", {&graph.add_input("x", {})}, {{"axis", int64_t{2}}});
  EXPECT_EQ(int_attr(softmax, "axis"), 2);
  EXPECT_EQ(optional_int(softmax, "axis"), 2);
  const Node& gelu = graph.add_node("Gelu", {&graph.add_input("x", {})});
  EXPECT_EQ(string_attr(gelu, "approximate"), "none");
}

TEST(Attributes, ErrorsNameNodeAttributeAndKinds) {
  Graph graph;
  Value& x = graph.add_input("x", {});
  const Node& cast = graph.add_node("Cast", {&x}, {}, {"y"}, "narrow");
  EXPECT_THAT(message_of([&] { int_attr(cast, "to"); }),
              testing::AllOf(testing::HasSubstr("narrow"), testing::HasSubstr("'to' is missing")));
  const Node& wrong = graph.add_node("LeakyRelu", {&x}, {{"alpha", int64_t{1}}}, {"z"}, "act");
  EXPECT_THAT(message_of([&] { float_attr(wrong, "alpha"); }),
              testing::AllOf(testing::HasSubstr("act"), testing::HasSubstr("must be a float"),
                             testing::HasSubstr("'int'")));
  const Node& odd = graph.add_node("Cast", {&x}, {{"to", int64_t{-4}}}, {"w"}, "odd");
  EXPECT_THAT(message_of([&] { dtype_attr(odd, "to"); }), testing::HasSubstr("not a data type"));
  EXPECT_THAT(message_of([&] { graph_attr(odd, "body"); }), testing::HasSubstr("'body' is missing"));
}

}  // namespace
}  // namespace modelconv
