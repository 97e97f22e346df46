// Axis rules: the moved node on the transposed input must give the transposed output.
#include "ops/axes.h"

#include "expect_values.h"
#include "ops/op_def.h"
#include "run_op.h"

namespace modelconv {
namespace {

TEST(Permutation, ComposeAndInverse) {
  const Permutation to_last = {0, 2, 3, 1};
  EXPECT_EQ(inverse(to_last), (Permutation{0, 3, 1, 2}));
  EXPECT_TRUE(is_identity(compose(to_last, inverse(to_last))));
  EXPECT_EQ(permuted(Dims{1, 3, 8, 9}, to_last), (Dims{1, 8, 9, 3}));
  // Transpose(Transpose(x, p), q) = Transpose(x, compose(p, q))
  const Permutation p = {2, 0, 1}, q = {1, 0, 2};
  const Tensor x = test_tensor<float>({2, 3, 4});
  EXPECT_TRUE(permuted(permuted(x, p), q).identical_to(permuted(x, compose(p, q))));
}

TEST(Permutation, FromTheAttribute) {
  EXPECT_EQ(to_permutation({2, 0, 1}), (Permutation{2, 0, 1}));
  for (const std::vector<int64_t>& wrong : std::vector<std::vector<int64_t>>{{0, 0}, {0, 2}, {-1, 0}})
    EXPECT_THROW(to_permutation(wrong), MalformedModelError);
}

TEST(Permutation, OfStringsAndPackedElements) {
  const Tensor words = Tensor::of<std::string>({2, 2}, {"a", "b", "c", "d"});
  expect_exact<std::string>(permuted(words, {1, 0}), {"a", "c", "b", "d"});
  Tensor packed = Tensor::allocate(DType::uint4, {3, 2});
  const uint8_t values[] = {1, 2, 3, 4, 5, 6};
  pack(values, 6, DType::uint4, packed.mutable_bytes().data());
  EXPECT_EQ(permuted(packed, {1, 0}).to_int64(), (std::vector<int64_t>{1, 3, 5, 2, 4, 6}));
}

struct Case {
  const char* op;
  std::vector<Tensor> inputs;
  std::vector<bool> constant;
  Permutation p;  // of the first input
  Attrs attrs = {};
};

std::vector<Tensor> evaluate(OpName op, const std::vector<Tensor>& inputs, const Attrs& attrs,
                             size_t outputs) {
  return run_op(op, inputs, attrs, outputs);
}

void expect_moves(const Case& c) {
  Graph graph;
  std::vector<Value*> values;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    const Tensor& x = c.inputs[i];
    values.push_back(c.constant[i] ? &graph.add_constant(x)
                                   : &graph.add_input("", Type::tensor(x.dtype(), Shape::of(x.dims()))));
  }
  Node& node = graph.add_node(c.op, values, c.attrs);
  infer_node(node);
  const auto move = find_op(c.op)->axes_rule()(node, 0, c.p);
  ASSERT_TRUE(move.has_value()) << c.op;
  ASSERT_EQ(move->inputs.size(), c.inputs.size()) << c.op;
  EXPECT_EQ(move->inputs[0], c.p) << c.op;
  std::vector<Tensor> moved = c.inputs;
  for (const auto& [index, tensor] : move->replaced_inputs) moved[index] = tensor;
  for (size_t i = 0; i < moved.size(); ++i)
    if (move->inputs[i]) moved[i] = permuted(moved[i], *move->inputs[i]);
  const Tensor before = evaluate(c.op, c.inputs, c.attrs, 1)[0];
  const Tensor after = evaluate(c.op, moved, move->attrs, 1)[0];
  ASSERT_TRUE(move->outputs[0].has_value()) << c.op;
  EXPECT_TRUE(after.identical_to(permuted(before, *move->outputs[0]))) << c.op;
}

TEST(Axes, MovedNodeGivesTransposedOutput) {
  const Permutation nhwc = {0, 2, 3, 1};
  const Tensor x = test_tensor<float>({2, 3, 4, 5}, 1), same = test_tensor<float>({2, 3, 4, 5}, 2);
  const Tensor channels = test_tensor<float>({3, 1, 1}, 3), grid = test_tensor<float>({4, 5}, 4);
  const Tensor scalar = Tensor::scalar(2.0F), row = test_tensor<float>({2, 3}, 5);
  const Tensor scales = Tensor::vector(std::vector<float>{1, 2, 4});
  const auto axis = [](int64_t number) { return Attrs{{"axis", number}}; };
  const Case cases[] = {
      {"Relu", {x}, {false}, nhwc},
      {"Add", {x, same}, {false, false}, nhwc},
      {"Mul", {x, channels}, {false, true}, nhwc},
      {"Sub", {x, grid}, {false, true}, {3, 2, 1, 0}},
      {"Max", {x, scalar, grid}, {false, false, true}, nhwc},
      {"Add", {row, x.reshaped({5, 4, 2, 3})}, {false, false}, {1, 0}},  // the moved input has the lower rank
      {"Softmax", {x}, {false}, nhwc, axis(1)},
      {"Softmax", {x}, {false}, nhwc},
      {"Clip", {x, scalar}, {false, false}, nhwc},
      {"CumSum", {x, Tensor::scalar(int64_t{-1})}, {false, true}, nhwc},
      {"QuantizeLinear", {x, scalar}, {false, true}, nhwc},
      {"QuantizeLinear", {x, scales}, {false, true}, nhwc, axis(1)},
      {"QuantizeLinear",
       {x, test_tensor<float>({2, 3, 2, 5}, 6)},
       {false, true},
       nhwc,
       {{"axis", int64_t{2}}, {"block_size", int64_t{2}}}},
      {"Cast", {x}, {false}, nhwc, {{"to", static_cast<int64_t>(DType::int8)}}},
  };
  for (const Case& c : cases) expect_moves(c);
}

TEST(Axes, WhatCannotMove) {
  Graph graph;
  Value& x = graph.add_input("x", Type::tensor(DType::float32, {2, 3, 4}));
  Value& y = graph.add_input("y", Type::tensor(DType::float32, {4}));
  Value& unranked = graph.add_input("z", Type::tensor(DType::float32));
  const Permutation p = {0, 2, 1};
  EXPECT_FALSE(axes_elementwise(graph.add_node("Add", {&x, &y}), 0, p));  // [4] would have to become [4, 1]
  EXPECT_FALSE(axes_elementwise(graph.add_node("Add", {&x, &unranked}), 0, p));
  EXPECT_FALSE(axes_follow_axis(graph.add_node("ArgMax", {&x}, {{"keepdims", int64_t{0}}}), 0, p));
}

}  // namespace
}  // namespace modelconv
