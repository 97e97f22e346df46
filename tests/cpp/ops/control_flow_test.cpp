// If, Loop, Scan, sequences and optionals on constants.
#include "base/error.h"
#include "ops/run_text.h"

namespace modelconv {
namespace {

TEST(ControlFlow, TakesTheBranch) {
  const std::string branches = "](c)\n";
  for (const bool holds : {true, false})
    expect_result("c = Identity(bool[]{" + std::string(holds ? "true" : "false") +
                      "})\n"
                      "y = If[then_branch=graph t() -> (a) { a = Identity(int64[2]{1, 2}) },\n"
                      "else_branch=graph e() -> (b) { b = Identity(int64[1]{3}) }" +
                      branches,
                  holds ? "int64[2]{1, 2}" : "int64[1]{3}");
}

// Adds the iteration's number to a value that grows by one element each time.
std::string loop(const std::string& outputs, const std::string& inputs) {
  return outputs +
         " = Loop[body=graph b(i, c, v: int64[...]) -> (d, w, s) {\n"
         "  n = Unsqueeze(i, int64[1]{0})\n"
         "  w = Concat[axis=0](v, n)\n"
         "  d = Less(i, 2)\n"
         "  s = Mul(n, int64[1]{10})\n"
         "}](" +
         inputs + ", int64[1]{7})";
}

TEST(ControlFlow, LoopsWhileBothHold) {
  expect_result(loop("y, z", "2, _"), "int64[3]{7, 0, 1}");
  expect_result(loop("y, z", "_, bool[]{true}"), "int64[4]{7, 0, 1, 2}");
  expect_result(loop("z, y", "100, bool[]{true}"), "int64[3, 1]{0, 10, 20}");
  expect_result(loop("y, z", "100, bool[]{false}"), "int64[1]{7}");
  expect_result(loop("z, y", "0, _"), "int64[0, 1]{}");
}

std::string scan(const std::string& attrs, const std::string& outputs) {
  return outputs + " = Scan[num_scan_inputs=1" + attrs +
         ", body=graph b(s, x) -> (t, o) {\n"
         "  t = Add(s, x)\n"
         "  o = Identity(t)\n"
         "}](int64[2]{0, 0}, int64[3, 2]{1, 2, 3, 4, 5, 6})";
}

TEST(ControlFlow, ScansInBothDirections) {
  expect_result(scan("", "y, z"), "int64[2]{9, 12}");
  expect_result(scan("", "z, y"), "int64[3, 2]{1, 2, 4, 6, 9, 12}");
  expect_result(scan(", scan_input_directions=[1]", "z, y"), "int64[3, 2]{5, 6, 8, 10, 9, 12}");
  expect_result(scan(", scan_output_directions=[1]", "z, y"), "int64[3, 2]{9, 12, 4, 6, 1, 2}");
  expect_result(scan(", scan_output_axes=[-1]", "z, y"), "int64[2, 3]{1, 4, 9, 2, 6, 12}");
}

TEST(Sequences, AreBuiltAndTakenApart) {
  const std::string s = "s = SequenceConstruct(int64[1]{1}, int64[2]{2, 3})\n";
  expect_result(s + "y = SequenceLength(s)", "int64[]{2}");
  expect_result(s + "y = SequenceAt(s, -1)", "int64[2]{2, 3}");
  expect_result(s + "y = ConcatFromSequence[axis=0](SequenceInsert(s, int64[1]{9}, 0))",
                "int64[4]{9, 1, 2, 3}");
  expect_result(s + "y = ConcatFromSequence[axis=0](SequenceInsert(s, int64[1]{9}))", "int64[4]{1, 2, 3, 9}");
  expect_result(s + "y = ConcatFromSequence[axis=0](SequenceErase(s, 0))", "int64[2]{2, 3}");
  expect_result(s + "y = SequenceLength(SequenceEmpty[dtype=7]())", "int64[]{0}");
  expect_result(
      "y = ConcatFromSequence[axis=1, new_axis=1](SequenceConstruct(int64[2]{1, 2}, int64[2]{3, 4}))",
      "int64[2, 2]{1, 3, 2, 4}");
  expect_result("y = SequenceAt(SplitToSequence(int64[5]{1, 2, 3, 4, 5}, 2), 2)", "int64[1]{5}");
  expect_result("y = SequenceAt(SplitToSequence[keepdims=0](int64[2]{1, 2}), 1)", "int64[]{2}");
  expect_result(s + "y = SequenceAt(SequenceMap[body=graph b(a) -> (r) { r = Shape(a) }](s), 1)",
                "int64[1]{2}");
  for (const char* bad : {"y = SequenceAt(s, 2)", "y = SequenceAt(s, -3)",
                          "y = SequenceLength(SequenceInsert(s, int64[1]{1}, 3))"})
    EXPECT_THROW(run_constants("graph g() -> (y) {\n" + s + bad + "\n}"), ShapeError) << bad;
}

TEST(Optionals, HoldSomethingOrNothing) {
  expect_result("y = OptionalHasElement(Optional(int64[1]{1}))", "bool[]{true}");
  expect_result("y = OptionalHasElement(Optional[type=int64[1]]())", "bool[]{false}");
  expect_result("y = OptionalHasElement()", "bool[]{false}");
  expect_result("y = OptionalGetElement(Optional(int64[1]{1}))", "int64[1]{1}");
  EXPECT_THROW(run_constants("graph g() -> (y) { y = OptionalGetElement(Optional[type=int64[1]]()) }"),
               ShapeError);
}

}  // namespace
}  // namespace modelconv
