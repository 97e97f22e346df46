// Operators that make tensors: random numbers, windows, constants, and those that run along an axis.
#include <cmath>
#include <limits>

#include "expect_values.h"
#include "ops/philox.h"
#include "run_op.h"

namespace modelconv {
namespace {

// Known answers of Philox 4x32-10, from the kat_vectors file of the authors' library Random123.
TEST(Philox, KnownAnswers) {
  using Block = std::array<uint32_t, 4>;
  EXPECT_EQ(philox_block(0, 0, 0), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint64_t ones = ~uint64_t{0};
  EXPECT_EQ(philox_block(ones, ones, ones), (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

struct Moments {
  double mean, variance, low, high;
};

Moments moments_of(const Tensor& tensor) {
  Moments m{0, 0, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  const std::vector<double> values = tensor.to_double();
  for (const double value : values) {
    m.mean += value / static_cast<double>(values.size());
    m.low = std::min(m.low, value);
    m.high = std::max(m.high, value);
  }
  for (const double value : values)
    m.variance += (value - m.mean) * (value - m.mean) / static_cast<double>(values.size());
  return m;
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
  const std::vector<int64_t> shape = {100, 1000};
  const Attrs uniform{{"shape", shape}, {"low", -1.0F}, {"high", 3.0F}, {"seed", 7.0F}};
  const Moments u = moments_of(run_op("RandomUniform", {}, uniform)[0]);
  EXPECT_NEAR(u.mean, 1, 0.02);
  EXPECT_NEAR(u.variance, 16.0 / 12, 0.02);
  EXPECT_GE(u.low, -1);
  EXPECT_LE(u.high, 3);
  const Attrs normal{
      {"shape", shape}, {"mean", 5.0F}, {"scale", 2.0F}, {"seed", 7.0F}, {"dtype", int64_t{11}}};
  const Tensor drawn = run_op("RandomNormal", {}, normal)[0];
  EXPECT_EQ(drawn.dtype(), DType::float64);
  EXPECT_NEAR(moments_of(drawn).mean, 5, 0.03);
  EXPECT_NEAR(moments_of(drawn).variance, 4, 0.06);
}

TEST(Random, TheSeedDecidesAndThreadsDoNot) {
  const Tensor like = test_tensor<float>({300, 100});
  const Attrs seed{{"seed", 1.0F}}, other{{"seed", 2.0F}};
  const Tensor first = run_op("RandomNormalLike", {like}, seed)[0];
  EXPECT_TRUE(first.identical_to(run_op("RandomNormalLike", {like}, seed, 1, 3)[0]));
  EXPECT_FALSE(first.identical_to(run_op("RandomNormalLike", {like}, other)[0]));
}

TEST(Random, NodesWithoutSeedDrawDifferentNumbers) {
  Graph graph;
  const Attrs attrs{{"shape", std::vector<int64_t>{64}}};
  for (const char* name : {"a", "b"})
    graph.add_output(name, *graph.add_node("RandomUniform", {}, attrs, {name}).output());
  infer_graph(graph);
  const auto results = Evaluator(graph).run({});
  EXPECT_FALSE(results[0].tensor().identical_to(results[1].tensor()));
}

TEST(Random, BernoulliAndMultinomialFollowTheProbabilities) {
  const Tensor p = Tensor::filled(DType::float32, {10000}, 0.25);
  EXPECT_NEAR(moments_of(run_op("Bernoulli", {p}, {{"seed", 3.0F}})[0]).mean, 0.25, 0.02);
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor logs = Tensor::of<float>({1, 3}, {std::log(0.75F), -inf, std::log(0.25F)});
  const Tensor drawn = run_op("Multinomial", {logs}, {{"sample_size", int64_t{10000}}, {"seed", 3.0F}})[0];
  EXPECT_EQ(drawn.dims(), (Dims{1, 10000}));
  int64_t counts[3] = {};
  for (const int32_t choice : drawn.data<int32_t>()) ++counts[choice];
  EXPECT_NEAR(static_cast<double>(counts[0]), 7500, 200);
  EXPECT_EQ(counts[1], 0);
}

TEST(Dropout, InferenceKeepsEverything) {
  const Tensor x = test_tensor<float>({3, 4}), half = Tensor::scalar(0.5F);
  for (const auto& inputs : {std::vector<Tensor>{x}, {x, half}, {x, half, Tensor::boolean(false)}}) {
    const auto result = run_op("Dropout", inputs, {}, 2);
    EXPECT_TRUE(result[0].identical_to(x));
    EXPECT_EQ(bytes_of(result[1]), std::vector<int>(12, 1));
  }
}

TEST(Dropout, TrainingScalesWhatItKeeps) {
  const Tensor x = Tensor::filled(DType::float32, {10000}, 3);
  const auto result =
      run_op("Dropout", {x, Tensor::scalar(0.25F), Tensor::boolean(true)}, {{"seed", int64_t{5}}}, 2);
  const std::vector<int> mask = bytes_of(result[1]);
  for (size_t i = 0; i < mask.size(); ++i)
    ASSERT_EQ(result[0].data<float>()[i], mask[i] != 0 ? 4.0F : 0.0F) << i;
  EXPECT_NEAR(moments_of(result[0]).mean, 3, 0.1);
}

TEST(Windows, FirstValues) {
  const Tensor size = Tensor::scalar(int64_t{4});
  expect_close(run_op("HannWindow", {size})[0], {0, 0.5, 1, 0.5});
  expect_close(run_op("HammingWindow", {size})[0], {4.0 / 46, 25.0 / 46, 1, 25.0 / 46});
  const Attrs symmetric{{"periodic", int64_t{0}}, {"output_datatype", int64_t{11}}};
  const Tensor blackman = run_op("BlackmanWindow", {Tensor::scalar(int32_t{5})}, symmetric)[0];
  EXPECT_EQ(blackman.dtype(), DType::float64);
  const double wanted[] = {0, 0.34, 1, 0.34, 0};
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(blackman.data<double>()[i], wanted[i], 1e-12);
  expect_close(run_op("HannWindow", {Tensor::scalar(int64_t{1})}, {{"periodic", int64_t{0}}})[0], {0});
  EXPECT_THROW(run_op("HannWindow", {Tensor::scalar(int64_t{-1})}), ShapeError);
}

TEST(Cumulative, EveryDirection) {
  const Tensor x = Tensor::of<int32_t>({2, 3}, {1, 2, 3, 4, 5, 6}), last = Tensor::scalar(int64_t{-1});
  const Attrs exclusive{{"exclusive", int64_t{1}}}, reverse{{"reverse", int64_t{1}}};
  const Attrs both{{"exclusive", int64_t{1}}, {"reverse", int64_t{1}}};
  expect_exact<int32_t>(run_op("CumSum", {x, last})[0], {1, 3, 6, 4, 9, 15});
  expect_exact<int32_t>(run_op("CumSum", {x, Tensor::scalar(int32_t{0})})[0], {1, 2, 3, 5, 7, 9});
  expect_exact<int32_t>(run_op("CumSum", {x, last}, exclusive)[0], {0, 1, 3, 0, 4, 9});
  expect_exact<int32_t>(run_op("CumProd", {x, last}, reverse)[0], {6, 6, 3, 120, 30, 6});
  expect_exact<int32_t>(run_op("CumProd", {x, last}, both)[0], {6, 3, 1, 30, 6, 1});
  EXPECT_THROW(run_op("CumSum", {x, Tensor::scalar(int64_t{2})}), ShapeError);
  EXPECT_THROW(run_op("CumSum", {Tensor::scalar(1.0F), last}), ShapeError);
}

TEST(Matrices, DetAndEyeLike) {
  const Tensor x = Tensor::of<float>({2, 2, 2}, {1, 2, 3, 4, 0, 1, 1, 0});
  expect_close(run_op("Det", {x})[0], {-2, -1});
  EXPECT_EQ(run_op("Det", {Tensor::of<float>({0, 0}, {})})[0].data<float>()[0], 1);
  EXPECT_THROW(run_op("Det", {test_tensor<float>({2, 3})}), ShapeError);
  const Tensor like = test_tensor<float>({2, 3});
  expect_exact<float>(run_op("EyeLike", {like}, {{"k", int64_t{1}}})[0], {0, 1, 0, 0, 0, 1});
  const int64_t far = std::numeric_limits<int64_t>::min();
  expect_exact<int32_t>(run_op("EyeLike", {like}, {{"k", far}, {"dtype", int64_t{6}}})[0],
                        {0, 0, 0, 0, 0, 0});
}

TEST(Constant, EveryKindOfValue) {
  expect_exact<int64_t>(run_op("Constant", {}, {{"value_int", int64_t{3}}})[0], {3});
  expect_exact<float>(run_op("Constant", {}, {{"value_floats", std::vector<float>{1, 2}}})[0], {1, 2});
  expect_exact<std::string>(run_op("Constant", {}, {{"value_string", "a"}})[0], {"a"});
  EXPECT_EQ(run_op("Constant", {}, {{"value", test_tensor<float>({2, 3})}})[0].dims(), (Dims{2, 3}));
  EXPECT_THROW(run_op("Constant", {}), MalformedModelError);
}

TEST(Strings, SplitConcatNormalize) {
  const Tensor x = Tensor::vector(std::vector<std::string>{" a  b ", "", "c d e"});
  const auto by_space = run_op("StringSplit", {x}, {}, 2);
  expect_exact<std::string>(by_space[0], {"a", "b", "", "", "", "", "c", "d", "e"});
  expect_exact<int64_t>(by_space[1], {2, 0, 3});
  const auto limited = run_op("StringSplit", {x}, {{"delimiter", " "}, {"maxsplit", int64_t{1}}}, 2);
  expect_exact<std::string>(limited[0], {"", "a  b ", "", "", "c", "d e"});
  expect_exact<int64_t>(limited[1], {2, 1, 2});
  const Tensor suffix = Tensor::scalar(std::string("!"));
  expect_exact<std::string>(run_op("StringConcat", {x, suffix})[0], {" a  b !", "!", "c d e!"});
  const Attrs attrs{{"stopwords", std::vector<std::string>{"Monday"}}, {"case_change_action", "UPPER"}};
  const Tensor days = Tensor::vector(std::vector<std::string>{"monday", "tuesday"});
  expect_exact<std::string>(run_op("StringNormalizer", {days}, attrs)[0], {"TUESDAY"});
  const Tensor monday = Tensor::of<std::string>({1, 1}, {"monday"});
  EXPECT_EQ(run_op("StringNormalizer", {monday}, attrs)[0].dims(), (Dims{1, 1}));
}

}  // namespace
}  // namespace modelconv
