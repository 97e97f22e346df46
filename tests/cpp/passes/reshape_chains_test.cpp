#include <gtest/gtest.h>

#include "passes/assert_rewrites.h"
#include "passes/fuse/fuse.h"

namespace modelconv::testing {
namespace {

TEST(FuseReshapeTranspose, MergedAxesThatAreSplitAgain) {
  const Rules rules = fuse_reshape_transpose_rules();
  expect_rewrites(rules,
                  "x: float32[2, 4, 5, 6]\n"
                  "t = Transpose[perm=[0, 2, 1]](Reshape(x, int64[3]{-1, 5, 6}))\n"
                  "y = Reshape(t, int64[4]{2, 4, 6, 5})",
                  "x: float32[2, 4, 5, 6]; y = Transpose[perm=[0, 1, 3, 2]](x)");
  // Sizes that are only known by name.
  expect_rewrites(rules,
                  "x: float32[N, 4, S, 6]\n"
                  "n = Shape[start=0, end=1](x); s = Shape[start=2, end=3](x)\n"
                  "a = Reshape(x, Concat[axis=0](int64[1]{-1}, s, int64[1]{6}))\n"
                  "t = Transpose[perm=[0, 2, 1]](a)\n"
                  "y = Reshape(t, Concat[axis=0](n, int64[1]{4}, int64[1]{6}, s))",
                  "x: float32[N, 4, S, 6]; y = Transpose[perm=[0, 1, 3, 2]](x)");
  expect_rewrites(rules,
                  "x: float32[2, 3, 4]\n"
                  "y = Relu(Reshape(Transpose[perm=[0, 1]](Reshape(x, int64[2]{6, 4})), int64[3]{2, 3, 4}))",
                  "x: float32[2, 3, 4]; y = Relu(x)");
}

TEST(FuseReshapeTranspose, OthersStay) {
  const Rules rules = fuse_reshape_transpose_rules();
  // The first Reshape splits.
  expect_unchanged(rules,
                   "x: float32[2, 12]; y = Reshape(Transpose[perm=[0, 2, 1]](Reshape(x, int64[3]{2, 3, 4})), "
                   "int64[2]{2, 12})");
  // The last splits elsewhere.
  expect_unchanged(
      rules,
      "x: float32[2, 4, 5, 6]; y = Reshape(Transpose[perm=[0, 2, 1]](Reshape(x, int64[3]{8, 5, 6})), "
      "int64[4]{4, 2, 6, 5})");
  // Merged across the border of two axes.
  expect_unchanged(
      rules,
      "x: float32[4, 3]; y = Reshape(Transpose[perm=[1, 0]](Reshape(x, int64[2]{2, 6})), int64[2]{3, 4})");
  // The Transpose is needed elsewhere.
  expect_unchanged(rules,
                   "x: float32[2, 4, 5, 6]\n"
                   "t = Transpose[perm=[0, 2, 1]](Reshape(x, int64[3]{8, 5, 6}))\n"
                   "y = Reshape(t, int64[4]{2, 4, 6, 5}); z = Relu(t)");
}

TEST(UseConstantReshapeShape, WhereTheSizesAreThoseOfTheInput) {
  const Rules rules = fuse_reshape_rules();
  const std::string sizes =
      "x: float32[N, S, 12]; n = Shape[start=0, end=1](x); s = Shape[start=1, end=2](x)\n";
  const std::string split = "x: float32[N, S, 12]; y = Reshape(x, int64[4]{0, 0, 3, 4})";
  expect_rewrites(rules, sizes + "y = Reshape(x, Concat[axis=0](n, s, int64[1]{3}, int64[1]{4}))", split);
  expect_rewrites(
      rules, sizes + "y = Reshape[allowzero=1](x, Concat[axis=0](n, s, int64[1]{3}, int64[1]{-1}))", split);
  // Two sizes that stand elsewhere in the input.
  expect_unchanged(rules, sizes + "y = Reshape(x, Concat[axis=0](s, n, int64[1]{12}))");
  // 0 is a size here, not a copy.
  expect_unchanged(rules, "x: float32[0, 3]; y = Reshape[allowzero=1](x, int64[2]{3, 0})");
}

TEST(FuseReshapeMatMul, RestoredAxes) {
  const Rules rules = fuse_reshape_matmul_rules();
  expect_rewrites(
      rules,
      "x: float32[2, 3, 4]\n"
      "y = Reshape(Gemm(Reshape(x, int64[2]{-1, 4}), random[4, 5], random[5]), int64[3]{2, 3, 5})",
      "x: float32[2, 3, 4]; y = Add(MatMul(x, random[4, 5]), random[5])");
  expect_rewrites(rules,
                  "x: float32[N, S, 4]\n"
                  "n = Shape[start=0, end=2](x)\n"
                  "m = MatMul(Reshape(x, int64[2]{-1, 4}), random[4, 5])\n"
                  "y = Reshape(m, Concat[axis=0](n, int64[1]{5}))",
                  "x: float32[N, S, 4]; y = MatMul(x, random[4, 5])");
}

TEST(FuseReshapeMatMul, OthersStay) {
  const Rules rules = fuse_reshape_matmul_rules();
  const std::string flat = "x: float32[2, 3, 4]; f = Reshape(x, int64[2]{-1, 4})\n";
  // Split into heads at once: nothing would be gained.
  expect_unchanged(rules, flat + "y = Reshape(Gemm(f, random[4, 6], random[6]), int64[4]{2, 3, 2, 3})");
  expect_unchanged(rules, flat + "y = Reshape(Gemm(f, random[4, 5], random[5]), int64[3]{3, 2, 5})");
  expect_unchanged(rules,
                   flat + "y = Reshape(Gemm[transB=1](f, random[5, 4], random[5]), int64[3]{2, 3, 5})");
  expect_unchanged(rules,
                   flat + "y = Reshape(Gemm[alpha=0.5](f, random[4, 5], random[5]), int64[3]{2, 3, 5})");
  expect_unchanged(rules, flat + "y = Reshape(Gemm(f, random[4, 5], random[6, 5]), int64[3]{2, 3, 5})");
  expect_unchanged(rules,
                   flat + "m = MatMul(f, random[4, 5]); y = Reshape(m, int64[3]{2, 3, 5}); z = Relu(m)");
  // The Reshape moves elements from one row to the next.
  expect_unchanged(rules,
                   "x: float32[2, 3, 4]; y = Reshape(MatMul(Reshape(x, int64[2]{-1, 2}), random[2, 4]), "
                   "int64[3]{2, 6, 4})");
}

}  // namespace
}  // namespace modelconv::testing
