#include "passes/control/control.h"

#include <gtest/gtest.h>

#include "passes/assert_rewrites.h"

namespace modelconv::testing {
namespace {

std::string if_of(const std::string& condition) {
  return "c: bool[]; x: float32[2, 3]\n"
         "y = If[then_branch=graph t() -> (r: float32[2, 3]) { r = Neg(Exp(x)) }, "
         "else_branch=graph e() -> (r: float32[2, 3]) { r = Mul(x, random[3]) }](" +
         condition + ")\nz = Relu(y)";
}

TEST(Control, If) {
  const Rules rules = if_rules();
  expect_ops(rules, if_of("bool[]{true}"), {"Exp", "Neg", "Relu"});
  expect_ops(rules, if_of("bool[1]{false}"), {"Mul", "Relu"});
  expect_ops(rules, if_of("c"), {"If(Mul)(Exp, Neg)", "Relu"});
  expect_ops(rules,
             "graph main(c: bool[], x: float32[2]) -> (y: float32[2]) {\n"
             "a, b = If[then_branch=graph t() -> (r: float32[2], s: float32[2]) { r = Neg(x); s = Exp(x) }, "
             "else_branch=graph e() -> (r: float32[2], s: float32[2]) { r = Abs(x); s = Sin(x) }](c)\n"
             "y = Relu(b)\n}",
             {"If(Sin)(Exp)", "Relu"});
}

// An If inside a branch, and a branch that hands on what it captures.
TEST(Control, NestedIf) {
  expect_ops(if_rules(),
             "c: bool[]; x: float32[2]\n"
             "y = If[then_branch=graph t() -> (r: float32[2]) { r = If[then_branch=graph t2() -> (q: "
             "float32[2] = x) "
             "{}, else_branch=graph e2() -> (q: float32[2]) { q = Neg(x) }](c) }, "
             "else_branch=graph e() -> (s: float32[2]) { s = Exp(x) }](bool[]{true})",
             {"If(Neg)()"});
}

std::string loop_of(const std::string& trips, const std::string& condition, const std::string& body) {
  return "n: int64[]; x: float32[2, 3]\n"
         "a, s = Loop[body=graph b(i: int64[], go: bool[], v: float32[2, 3]) -> (on: bool[], w: float32[2, "
         "3], t: "
         "float32[2, 3]) {" +
         body + "}](" + trips + ", " + condition + ", x)\ny = Relu(a)\nz = Relu(s)";
}

TEST(Control, UnrollLoop) {
  const Rules rules = {loop_rules()[0]};
  const std::string plain = "on = Identity(go); w = Sin(v); t = Neg(v)";
  expect_ops(rules, loop_of("1", "bool[]{true}", plain), {"Sin", "Neg", "Unsqueeze", "Relu", "Relu"});
  expect_ops(rules, loop_of("2", "_", plain),
             {"Sin", "Neg", "Sin", "Neg", "Unsqueeze", "Unsqueeze", "Concat", "Relu", "Relu"});
  expect_ops(rules, loop_of("0", "_", plain), {"Relu", "Relu"});
  expect_ops(rules, loop_of("5", "bool[]{false}", plain), {"Relu", "Relu"});
  // One trip at most, but a count that is not known may be none.
  const std::string once = "on = Identity(bool[]{false}); w = Sin(v); t = Neg(v)";
  expect_ops(rules, loop_of("7", "bool[]{true}", once), {"Sin", "Neg", "Unsqueeze", "Relu", "Relu"});
  expect_ops(rules, loop_of("n", "bool[]{true}", once), {"Loop(Identity, Sin, Neg)", "Relu", "Relu"});
  // Data decide, or too many.
  expect_ops(rules, loop_of("n", "_", plain), {"Loop(Identity, Sin, Neg)", "Relu", "Relu"});
  expect_ops(rules, loop_of("1000", "_", plain), {"Loop(Identity, Sin, Neg)", "Relu", "Relu"});
  expect_ops(rules, loop_of("2", "_", "on = Less(ReduceSum[keepdims=0](v), 3.0); w = Sin(v); t = Neg(v)"),
             {"Loop(ReduceSum, Less, Sin, Neg)", "Relu", "Relu"});
}

TEST(Control, LoopState) {
  const std::string head = "n: int64[]; x: float32[2, 3]; k: float32[3]\n";
  const std::string body =
      "Loop[body=graph b(i: int64[], go: bool[], v: float32[2, 3], c: float32[3]) -> (on: bool[], w: "
      "float32[2, 3], "
      "d: float32[3]) {on = Identity(go); w = Mul(v, c); d = Identity(c)}](n, _, x, k)\n";
  expect_ops({loop_rules()[1]}, head + "a, b = " + body + "y = Relu(a); z = Relu(b)",
             {"Loop(Identity, Mul)", "Relu", "Relu"});
  // `w` needs `c`, so only a carried value that nothing needs goes.
  const auto graph = [&](const std::string& outputs, const std::string& rest) {
    return "graph main(n: int64[], x: float32[2, 3], k: float32[3]) -> (" + outputs + ") {\na, b = " + body +
           rest + "\n}";
  };
  expect_ops({loop_rules()[2]}, graph("y: float32[2, 3]", "y = Relu(a)"),
             {"Loop(Identity, Mul, Identity)", "Relu"});
  expect_ops({loop_rules()[2]}, graph("y: float32[3]", "y = Relu(b)"), {"Loop(Identity, Identity)", "Relu"});
  expect_ops({loop_rules()[2]},
             loop_of("n", "_", "on = Identity(go); w = Sin(v); t = Neg(v)") + "; q = Abs(a)",
             {"Loop(Identity, Sin, Neg)", "Relu", "Relu", "Abs"});
}

TEST(Control, HoistInvariants) {
  const std::string head = "n: int64[]; x: float32[2, 3]; k: float32[3]\n";
  const auto loop = [&](const std::string& work) {
    return head +
           "a = Loop[body=graph b(i: int64[], go: bool[], v: float32[2, 3]) -> (on: bool[], w: float32[2, "
           "3]) {on = "
           "Identity(go); " +
           work + "}](n, _, x)\ny = Relu(a)";
  };
  expect_ops(loop_rules(), loop("w = Mul(v, Exp(Neg(k)))"), {"Neg", "Exp", "Loop(Identity, Mul)", "Relu"});
  expect_ops(loop_rules(), loop("w = Mul(v, Exp(Neg(v)))"), {"Loop(Identity, Neg, Exp, Mul)", "Relu"});
}

TEST(Control, UnrollScan) {
  const auto scan = [](const std::string& length, const std::string& attrs) {
    return "h: float32[3]; x: float32[" + length + ", 3]\n" + "a, s = Scan[num_scan_inputs=1, " + attrs +
           "body=graph b(v: float32[3], e: float32[3]) -> (w: float32[3], t: float32[3]) {w = Add(v, e); t = "
           "Neg(w)}]"
           "(h, x)\ny = Relu(a)\nz = Relu(s)";
  };
  expect_ops(scan_rules(), scan("1", ""), {"Gather", "Add", "Neg", "Unsqueeze", "Relu", "Relu"});
  expect_ops(
      scan_rules(),
      scan("2", "scan_input_directions=[1], scan_output_directions=[1], scan_output_axes=[1], "),
      {"Gather", "Add", "Neg", "Gather", "Add", "Neg", "Unsqueeze", "Unsqueeze", "Concat", "Relu", "Relu"});
  expect_ops(scan_rules(), scan("N", ""), {"Scan(Add, Neg)", "Relu", "Relu"});
  expect_ops(scan_rules(), scan("1000", ""), {"Scan(Add, Neg)", "Relu", "Relu"});
}

}  // namespace
}  // namespace modelconv::testing
