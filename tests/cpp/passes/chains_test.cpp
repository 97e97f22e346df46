// Tables of before and after for the rules on chains of nodes: every row is also computed on random inputs.
#include <gtest/gtest.h>

#include "passes/assert_rewrites.h"
#include "passes/eliminate/eliminate.h"
#include "passes/fuse/fuse.h"

namespace modelconv::testing {
namespace {

struct Case {
  std::string before;
  std::string after;  // empty: stays
};

void check(const Rules& rules, const std::vector<Case>& cases, const std::string& head) {
  for (const Case& row : cases)
    expect_rewrites(rules, head + row.before, head + (row.after.empty() ? row.before : row.after));
}

TEST(Chains, Concat) {
  const std::string head = "x: float32[2, 6]; y: float32[2, 3]; z: float32[2, 1]\n";
  const std::string slice04 = "Slice(x, int64[1]{0}, int64[1]{4}, int64[1]{1})";
  const std::string slice46 = "Slice(x, int64[1]{4}, int64[1]{6}, int64[1]{1})";
  check(
      fuse_concat_rules(),
      {
          {"r = Concat[axis=1](x, Concat[axis=-1](y, z))", "r = Concat[axis=1](x, y, z)"},
          {"r = Concat[axis=0](y, Concat[axis=1](z, z, z))", ""},
          {"c = Concat[axis=1](y, z); r = Concat[axis=1](x, c); q = Neg(c)", ""},  // used twice
          // Parts of one tensor beside each other.
          {"r = Neg(Concat[axis=1](" + slice04 + ", " + slice46 + "))", "r = Neg(x)"},
          {"a, b, c = Split[axis=1, num_outputs=3](x); r = Concat[axis=1](a, b, c, y)",
           "r = Concat[axis=1](x, y)"},
          {"a, b, c = Split[axis=1, num_outputs=3](x); q = Concat[axis=0](c, b); r = Concat[axis=1](b, c, a)",
           "a, b, c = Split[axis=1, num_outputs=3](x); q = Concat[axis=0](c, b)\n"
           "r = Concat[axis=1](Slice(x, int64[1]{2}, int64[1]{6}, int64[1]{1}), a)"},
          {"a, b, c = Split[axis=1, num_outputs=3](x); r = Concat[axis=1](c, b, a)", ""},  // backwards
          {"a, b, c = Split[axis=1, num_outputs=3](x); r = Concat[axis=0](a, b, c)", ""},  // another axis
          // Parts of what was joined.
          {"r = Neg(Slice(Concat[axis=1](x, y), int64[1]{6}, int64[1]{9}, int64[1]{1}))", "r = Neg(y)"},
          {"r = Neg(Slice(Concat[axis=1](x, y, z), int64[1]{-4}, int64[1]{100}, int64[1]{1}))",
           "r = Neg(Concat[axis=1](y, z))"},
          {"r = Slice(Concat[axis=1](x, y), int64[1]{5}, int64[1]{9}, int64[1]{1})", ""},
          {"r = Slice(Concat[axis=1](x, y), int64[1]{6}, int64[1]{9}, int64[1]{1}, int64[1]{2})", ""},
          {"r = Slice(Concat[axis=1](x, y), int64[1]{0}, int64[1]{1}, int64[1]{0})", ""},
          {"a, b = Split[axis=1](Concat[axis=1](x, y, z), int64[2]{6, 4}); r = Neg(a); q = Neg(b)",
           "r = Neg(x); q = Neg(Concat[axis=1](y, z))"},
          {"a, b = Split[axis=1](Concat[axis=1](x, y), int64[2]{5, 4}); r = Neg(a); q = Neg(b)", ""},
          // Slices without gap.
          {"r = Neg(" + slice04 + "); q = Exp(" + slice46 + ")",
           "a, b = Split[axis=1](x, int64[2]{4, 2}); r = Neg(a); q = Exp(b)"},
          {"r = Neg(" + slice04 + "); q = Exp(Slice(x, int64[1]{5}, int64[1]{6}, int64[1]{1}))", ""},
          {"r = Neg(" + slice04 + "); q = Exp(Slice(x, int64[1]{3}, int64[1]{6}, int64[1]{1}))", ""},
      },
      head);
  check(fuse_concat_rules(),
        {
            {"c = Concat[axis=0](a, b, k); r = Neg(c)", ""},
            {"r = Neg(Gather(Concat[axis=0](a, b, k), 1))", "r = Neg(Squeeze(b, int64[1]{0}))"},
            {"r = Neg(Gather(Concat[axis=0](a, b, k), int64[1]{-3}))", "r = Neg(b)"},
            {"r = Neg(Gather(Concat[axis=0](a, b, k), 2))", ""},  // inside of k
            {"r = Neg(Gather(Concat[axis=0](a, b, k), i))", ""},
        },
        "a: int64[1]; b: int64[1]; k: int64[2]; i: int64[]\n");
}

TEST(Chains, Axes) {
  const std::string head = "x: float32[N, M, 1]; u: float32[A, 1, B, 1]\n";
  check(
      fuse_axis_rules(),
      {
          {"r = Unsqueeze(Unsqueeze(x, int64[1]{1}), int64[1]{0})", "r = Unsqueeze(x, int64[2]{0, 2})"},
          {"r = Unsqueeze(Unsqueeze(x, int64[1]{0}), int64[2]{-1, 1})",
           "r = Unsqueeze(x, int64[3]{0, 1, 5})"},
          {"r = Squeeze(Squeeze(u, int64[1]{1}), int64[1]{-1})", "r = Squeeze(u, int64[2]{1, 3})"},
          {"r = Squeeze(Squeeze(u))", ""},
          {"r = Neg(Squeeze(Unsqueeze(x, int64[1]{1}), int64[1]{-3}))", "r = Neg(x)"},
          {"r = Squeeze(Unsqueeze(x, int64[1]{1}), int64[1]{3})", ""},
          {"r = Neg(Unsqueeze(Squeeze(u, int64[1]{1}), int64[1]{1}))", "r = Neg(u)"},
          {"r = Unsqueeze(Squeeze(u, int64[1]{1}), int64[1]{0})", ""},
          {"r = Unsqueeze(ReduceMax[keepdims=0](x, int64[1]{1}), int64[1]{1})",
           "r = ReduceMax[keepdims=1](x, int64[1]{1})"},
          {"r = Unsqueeze(ReduceMax[keepdims=0](x, int64[2]{2, 0}), int64[2]{0, -1})",
           "r = ReduceMax[keepdims=1](x, int64[2]{2, 0})"},
          {"r = Unsqueeze(ReduceMax[keepdims=0](x, int64[1]{1}), int64[1]{0})", ""},
          {"m = ReduceMax[keepdims=0](x, int64[1]{1}); r = Unsqueeze(m, int64[1]{1}); q = Neg(m)", ""},
          {"r = Squeeze(ReduceSum(x, int64[1]{1}), int64[1]{1})",
           "r = ReduceSum[keepdims=0](x, int64[1]{1})"},
          {"r = Unsqueeze(ArgMax[axis=1, keepdims=0](x), int64[1]{1})", "r = ArgMax[axis=1, keepdims=1](x)"},
          {"r = Squeeze(ReduceSum(x), int64[1]{1})", ""},
          {"r = Neg(Gather[axis=2](x, 0))", "r = Neg(Squeeze(x, int64[1]{2}))"},
          {"r = Gather[axis=0](x, 0)", ""},
          {"r = Neg(ReduceMax(x, int64[1]{2}))", "r = Neg(x)"},
          {"r = ReduceSum(x, int64[1]{2})", ""},  // the sum of one -0.0 may be 0.0
          {"r = Neg(ReduceMax[keepdims=0](x, int64[1]{2}))", ""},
          {"r = Reshape(Relu(Reshape(x, int64[1]{-1})), Shape(x))", "r = Relu(x)"},
          {"r = Squeeze(Mul(Unsqueeze(x, int64[1]{0}), 2.0), int64[1]{0})", "r = Mul(x, 2.0)"},
          {"r = Squeeze(Mul(Unsqueeze(x, int64[1]{0}), random[1]), int64[1]{0})", ""},
          {"r = Reshape(Softmax(Reshape(x, int64[1]{-1})), Shape(x))", ""},
      },
      head);
}

TEST(Chains, Broadcast) {
  const std::string head =
      "x: float32[1, 3]; y: float32[4, 3]; v: float32[1, 3, 5]; w: float32[4, 5, 2]; s: int64[2]\n";
  check(fuse_broadcast_rules(),
        {
            {"r = Add(Expand(x, int64[2]{4, 3}), y)", "r = Add(x, y)"},
            {"r = Where(Greater(y, 0.0), y, Expand(x, int64[2]{4, 1}))", "r = Where(Greater(y, 0.0), y, x)"},
            {"r = Add(Expand(x, int64[2]{4, 3}), Expand(x, int64[2]{4, 3}))",
             "r = Add(x, Expand(x, int64[2]{4, 3}))"},
            {"r = Mul(Expand(x, int64[2]{4, 3}), 2.0)", ""},
            {"r = Neg(Expand(x, int64[2]{4, 3}))", ""},
            {"r = MatMul(Expand(v, int64[3]{4, 3, 5}), w)", "r = MatMul(v, w)"},
            {"r = Expand(Expand(x, int64[2]{4, 3}), int64[3]{2, 4, 3})", "r = Expand(x, int64[3]{2, 4, 3})"},
            {"r = Cast[to=7](ConstantOfShape[value=float32[1]{2.5}](s))",
             "r = ConstantOfShape[value=int64[1]{2}](s)"},
            {"r = Cast[to=1](ConstantOfShape[value=int64[1]{3}](s))",
             "r = ConstantOfShape[value=float32[1]{3}](s)"},
            {"r = Cast[to=7](ConstantOfShape[value=float32[1]{1e30}](s))", ""},
            {"r = Cast[to=10](ConstantOfShape[value=float32[1]{0.1}](s))", ""},
        },
        head);
}

TEST(Chains, Constants) {
  const std::string head = "x: float32[2, 3]; i: int32[2, 3]\n";
  check(fuse_constant_chain_rules(),
        {
            {"r = Mul(Mul(x, 2.0), 3.0)", "r = Mul(x, 6.0)"},
            {"r = Mul(3.0, Div(x, 2.0))", "r = Mul(x, 1.5)"},
            {"r = Div(Mul(x, 3.0), 2.0)", "r = Mul(x, 1.5)"},
            {"r = Div(Div(x, 4.0), 2.0)", "r = Div(x, 8.0)"},
            {"r = Div(3.0, Mul(x, 2.0))", ""},
            {"r = Mul(Mul(x, 1e30), 1e30)", ""},    // infinite for x = 1, not for x = 1e-30 ... as written
            {"r = Mul(Mul(x, 1e-30), 1e-30)", ""},  // zero
            {"r = Mul(Mul(x, 0.0), 2.0)", ""},
            {"r = Mul(Mul(x, float32[2, 1]{1, 2}), float32[3]{1, 2, 3})",
             "r = Mul(x, float32[2, 3]{1, 2, 3, 2, 4, 6})"},
            {"m = Mul(x, 2.0); r = Mul(m, 3.0); q = Neg(m)", ""},
            {"r = Mul(Mul(i, int32[]{2}), int32[]{3})", "r = Mul(i, int32[]{6})"},
            {"r = Div(Mul(i, int32[]{2}), int32[]{3})", ""},
            {"r = Add(Add(x, 2.0), 3.0)", "r = Add(x, 5.0)"},
            {"r = Sub(Sub(x, 2.0), 3.0)", "r = Sub(x, 5.0)"},
            {"r = Sub(Add(x, 1e8), 1e8)", ""},  // loses the digits of x
            {"r = Sub(Add(x, 2.0), -3.0)", "r = Add(x, 5.0)"},
            {"r = Add(Sub(i, int32[]{2}), int32[]{3})", "r = Sub(i, int32[]{-1})"},
            {"r = Min(Min(x, 2.0), 3.0)", "r = Min(x, 2.0)"},
            {"r = Max(Min(x, 2.0), -3.0)", "r = Clip(x, -3.0, 2.0)"},
            {"r = Min(Max(x, float32[1]{0}), 6.0)", "r = Clip(x, 0.0, 6.0)"},
            {"r = Max(Min(x, 2.0), 3.0)", ""},  // crossed
            {"r = Max(Min(x, nan), 3.0)", ""},
            {"r = Max(Min(x, float32[3]{1, 2, 3}), 0.0)", ""},
        },
        head);
}

TEST(Chains, Weights) {
  const Rules rules = fuse_weight_rules();
  const std::string x = "x: float32[2, 4, 6, 6]\n";
  expect_ops(rules, x + "y = Conv[pads=[1, 1, 1, 1]](Mul(x, random[4, 1, 1]), random[8, 4, 3, 3], random[8])",
             {"Conv"});
  expect_ops(rules,
             x + "y = Conv[group=2, pads=[1, 1, 1, 1]](Mul(random[1, 4, 1, 1], x), random[8, 2, 3, 3])",
             {"Conv"});
  expect_ops(rules, x + "y = Conv[group=4](Add(x, random[4, 1, 1]), random[4, 1, 3, 3])", {"Conv"});
  expect_ops(rules, x + "y = Conv(Add(x, 0.5), random[8, 4, 3, 3], random[8])", {"Conv"});
  expect_ops(rules,
             x + "y = Conv[group=2](BatchNormalization(x, random[4], random[4], random[4], ones[4]), "
                 "random[8, 2, 3, 3])",
             {"Conv"});
  // Padding, another axis, not finite, used elsewhere.
  expect_ops(rules, x + "y = Conv[pads=[1, 1, 1, 1]](Add(x, 0.5), random[8, 4, 3, 3])", {"Add", "Conv"});
  expect_ops(rules, x + "y = Conv[auto_pad=\"SAME_UPPER\"](Add(x, 0.5), random[8, 4, 3, 3])",
             {"Add", "Conv"});
  expect_ops(rules, x + "y = Conv(Mul(x, random[6]), random[8, 4, 3, 3])", {"Mul", "Conv"});
  expect_ops(rules, x + "y = Conv(Mul(x, inf), random[8, 4, 3, 3])", {"Mul", "Conv"});
  expect_ops(rules, x + "m = Mul(x, 2.0); y = Conv(m, random[8, 4, 3, 3]); z = Neg(m)",
             {"Mul", "Conv", "Neg"});
  const std::string m = "x: float32[2, 5, 4]; m = MatMul(x, random[4, 3])\n";
  expect_ops(rules, m + "y = Mul(m, random[3])", {"MatMul"});
  expect_ops(rules, m + "y = Mul(2.0, m)", {"MatMul"});
  expect_ops(rules, m + "y = Div(m, 8.0)", {"MatMul"});
  expect_ops(rules, m + "y = Mul(m, random[5, 1])", {"MatMul", "Mul"});
  expect_ops(rules, m + "y = Mul(m, random[6, 1, 1, 3])", {"MatMul", "Mul"});
  expect_ops(rules, "x: float32[5, 4]; w = random[4, 3]; y = Mul(MatMul(x, w), 2.0); z = Neg(w)",
             {"MatMul", "Mul", "Neg"});  // the weights are used elsewhere
  expect_rewrites(rules, "x: float32[2, 4, 6, 6]; w: float32[8, 4, 3, 3]; y = Conv(x, w, zeros[8])",
                  "x: float32[2, 4, 6, 6]; w: float32[8, 4, 3, 3]; y = Conv(x, w)");
  expect_ops(rules, x + "y = Conv(x, random[8, 4, 3, 3], random[8])", {"Conv"});
}

TEST(Chains, SameAxis) {
  const std::string head = "x: float32[8, N]\n";
  const auto slice = [](const std::string& of, const std::string& from, const std::string& to,
                        const std::string& axis) {
    return "Slice(" + of + ", int64[1]{" + from + "}, int64[1]{" + to + "}, int64[1]{" + axis + "})";
  };
  check(
      fuse_same_axis_slice_rules(),
      {
          {"r = " + slice(slice("x", "1", "7", "0"), "2", "-1", "0"), "r = " + slice("x", "3", "6", "0")},
          {"r = " + slice(slice("x", "2", "100", "1"), "1", "3", "1"), "r = " + slice("x", "3", "5", "1")},
          {"r = " + slice(slice("x", "2", "100", "1"), "1", "-3", "1"), ""},
          {"r = " + slice(slice("x", "-4", "100", "1"), "1", "3", "1"), ""},
          {"r = Pad(Pad(x, int64[4]{0, 1, 0, 0}), int64[4]{0, 2, 1, 0})", "r = Pad(x, int64[4]{0, 3, 1, 0})"},
          {"r = Pad(Pad(x, int64[4]{0, 1, 0, 0}, 1.0), int64[4]{0, 2, 1, 0})", ""},
          {"r = Pad(Pad(x, int64[4]{0, -1, 0, 0}), int64[4]{0, 2, 1, 0})", ""},
          {"r = Pad(Pad[mode=\"edge\"](x, int64[4]{0, 1, 0, 0}), int64[4]{0, 2, 1, 0})", ""},
      },
      head);
}

TEST(Chains, Masks) {
  const std::string head = "x: float32[5, 3]; m: bool[5]; q: bool[5, 3]; f: float32[5]\n";
  check(fuse_mask_rules(),
        {
            {"r = Gather(x, Squeeze(NonZero(m), int64[1]{0}))", "r = Compress[axis=0](x, m)"},
            {"r = Gather(x, Reshape(NonZero(m), int64[1]{-1}))", "r = Compress[axis=0](x, m)"},
            {"r = GatherND(x, Transpose[perm=[1, 0]](NonZero(m)))", "r = Compress[axis=0](x, m)"},
            {"r = GatherND(x, Transpose(NonZero(q)))", "r = Compress(x, Reshape(q, int64[1]{-1}))"},
            {"r = Gather(x, Squeeze(NonZero(f), int64[1]{0}))", ""},  // no bool
            {"n = NonZero(m); r = Gather(x, Squeeze(n, int64[1]{0})); s = Cast[to=1](n)", ""},
        },
        head);
}

TEST(Chains, Einsum) {
  const std::string head =
      "a: float32[2, 3, 4]; b: float32[2, 4, 5]; c: float32[2, 5, 4]; d: float32[2, N, 4]\n";
  check(simple_einsum_rules(),
        {
            {"r = Einsum[equation=\"bij,bjk->bik\"](a, b)", "r = MatMul(a, b)"},
            {"r = Einsum[equation=\"bij->jbi\"](a)", "r = Transpose[perm=[2, 0, 1]](a)"},
            {"r = Einsum[equation=\"bij->bi\"](a)", "r = ReduceSum[keepdims=0](a, int64[1]{2})"},
            {"r = Einsum[equation=\"bij,bkj->bik\"](a, c)", ""},  // a Transpose more
            {"r = Einsum[equation=\"bij,bij->bi\"](a, a)", ""},
            {"r = Einsum[equation=\"...ij,...jk->...ik\"](a, b)", ""},
        },
        head);
  check(decompose_einsum_rules(),
        {
            {"r = Einsum[equation=\"bij,bkj->bik\"](a, c)", "r = MatMul(a, Transpose[perm=[0, 2, 1]](c))"},
            {"r = Einsum[equation=\"bij,bjk->kbi\"](a, b)", "r = Transpose[perm=[2, 0, 1]](MatMul(a, b))"},
            {"r = Einsum[equation=\"bnj,bnk->bjk\"](d, d)", "r = MatMul(Transpose[perm=[0, 2, 1]](d), d)"},
        },
        head);
}

TEST(Chains, Undone) {
  const std::string head =
      "c: bool[2, 3]; x: float32[2, 3]; y: float32[2, 3]; i: int64[2, 3]; j: int64[2, 3]; b: uint8[2, 3]; v: "
      "float32[3]\n";
  const std::string q = "QuantizeLinear(DequantizeLinear(b, 0.5, uint8[]{3}), ";
  check(eliminate_undone_rules(),
        {
            {"r = And(Not(Not(c)), c)", "r = And(c, c)"},
            {"r = Relu(Neg(Neg(x)))", "r = Relu(x)"},
            {"r = Add(x, Neg(y))", "r = Sub(x, y)"},
            {"r = Add(Neg(v), y)", "r = Sub(y, v)"},
            {"r = Sub(i, Neg(j))", "r = Add(i, j)"},
            {"r = Sub(Neg(x), y)", ""},
            {"n = Neg(y); r = Mul(Add(x, n), n)", ""},  // the negation is needed all the same
            {"r = Not(Less(i, j))", "r = GreaterOrEqual(i, j)"},
            {"r = Not(Less(x, y))", ""},  // NaN
            {"r = Where(Not(c), x, y)", "r = Where(c, y, x)"},
            {"r = Relu(Where(bool[1]{true}, x, y))", "r = Relu(x)"},
            {"r = Relu(Where(bool[2, 3]{false, false, false, false, false, false}, x, y))", "r = Relu(y)"},
            {"r = Where(bool[3]{true, false, true}, x, y)", ""},
            {"r = Where(bool[]{true}, v, y)", ""},  // broadcast
            {"r = Relu(Where(c, x, x))", "r = Relu(x)"},
            {"r = Relu(ScatterND(x, int64[2, 1]{0, 1}, y))", "r = Relu(y)"},
            {"r = ScatterND(x, int64[2, 1]{1, 0}, y)", ""},
            {"r = ScatterND[reduction=\"add\"](x, int64[2, 1]{0, 1}, y)", ""},
            {"r = Cast[to=7](" + q + "0.5, uint8[]{3}))", "r = Cast[to=7](b)"},
            {"r = Cast[to=7](" + q + "0.25, uint8[]{3}))", ""},
            {"r = Cast[to=7](" + q + "0.5, uint8[]{4}))", ""},
            {"r = Cast[to=7](" + q + "0.5, int8[]{3}))", ""},
            {"r = DequantizeLinear(QuantizeLinear(x, 0.5, uint8[]{3}), 0.5, uint8[]{3})", ""},  // rounds
            {"r = Relu(SequenceAt(SequenceConstruct(x, y), -1))", "r = Relu(y)"},
            {"r = ConcatFromSequence[axis=1](SequenceConstruct(x, y))", "r = Concat[axis=1](x, y)"},
            {"r = ConcatFromSequence[axis=0, new_axis=1](SequenceConstruct(x, y))",
             "r = Concat[axis=0](Unsqueeze(x, int64[1]{0}), Unsqueeze(y, int64[1]{0}))"},
            {"s = SplitToSequence[axis=1, keepdims=0](x); r = Add(SequenceAt(s, 0), SequenceAt(s, 2))",
             "a, _, d = Split[axis=1](x, int64[3]{1, 1, 1}); r = Add(Squeeze(a, int64[1]{1}), Squeeze(d, "
             "int64[1]{1}))"},
            {"s = SplitToSequence[axis=1](x, 2); r = Relu(SequenceAt(s, 1))",
             "_, d = Split[axis=1](x, int64[2]{2, 1}); r = Relu(d)"},
        },
        head);
}

// A ScatterND over as many rows as the data has, whatever their number.
TEST(Chains, DynamicScatter) {
  const std::string rows =
      "x: float32[N, 3]; y: float32[N, 3]\n"
      "i = Unsqueeze(Range(0, Gather(Shape(x), 0), 1), int64[1]{-1})\n";
  expect_ops(eliminate_undone_rules(), rows + "r = Relu(ScatterND(x, i, y))", {"Relu"});
  expect_ops(eliminate_undone_rules(),
             "x: float32[N, 3]; y: float32[N, 3]\n"
             "i = Unsqueeze(Range(1, Gather(Shape(x), 0), 1), int64[1]{-1})\n"
             "r = Relu(ScatterND(x, i, Slice(y, int64[1]{1}, int64[1]{1000})))",
             {"Shape", "Gather", "Range", "Unsqueeze", "Slice", "ScatterND", "Relu"});
}

}  // namespace
}  // namespace modelconv::testing
