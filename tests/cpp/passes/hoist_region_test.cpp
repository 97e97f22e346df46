#include <gtest/gtest.h>

#include "passes/assert_rewrites.h"
#include "passes/layout/layout.h"

namespace modelconv::testing {
namespace {

TEST(HoistTranspose, AboveExpressionsOfOneValue) {
  const Rules rules = {hoist_transpose_above_region_rule()};
  expect_rewrites(rules, "x: float32[2, 3, 4]; y = Transpose[perm=[0, 2, 1]](Mul(x, Sigmoid(x)))",
                  "x: float32[2, 3, 4]; t = Transpose[perm=[0, 2, 1]](x); y = Mul(t, Sigmoid(t))");
  expect_rewrites(rules,
                  "x: float32[N, 3, 4]; e = Add(Erf(Div(x, 1.4142135)), 1.0)\n"
                  "y = Mul(Transpose[perm=[0, 2, 1]](Mul(x, e)), 0.5)",
                  "x: float32[N, 3, 4]; t = Transpose[perm=[0, 2, 1]](x)\n"
                  "e = Add(Erf(Div(t, 1.4142135)), 1.0)\n"
                  "y = Mul(Mul(t, e), 0.5)");
}

TEST(HoistTranspose, OthersStay) {
  const Rules rules = {hoist_transpose_above_region_rule()};
  // Two values would be transposed in place of one.
  expect_unchanged(rules,
                   "x: float32[2, 3]; z: float32[2, 3]; y = Transpose[perm=[1, 0]](Mul(x, Sigmoid(z)))");
  // An operand that is broadcast has other axes.
  expect_unchanged(rules, "x: float32[3, 3]; y = Transpose[perm=[1, 0]](Mul(x, Add(x, random[3])))");
  // A part of the expression is needed elsewhere.
  expect_unchanged(rules,
                   "x: float32[2, 3]; s = Sigmoid(x); y = Transpose[perm=[1, 0]](Mul(x, s)); z = Neg(s)");
  // Not elementwise.
  expect_unchanged(rules, "x: float32[2, 3]; y = Transpose[perm=[1, 0]](Mul(x, Softmax(x)))");
}

}  // namespace
}  // namespace modelconv::testing
