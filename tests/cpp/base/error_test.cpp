#include "base/error.h"

#include <gtest/gtest.h>

namespace modelconv {
namespace {

TEST(Error, TextHasOnlyTheLinesThatAreKnown) {
  EXPECT_STREQ(FileError("no such file").what(), "no such file");
  const Error full = MalformedModelError("tensor 'w' ends at byte 9")
                         .in("file 'm.onnx'")
                         .because("it has 8")
                         .hint("download again");
  EXPECT_STREQ(
      full.what(),
      "tensor 'w' ends at byte 9\n  where: file 'm.onnx'\n  why:   it has 8\n  try:   download again");
}

TEST(Error, PlacesAreListedFromTheInsideOut) {
  EXPECT_EQ(ShapeError("x").in("tensor 'w'").in("file 'm.onnx'").where(), "tensor 'w', file 'm.onnx'");
}

TEST(Error, EnsureFormatsItsMessage) {
  try {
    ENSURE(2 + 2 == 5, ShapeError, "{} is not {}", 4, 5);
    FAIL() << "ENSURE did not throw";
  } catch (const ShapeError& error) {
    EXPECT_EQ(error.message(), "4 is not 5");
  }
}

TEST(UnsupportedOpError, NamesEveryOpAndCountsFurtherNodes) {
  const UnsupportedOpError error("raising tensorflow", {{"tf.Foo", {"a", "b", "c", "d", "e", "f"}, ""},
                                                        {"tf.Bar", {"g"}, "dynamic rank"}});
  EXPECT_STREQ(error.what(),
               "raising tensorflow: 2 operator types are not supported\n"
               "  tf.Foo ('a', 'b', 'c', 'd', 'e' and 1 more)\n"
               "  tf.Bar ('g'): dynamic rank");
}

TEST(NearestNames, BestFirstAndNothingFar) {
  EXPECT_EQ(nearest_names("conv1_w", {"conv1_b", "conv1_w0", "fc"}),
            (std::vector<std::string>{"conv1_b", "conv1_w0"}));
  EXPECT_TRUE(nearest_names("x", {"completely_different"}).empty());
}

TEST(NearestNames, APartOfALongName) {
  EXPECT_EQ(
      nearest_names("Softmax", {"network/head/Softmax", "network/head/Softmax_1", "network/SoftmaxHead"}),
      (std::vector<std::string>{"network/head/Softmax", "network/head/Softmax_1"}));
  EXPECT_EQ(nearest_names("fuse_conv", {"fuse_casts", "fuse_conv_affine"}),
            (std::vector<std::string>{"fuse_conv_affine", "fuse_casts"}));
}

}  // namespace
}  // namespace modelconv
