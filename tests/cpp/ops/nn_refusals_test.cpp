// Shapes and attributes that make no sense are errors that say so, never undefined behaviour.
#include "base/error.h"
#include "run_op.h"

namespace modelconv {
namespace {

using Ints = std::vector<int64_t>;

struct Refusal {
  const char* op;
  std::vector<Tensor> inputs;
  Attrs attrs;
};

Tensor floats(const Dims& dims) { return test_tensor<float>(dims); }
Tensor whole(const std::vector<int64_t>& values) { return Tensor::vector(values); }

TEST(Refusals, OfTheMatrixAndWindowOperators) {
  const Attrs pool{{"kernel_shape", Ints{2, 2}}};
  const Refusal cases[] = {
      {"ConvTranspose", {floats({1, 4, 3}), floats({3, 2, 2})}, {}},
      {"ConvTranspose", {floats({1, 4, 3}), floats({4, 2, 2})}, {{"pads", Ints{4, 4}}}},
      {"ConvTranspose", {floats({1, 4, 3}), floats({4, 2, 2})}, {{"output_shape", Ints{int64_t{1} << 40}}}},
      {"ConvTranspose", {floats({1, 4, 3}), floats({4, 2, 2})}, {{"group", int64_t{3}}}},
      {"MaxPool", {floats({1, 1, 1, 5})}, pool},
      {"MaxPool", {floats({1, 1, 5})}, pool},
      {"AveragePool", {floats({1, 1, 5, 5})}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{-1, 1}}}},
      {"AveragePool", {floats({1, 1, 5, 5})}, {{"kernel_shape", Ints{0, 2}}}},
      {"LpPool", {floats({1, 1, 5, 5})}, {{"kernel_shape", Ints{INT64_MAX, 2}}}},
      {"DeformConv", {floats({1, 1, 3, 3}), floats({1, 1, 2, 2}), floats({1, 4, 2, 2})}, {}},
      {"MatMulInteger", {test_tensor<int8_t>({2, 3}), test_tensor<int8_t>({2, 3})}, {}},
      {"MatMulInteger",
       {test_tensor<int8_t>({2, 3}), test_tensor<int8_t>({3, 2}), test_tensor<int8_t>({5})},
       {}},
      {"GroupNormalization", {floats({1, 4, 2}), floats({4}), floats({4})}, {{"num_groups", int64_t{3}}}},
      {"BatchNormalization", {floats({1, 4, 2}), floats({4}), floats({4}), floats({3}), floats({4})}, {}},
      {"LayerNormalization", {floats({2, 3}), floats({2})}, {}},
      {"LRN", {floats({1, 4, 2})}, {{"size", int64_t{0}}}},
      {"ArgMax", {floats({2, 0})}, {{"axis", int64_t{1}}}},
      {"ArgMax", {floats({2})}, {{"axis", int64_t{1}}}},
  };
  for (const Refusal& c : cases) EXPECT_THROW(run_op(c.op, c.inputs, c.attrs), ShapeError) << c.op;
}

TEST(Refusals, OfTheSequenceOperators) {
  const Tensor x = floats({3, 2, 4}), w = floats({1, 20, 4}), r = floats({1, 20, 5});
  const Tensor lengths = Tensor::of<int32_t>({2}, {4, 1});
  const Attrs heads{{"q_num_heads", int64_t{3}}, {"kv_num_heads", int64_t{2}}};
  const Refusal cases[] = {
      {"LSTM", {x, floats({1, 20, 3}), r}, {}},
      {"LSTM", {x, w, r, Tensor(), lengths}, {}},
      {"LSTM", {x, w, r}, {{"direction", std::string("sideways")}}},
      {"LSTM", {x, w, r}, {{"direction", std::string("bidirectional")}}},
      {"LSTM", {x, w, r}, {{"activations", std::vector<std::string>{"Sine", "Tanh", "Tanh"}}}},
      {"Attention", {floats({1, 2, 6}), floats({1, 2, 6}), floats({1, 2, 6})}, heads},
      {"Attention", {floats({1, 1, 2, 4}), floats({1, 1, 3, 5}), floats({1, 1, 3, 4})}, {}},
      {"Einsum", {floats({2, 3}), floats({4, 2})}, {{"equation", std::string("ij,jk->ik")}}},
      {"Einsum", {floats({2, 3})}, {{"equation", std::string("ijk->k")}}},
      {"DFT", {floats({1, 4, 3})}, {}},
      {"DFT", {floats({1, 4, 1}), Tensor::scalar<int64_t>(-1)}, {}},
      {"STFT", {floats({1, 4, 1}), Tensor::scalar<int64_t>(0), floats({2})}, {}},
      {"STFT", {floats({1, 4, 1}), Tensor::scalar<int64_t>(1), floats({5})}, {}},
      {"NegativeLogLikelihoodLoss", {floats({1, 3}), whole({3})}, {}},
      {"RotaryEmbedding",
       {floats({1, 1, 2, 4}), floats({3, 2}), floats({3, 2}), Tensor::of<int64_t>({1, 2}, {0, 3})},
       {}},
  };
  for (const Refusal& c : cases) EXPECT_THROW(run_op(c.op, c.inputs, c.attrs), ShapeError) << c.op;
  EXPECT_THROW(run_op("Einsum", {floats({2})}, {{"equation", std::string("i->ii")}}), MalformedModelError);
}

}  // namespace
}  // namespace modelconv
