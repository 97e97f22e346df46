#include <cmath>
#include <limits>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/op_def.h"
#include "run_op.h"

namespace modelconv {
namespace {

using Ints = std::vector<int64_t>;
using Reals = std::vector<double>;

TEST(MaxPool, ValuesIndicesAndStorageOrder) {
  const Tensor x = Tensor::of<float>({1, 1, 2, 4}, {1, 9, 3, 4, 5, 6, 7, 8});
  const auto rows = run_op("MaxPool", {x}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}}, 2);
  EXPECT_EQ(rows[0].to_double(), (Reals{9, 8}));
  EXPECT_EQ(rows[1].to_int64(), (Ints{1, 7}));
  const Attrs by_columns{
      {"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}, {"storage_order", int64_t{1}}};
  EXPECT_EQ(run_op("MaxPool", {x}, by_columns, 2)[1].to_int64(), (Ints{2, 7}));
  const Tensor bytes = Tensor::of<int8_t>({1, 1, 3}, {-5, -128, -7});
  EXPECT_EQ(run_op("MaxPool", {bytes}, {{"kernel_shape", Ints{2}}})[0].to_int64(), (Ints{-5, -7}));
}

TEST(Pools, CeilModeDropsAWindowThatStartsBehindTheInput) {
  const Tensor x = Tensor::of<float>({1, 1, 6}, {1, 2, 3, 4, 5, 6});
  const Attrs attrs{{"kernel_shape", Ints{3}}, {"strides", Ints{2}}, {"ceil_mode", int64_t{1}}};
  EXPECT_EQ(run_op("MaxPool", {x}, attrs)[0].to_double(), (Reals{3, 5, 6}));
  EXPECT_EQ(run_op("AveragePool", {x}, attrs)[0].to_double(), (Reals{2, 4, 5.5}));
  // The window at 5 would start in the padding behind.
  const Attrs wide{
      {"kernel_shape", Ints{1}}, {"strides", Ints{5}}, {"pads", Ints{0, 1}}, {"ceil_mode", int64_t{1}}};
  EXPECT_EQ(run_op("MaxPool", {Tensor::of<float>({1, 1, 5}, {1, 2, 3, 4, 5})}, wide)[0].to_double(),
            (Reals{1}));
}

TEST(AveragePool, CountsPads) {
  const Tensor x = Tensor::of<float>({1, 1, 3}, {3, 6, 9});
  const Attrs without{{"kernel_shape", Ints{3}}, {"pads", Ints{1, 1}}};
  EXPECT_EQ(run_op("AveragePool", {x}, without)[0].to_double(), (Reals{4.5, 6, 7.5}));
  const Attrs with{{"kernel_shape", Ints{3}}, {"pads", Ints{1, 1}}, {"count_include_pad", int64_t{1}}};
  EXPECT_EQ(run_op("AveragePool", {x}, with)[0].to_double(), (Reals{3, 6, 5}));
}

TEST(GlobalPools, OverAllSpatialAxes) {
  const Tensor x = Tensor::of<double>({1, 2, 2, 1}, {1, 3, -3, 4});
  EXPECT_EQ(run_op("GlobalAveragePool", {x})[0].to_double(), (Reals{2, 0.5}));
  EXPECT_EQ(run_op("GlobalMaxPool", {x})[0].to_double(), (Reals{3, 4}));
  EXPECT_EQ(run_op("GlobalLpPool", {x})[0].to_double(), (Reals{std::sqrt(10.0), 5}));
}

TEST(MaxUnpool, PutsValuesBack) {
  const Tensor x = Tensor::of<float>({1, 1, 2}, {5, 6}), at = Tensor::of<int64_t>({1, 1, 2}, {1, 2});
  const Attrs attrs{{"kernel_shape", Ints{2}}, {"strides", Ints{2}}};
  EXPECT_EQ(run_op("MaxUnpool", {x, at}, attrs)[0].to_double(), (Reals{0, 5, 6, 0}));
  EXPECT_THROW(run_op("MaxUnpool", {x, Tensor::of<int64_t>({1, 1, 2}, {1, 4})}, attrs), ShapeError);
}

TEST(Reduce, EveryFunction) {
  const Tensor x = Tensor::of<float>({2, 2}, {1, -2, 3, 4});
  const struct {
    const char* op;
    Reals rows;
  } cases[] = {{"ReduceSum", {-1, 7}},      {"ReduceMean", {-0.5, 3.5}}, {"ReduceMax", {1, 4}},
               {"ReduceMin", {-2, 3}},      {"ReduceProd", {-2, 12}},    {"ReduceL1", {3, 7}},
               {"ReduceSumSquare", {5, 25}}};
  for (const auto& c : cases) {
    const Tensor y = run_op(c.op, {x, Tensor::vector<int64_t>({-1})})[0];
    EXPECT_EQ(y.dims(), (Dims{2, 1})) << c.op;
    EXPECT_EQ(y.to_double(), c.rows) << c.op;
    const Tensor ints =
        run_op(c.op, {Tensor::of<int32_t>({2, 2}, {1, -2, 3, 4}), Tensor::vector<int64_t>({1})})[0];
    EXPECT_EQ(ints.to_double()[1], std::trunc(c.rows[1])) << c.op;
  }
  EXPECT_FLOAT_EQ(static_cast<float>(run_op("ReduceL2", {x, Tensor::vector<int64_t>({1})})[0].to_double()[1]),
                  5);
  EXPECT_FLOAT_EQ(run_op("ReduceLogSum", {x})[0].data<float>()[0], std::log(6.0F));
  const Tensor large = Tensor::of<float>({2}, {1000, 1000});
  EXPECT_FLOAT_EQ(run_op("ReduceLogSumExp", {large})[0].data<float>()[0], 1000 + std::log(2.0F));
}

// All sets of axes of a rank-4 tensor against sums by hand.
TEST(Reduce, EverySetOfAxes) {
  const Dims dims{2, 3, 1, 4};
  const Tensor x = test_tensor<float>(dims);
  const Reals values = x.to_double();
  for (unsigned set = 1; set < 16; ++set) {
    Ints axes;
    Dims kept = dims;
    for (unsigned i = 0; i < 4; ++i)
      if (set >> i & 1U) axes.push_back(i), kept[i] = 1;
    Reals expected(static_cast<size_t>(element_count(kept)), 0);
    for (int64_t i = 0; i < x.size(); ++i) {
      int64_t rest = i, place = 0, stride = 1;
      for (size_t a = 4; a-- > 0; rest /= dims[a], stride *= kept[a])
        place += kept[a] == 1 ? 0 : rest % dims[a] * stride;
      expected[static_cast<size_t>(place)] += values[static_cast<size_t>(i)];
    }
    const Tensor y = run_op("ReduceSum", {x, Tensor::vector(axes)})[0];
    EXPECT_EQ(y.dims(), kept);
    EXPECT_EQ(y.to_double(), expected) << "axes " << to_string(axes);
  }
}

TEST(Reduce, EmptySetsAndEmptyAxes) {
  const Tensor nothing = Tensor::of<float>({2, 0}, {}), axis = Tensor::vector<int64_t>({1});
  EXPECT_EQ(run_op("ReduceSum", {nothing, axis})[0].to_double(), (Reals{0, 0}));
  EXPECT_EQ(run_op("ReduceProd", {nothing, axis})[0].to_double(), (Reals{1, 1}));
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(run_op("ReduceMax", {nothing, axis})[0].to_double(), (Reals{-infinity, -infinity}));
  EXPECT_EQ(run_op("ReduceLogSumExp", {nothing, axis})[0].to_double(), (Reals{-infinity, -infinity}));
  const Tensor x = Tensor::of<float>({2}, {3, -4}), no_axes = Tensor::vector<int64_t>({});
  EXPECT_EQ(run_op("ReduceSumSquare", {x, no_axes}, {{"noop_with_empty_axes", int64_t{1}}})[0].to_double(),
            (Reals{9, 16}));
  EXPECT_EQ(run_op("ReduceSumSquare", {x, no_axes})[0].to_double(), (Reals{25}));
  EXPECT_THROW(run_op("ReduceSum", {x, Tensor::vector<int64_t>({1})}), ShapeError);
}

TEST(Reduce, MovesWithATransposition) {
  Graph graph;
  Value& x = graph.add_input("x", Type::tensor(DType::float32, {2, 3, 4, 5}));
  Value& axes = graph.add_constant(Tensor::vector<int64_t>({2, -1}));
  Node& node = graph.add_node("ReduceMean", {&x, &axes}, {{"keepdims", int64_t{0}}});
  const auto move = find_op("ReduceMean")->axes_rule()(node, 0, {0, 2, 3, 1});
  ASSERT_TRUE(move);
  EXPECT_EQ(move->replaced_inputs[0].second.to_int64(), (Ints{1, 2}));
  EXPECT_EQ(*move->outputs[0], (Permutation{0, 1}));
}

}  // namespace
}  // namespace modelconv
