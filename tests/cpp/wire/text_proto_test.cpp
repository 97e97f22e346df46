#include "wire/text_proto.h"

#include <gtest/gtest.h>

#include <cmath>

namespace modelconv::text_proto {
namespace {

const Value& only(const Message& message, const char* name) {
  const auto* values = message.find(name);
  if (values == nullptr || values->size() != 1)
    throw std::runtime_error(std::string("not one value: ") + name);
  return values->front();
}

// The value of `x` in "x: <text>".
Value value(const std::string& text) {
  Message message = parse("x: " + text);
  return std::move(message.fields.at("x").at(0));
}

std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const MalformedModelError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TextProto, ReadsAllFormsOfFields) {
  const Message root = parse(R"(
    # comment
    name: "LeNet"  # another
    layer { name: 'conv' bottom: "data" bottom: "more", param < lr_mult: 1 >; }
    layer: { name: "relu" dims: [1, -2, 0x10] empty: [] }
    list [{ a: 1 }, < a: 2 >]
    [type.googleapis.com/my.Message] { anything: 1 }
  )");
  EXPECT_EQ(only(root, "name").as_string(), "LeNet");
  const auto& layers = *root.find("layer");
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].line, 4);
  EXPECT_EQ(layers[0].as_message().find("bottom")->at(1).as_string(), "more");
  EXPECT_EQ(only(only(layers[0].as_message(), "param").as_message(), "lr_mult").as_int64(), 1);
  EXPECT_EQ(layers[1].as_message().find("dims")->at(1).as_int64(), -2);
  EXPECT_EQ(layers[1].as_message().find("dims")->at(2).as_int64(), 16);
  EXPECT_TRUE(layers[1].as_message().find("empty")->empty());
  EXPECT_EQ(only(root.find("list")->at(1).as_message(), "a").as_int64(), 2);
  EXPECT_NE(root.find("[type.googleapis.com/my.Message]"), nullptr);
}

TEST(TextProto, ResolvesEscapesAndJoinsStrings) {
  EXPECT_EQ(value(R"("a" 'b' "c")").as_string(), "abc");
  EXPECT_EQ(value(R"("\n\t\\\"\'\?\101\x41\X4a\u00e9\U0001F600")").as_string(),
            "\n\t\\\"'?AAJ\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(value(R"("\0\0001\377")").as_string(), std::string("\0\0"
                                                               "1\377",
                                                               4));
  EXPECT_EQ(value(R"("# no comment")").as_string(), "# no comment");
}

TEST(TextProto, ReadsNumbers) {
  EXPECT_EQ(value("0x1F").as_int64(), 31);
  EXPECT_EQ(value("-017").as_int64(), -15);
  EXPECT_EQ(value("- 5").as_int64(), -5);
  EXPECT_EQ(value("-9223372036854775808").as_int64(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(value("18446744073709551615").as_uint64(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(value("1.5e-3").as_double(), 1.5e-3);
  EXPECT_EQ(value("2.5F").as_double(), 2.5);
  EXPECT_EQ(value("1f").as_double(), 1.0);
  EXPECT_EQ(value(".5").as_double(), 0.5);
  EXPECT_EQ(value("1.").as_double(), 1.0);
  EXPECT_EQ(value("-3").as_double(), -3.0);
  EXPECT_EQ(value("-inf").as_double(), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(value("nan").as_double()));
  EXPECT_TRUE(value("true").as_bool());
  EXPECT_FALSE(value("0").as_bool());
}

TEST(TextProto, RefusesWrongKinds) {
  EXPECT_THROW(value("1.5").as_int64(), MalformedModelError);
  EXPECT_THROW(value("9223372036854775808").as_int64(), MalformedModelError);
  EXPECT_THROW(value("-1").as_uint64(), MalformedModelError);
  EXPECT_THROW(value("1x").as_double(), MalformedModelError);
  EXPECT_THROW(value("MAX").as_double(), MalformedModelError);
  EXPECT_THROW(value("2").as_bool(), MalformedModelError);
  EXPECT_THROW(value("MAX").as_string(), MalformedModelError);
  EXPECT_THROW(value("'x'").as_message(), MalformedModelError);
}

TEST(TextProto, NamesLineAndColumn) {
  EXPECT_EQ(error_of("a: 1\n  b 2"), "line 2, column 5: expected ':' or '{', found '2'");
  EXPECT_EQ(error_of("a {\n"), "line 2, column 1: expected a name, found the end of the text");
  EXPECT_EQ(error_of("a: \"x\ny\""), "line 1, column 4: the string has no end on its line");
  EXPECT_EQ(error_of("a: }"), "line 1, column 4: expected a value, found '}'");
  EXPECT_EQ(error_of("a: [1 2]"), "line 1, column 7: expected ']', found '2'");
  EXPECT_NE(error_of("a: '\\q'").find("lacks its digits"), std::string::npos);
}

TEST(TextProto, LimitsTheDepth) {
  const auto nested = [](size_t depth) {
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += "a{";
    return text + std::string(depth, '}');
  };
  EXPECT_EQ(error_of(nested(kMaxDepth)), "no error");
  EXPECT_NE(error_of(nested(kMaxDepth + 1)).find("deeper than 100"), std::string::npos);
  EXPECT_NE(error_of(std::string(1000000, '{')).find("expected a name"), std::string::npos);
}

}  // namespace
}  // namespace modelconv::text_proto
