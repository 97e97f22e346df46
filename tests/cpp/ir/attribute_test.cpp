#include "ir/attribute.h"

#include <gtest/gtest.h>

namespace modelconv {
namespace {

TEST(Attrs, SortedByNameAndTheLastOneStays) {
  Attrs attrs = {{"pads", std::vector<int64_t>{1, 1}}, {"axis", int64_t{1}}, {"axis", int64_t{2}}};
  attrs.set("mode", std::string("linear"));
  std::string names;
  for (const auto& [name, value] : attrs) names += name + ":" + std::string(kind_of(value)) + " ";
  EXPECT_EQ(names, "axis:int mode:string pads:ints ");
  EXPECT_EQ(attrs.get_or<int64_t>("axis", 0), 2);
  EXPECT_EQ(attrs.get_or<int64_t>("missing", 7), 7);
  attrs.remove("axis");
  attrs.remove("missing");
  EXPECT_EQ(attrs.size(), 2U);
  EXPECT_FALSE(attrs.has("axis"));
}

TEST(Attrs, AnotherKindIsAnErrorThatNamesBoth) {
  const Attrs attrs = {{"axis", 1.0F}};
  try {
    attrs.get<int64_t>("axis");
    FAIL() << "no error";
  } catch (const MalformedModelError& error) {
    EXPECT_STREQ(error.what(),
                 "attribute 'axis' has the wrong kind\n  why:   it must be 'int' and is 'float'");
  }
}

}  // namespace
}  // namespace modelconv
