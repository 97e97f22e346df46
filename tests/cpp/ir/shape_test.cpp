#include "ir/shape.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "ir/type.h"

namespace modelconv {
namespace {

const Dim n = Dim::symbol("N"), m = Dim::symbol("M"), unknown;

template <class Function>
std::string shape_error(const Function& function) {
  try {
    function();
  } catch (const ShapeError& error) {
    return error.message();
  }
  return "no error";
}

TEST(Shape, WhatIsKnownOfIt) {
  EXPECT_EQ(Shape().str(), "[...]");
  EXPECT_EQ(Shape(std::vector<Dim>{}).str(), "[]");
  EXPECT_EQ(Shape({n, 3, unknown, n * 2}).str(), "[N, 3, ?, 2*N]");
  EXPECT_EQ(Shape({2, n, 3}).element_count().str(), "6*N");
  EXPECT_TRUE(Shape({2, unknown, 3}).element_count().is_unknown());
  EXPECT_TRUE(Shape().element_count().is_unknown());
  EXPECT_EQ(Shape::of({2, 3}).static_dims(), (Dims{2, 3}));
  EXPECT_FALSE(Shape({2, n}).static_dims());
  EXPECT_FALSE(Shape().is_static());
  EXPECT_TRUE(Shape({n, 2}).equals({n, 2}));
  EXPECT_FALSE(Shape({unknown}).equals({unknown}));
  EXPECT_FALSE(Shape().equals(Shape()));
}

TEST(Shape, MergingTakesWhatIsKnown) {
  const struct {
    Shape first, second;
    const char* merged;
  } cases[] = {
      {{}, {n, 3}, "[N, 3]"},     {{n, 3}, {}, "[N, 3]"},     {{n, unknown}, {2, m}, "[2, M]"},
      {{n, 3}, {m, 3}, "[N, 3]"}, {{4, 3}, {n, 3}, "[4, 3]"},
  };
  for (const auto& [first, second, merged] : cases) EXPECT_EQ(first.merged_with(second).str(), merged);
  EXPECT_EQ(shape_error([] { (void)Shape({2, n}).merged_with({3, n}); }),
            "shapes [2, N] and [3, N] contradict each other");
  EXPECT_FALSE(Shape({n}).compatible_with({n, m}));
}

TEST(Shape, Broadcasting) {
  const struct {
    Shape first, second;
    const char* result;
  } cases[] = {
      {{2, 3}, {3}, "[2, 3]"},
      {{2, 1}, {1, 3}, "[2, 3]"},
      {{n, 3}, {1}, "[N, 3]"},
      {{n}, {n}, "[N]"},
      {{n}, {m}, "[?]"},
      {{n}, {5}, "[5]"},
      {{unknown}, {1}, "[?]"},
      {{unknown}, {7}, "[7]"},
      {Shape(), {2}, "[...]"},
      {{0}, {1}, "[0]"},
      {Shape(std::vector<Dim>{}), {n, 2}, "[N, 2]"},
  };
  for (const auto& [first, second, result] : cases) {
    EXPECT_EQ(broadcast(first, second).str(), result);
    EXPECT_EQ(broadcast(second, first).str(), result);
  }
  EXPECT_EQ(broadcast(Dims{4, 1}, Dims{3}), (Dims{4, 3}));
  const char* message = "shapes [4, 2] and [3] do not broadcast: 2 meets 3 in axis 1 of the result";
  EXPECT_EQ(shape_error([] { (void)broadcast(Shape({4, 2}), Shape({3})); }), message);
  EXPECT_EQ(shape_error([] { (void)broadcast(Dims{4, 2}, Dims{3}); }), message);
}

TEST(Shape, AxesCountFromBothEnds) {
  EXPECT_EQ(normalize_axis(-1, 4), 3U);
  EXPECT_EQ(normalize_axis(0, 4), 0U);
  EXPECT_EQ(shape_error([] { normalize_axis(4, 4); }), "axis 4 is outside [-4, 4), the range for rank 4");
  EXPECT_EQ(shape_error([] { normalize_axis(0, 0); }), "axis 0 is outside [0, 0), the range for rank 0");
}

TEST(Type, SpellingMergingAndContradictions) {
  const Type tensor = Type::tensor(DType::float32, {n, 3}), any;
  EXPECT_EQ(tensor.str(), "float32[N, 3]");
  EXPECT_EQ(Type::tensor(DType::undefined).str(), "?[...]");
  EXPECT_EQ(Type::sequence(Type::optional(tensor)).str(), "seq(optional(float32[N, 3]))");
  EXPECT_EQ(any.str(), "?");
  EXPECT_EQ(Type::tensor(DType::undefined, {2, unknown}).merged_with(tensor).str(), "float32[2, 3]");
  EXPECT_EQ(Type::sequence(any).merged_with(Type::sequence(tensor)).str(), "seq(float32[N, 3])");
  EXPECT_FALSE(Type::sequence(tensor).compatible_with(tensor));
  EXPECT_FALSE(Type::tensor(DType::int8).compatible_with(tensor));
  EXPECT_TRUE(any.compatible_with(tensor));
  EXPECT_EQ(shape_error([&] { (void)tensor.merged_with(Type::sequence(any)); }),
            "types float32[N, 3] and seq(?) contradict each other");
}

}  // namespace
}  // namespace modelconv
