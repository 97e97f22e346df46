// Loops that spell out recurrent operators, and the directions of those.
#include "passes/recurrent/recurrent.h"

#include <gtest/gtest.h>

#include "passes/assert_rewrites.h"

namespace modelconv::testing {
namespace {

// Rows of x: float32[5, 2, 3], states of 4.
std::string loop_over_rows(const std::string& body, const std::string& trips = "5") {
  return "x: float32[5, 2, 3]; h: float32[2, 4]\n"
         "last, all = Loop[body=graph b(i: int64[], go: bool[], v: float32[2, 4]) -> (on: bool[], w: "
         "float32[2, 4], "
         "t: float32[2, 4]) { row = Gather[axis=0](x, i); on = Identity(go); " +
         body + "; t = Identity(w) }](" + trips + ", bool[]{true}, h)\ny = Relu(last)\nz = Relu(all)";
}

const std::string kLinear = "Add(Add(MatMul(row, random[3, 4]), MatMul(v, random[4, 4])), random[4])";

TEST(Recurrent, Rnn) {
  const Rules rules = {recover_recurrent_cell_rule()};
  expect_ops(rules, loop_over_rows("w = Tanh(" + kLinear + ")"),
             {"Unsqueeze", "RNN", "Squeeze", "Squeeze", "Relu", "Relu"});
  // Fewer trips than rows.
  expect_ops(rules, loop_over_rows("w = Relu(" + kLinear + ")", "3"),
             {"Reshape", "Slice", "Unsqueeze", "RNN", "Squeeze", "Squeeze", "Relu", "Relu"});
  // One kernel for input and state.
  expect_ops(rules, loop_over_rows("w = Tanh(MatMul(Concat[axis=1](row, v), random[7, 4]))"),
             {"Unsqueeze", "RNN", "Squeeze", "Squeeze", "Relu", "Relu"});
}

TEST(Recurrent, NoCell) {
  const Rules rules = {recover_recurrent_cell_rule()};
  expect_unchanged(rules, loop_over_rows("w = Tanh(Mul(MatMul(row, ones[3, 4]), v))"));
  expect_unchanged(rules, loop_over_rows("w = Exp(Add(MatMul(row, ones[3, 4]), v))"));
  // The old state is used by something else, too.
  expect_unchanged(
      rules,
      "x: float32[5, 2, 3]; h: float32[2, 4]\n"
      "last, all = Loop[body=graph b(i: int64[], go: bool[], v: float32[2, 4]) -> (on: bool[], w: "
      "float32[2, 4], t: float32[2, 4]) { row = Gather[axis=0](x, i); on = Identity(go); w = "
      "Tanh(Add(MatMul(row, ones[3, 4]), MatMul(v, ones[4, 4]))); t = Exp(v) }](5, bool[]{true}, h)\n"
      "y = Relu(last)\nz = Relu(all)");
}

TEST(Recurrent, GruInBothForms) {
  const Rules rules = {recover_recurrent_cell_rule()};
  const std::string gates = "u = Sigmoid(" + kLinear + "); r = Sigmoid(" + kLinear + "); ";
  const std::string mix = "w = Add(Mul(u, v), Mul(Sub(1.0, u), n))";
  const std::vector<std::string> ops = {"Unsqueeze", "GRU", "Squeeze", "Squeeze", "Relu", "Relu"};
  expect_ops(rules,
             loop_over_rows(
                 gates + "n = Tanh(Add(MatMul(row, random[3, 4]), MatMul(Mul(r, v), random[4, 4]))); " + mix),
             ops);
  expect_ops(
      rules,
      loop_over_rows(
          gates +
          "n = Tanh(Add(MatMul(row, random[3, 4]), Mul(r, Add(MatMul(v, random[4, 4]), random[4])))); " +
          mix),
      ops);
  // Both gates at once.
  expect_ops(
      rules,
      loop_over_rows(
          "r, u = Split[axis=1, num_outputs=2](Sigmoid(MatMul(Concat[axis=1](row, v), random[7, 8]))); "
          "n = Tanh(MatMul(Concat[axis=1](row, Mul(r, v)), random[7, 4])); " +
          mix),
      ops);
}

TEST(Recurrent, LstmWithPeepholes) {
  const auto lstm = [](const std::string& in, const std::string& out) {
    return "x: float32[5, 2, 3]; h: float32[2, 4]; c: float32[2, 4]\n"
           "last, memory, all = Loop[body=graph b(i: int64[], go: bool[], v: float32[2, 4], m: float32[2, "
           "4]) -> (on: "
           "bool[], w: float32[2, 4], k: float32[2, 4], t: float32[2, 4]) { row = Gather[axis=0](x, i); on = "
           "Identity(go); gi, gj, gf, go2 = Split[axis=1, num_outputs=4](Add(MatMul(Concat[axis=1](row, v), "
           "random[7, 16]), random[16])); k = Add(Mul(Sigmoid(gf), m), Mul(Sigmoid(" +
           in + "), Tanh(gj))); w = Mul(Sigmoid(" + out +
           "), Tanh(k)); t = Identity(w) }](5, bool[]{true}, h, c)\ny = Relu(last)\nz = Relu(all)\nq = "
           "Relu(memory)";
  };
  const Rules rules = {recover_recurrent_cell_rule()};
  const std::vector<std::string> ops = {"Unsqueeze", "Unsqueeze", "LSTM", "Squeeze", "Squeeze",
                                        "Squeeze",   "Relu",      "Relu", "Relu"};
  expect_ops(rules, lstm("gi", "go2"), ops);
  expect_ops(rules, lstm("Add(gi, Mul(random[4], m))", "Add(go2, Mul(random[4], k))"), ops);
}

TEST(Recurrent, Directions) {
  const std::string reversed =
      "Slice(x, int64[1]{-1}, int64[1]{-9223372036854775808}, int64[1]{0}, int64[1]{-1})";
  const std::string weights = ", random[1, 4, 3], random[1, 4, 4], random[1, 8])";
  const std::string backward = " = RNN[hidden_size=4](" + reversed + weights + "\n";
  const Rules rules = recurrent_direction_rules();
  expect_ops(rules, "x: float32[5, 2, 3]\n_, bh" + backward + "y = Relu(bh)", {"RNN", "Relu"});
  expect_ops(rules,
             "x: float32[5, 2, 3]\nb, _" + backward +
                 "bs = Squeeze(b, int64[1]{1})\n"
                 "r = Slice(bs, int64[1]{-1}, int64[1]{-9223372036854775808}, int64[1]{0}, int64[1]{-1})\n"
                 "y = Relu(r)",
             {"RNN", "Squeeze", "Relu"});
  expect_ops(rules,
             "x: float32[5, 2, 3]\n_, fh = RNN[hidden_size=4](x" + weights + "\n_, bh" + backward +
                 "y = Concat[axis=0](fh, bh)",
             {"RNN", "Slice", "Slice", "Concat"});
}

TEST(Recurrent, CountsTrips) {
  const auto loop = [](const std::string& condition, const std::string& first) {
    return "x: float32[2]; n: int64[]\n"
           "c, a = Loop[body=graph b(i: int64[], go: bool[], k: int64[], v: float32[2]) -> (on: bool[], k2: "
           "int64[], w: "
           "float32[2]) { k2 = Add(k, 2); on = " +
           condition + "; w = Sin(v) }](_, " + first + ", 0, x)\ny = Relu(a)";
  };
  const Rules rules = {count_loop_trips_rule()};
  expect_ops(rules, loop("Less(k2, 7)", "bool[]{true}"), {"Loop(Mul, Add, Sin)", "Relu"});
  expect_ops(rules, loop("Less(k2, n)", "Less(0, n)"), {"Cast", "Add", "Div", "Loop(Mul, Add, Sin)", "Relu"});
  // The first trip does not ask for the limit.
  expect_ops(rules, loop("Less(k2, n)", "bool[]{true}"),
             {"Cast", "Add", "Div", "Max", "Loop(Mul, Add, Sin)", "Relu"});
  expect_unchanged(rules, loop("Less(7, k2)", "bool[]{true}"));
}

}  // namespace
}  // namespace modelconv::testing
