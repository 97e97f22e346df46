#include "base/error.h"
#include "ops/gemm.h"
#include "run_op.h"

namespace modelconv {
namespace {

template <class T>
std::vector<T> naive_product(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b) {
  std::vector<T> c;
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      T sum = 0;
      for (int64_t p = 0; p < k; ++p)
        sum += a.data[i * a.row + p * a.column] * b.data[p * b.row + j * b.column];
      c.push_back(sum);
    }
  return c;
}

template <class T>
void check_products(int threads) {
  ThreadPool pool(threads);
  for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{{1, 1, 1},
                                                                   {1, 40, 300},
                                                                   {7, 13, 5},
                                                                   {12, 32, 256},
                                                                   {13, 33, 257},
                                                                   {100, 600, 30},
                                                                   {3, 1, 50},
                                                                   {200, 1, 70},
                                                                   {5, 4, 0},
                                                                   {0, 3, 2},
                                                                   {90, 17, 520}})
    for (int form = 0; form < 8; ++form) {
      const Tensor a = test_tensor<T>({m, k}, 3), b = test_tensor<T>({k, n}, 4);
      MatrixView<T> left{a.data<T>().data(), k, 1}, right{b.data<T>().data(), n, 1};
      if (form & 1) left = {a.data<T>().data(), 1, m};
      if (form & 2) right = {b.data<T>().data(), 1, k};
      std::vector<T> c(static_cast<size_t>(m * n), T(5));
      multiply(pool, Product<T>{m, n, k, c.data(), n, T(2), (form & 4) != 0}, left, right);
      std::vector<T> expected = naive_product(m, n, k, left, right);
      for (T& value : expected) value = 2 * value + ((form & 4) != 0 ? 5 : 0);
      EXPECT_EQ(c, expected) << m << "x" << n << "x" << k << " form " << form;
    }
}

TEST(Gemm, EqualsTheTripleLoop) {
  check_products<float>(1);
  check_products<double>(1);
  check_products<float>(3);
}

TEST(Gemm, BytesAreExactForLongSums) {
  ThreadPool pool(2);
  const int64_t k = 3000, n = 300;
  const std::vector<float> a(static_cast<size_t>(2 * k), 255), b(static_cast<size_t>(k * n), -255);
  std::vector<int32_t> c(static_cast<size_t>(2 * n));
  multiply_bytes(pool, {2, n, k, c.data(), n}, {a.data(), k, 1}, MatrixView<float>{b.data(), n, 1});
  EXPECT_EQ(c, std::vector<int32_t>(c.size(), -255 * 255 * 3000));
}

TEST(MatMul, RankRules) {
  const struct {
    Dims a, b, y;
  } cases[] = {{{3}, {3}, {}},
               {{3}, {3, 4}, {4}},
               {{2, 3}, {3}, {2}},
               {{5, 2, 3}, {3, 4}, {5, 2, 4}},
               {{5, 1, 2, 3}, {6, 3, 4}, {5, 6, 2, 4}},
               {{3}, {7, 3, 4}, {7, 4}},
               {{0, 2, 3}, {3, 4}, {0, 2, 4}},
               {{2, 0}, {0, 4}, {2, 4}},
               {{1, 2, 3}, {4, 3, 2}, {4, 2, 2}}};
  for (const auto& c : cases) {
    const Tensor y = run_op("MatMul", {test_tensor<float>(c.a), test_tensor<float>(c.b)})[0];
    EXPECT_EQ(y.dims(), c.y);
    const Tensor ints = run_op("MatMul", {test_tensor<int64_t>(c.a), test_tensor<int64_t>(c.b)})[0];
    EXPECT_EQ(ints.to_double(), y.to_double());
  }
  const Tensor y = run_op(
      "MatMul", {Tensor::of<float>({2, 1, 2}, {1, 2, 3, 4}), Tensor::of<float>({2, 2}, {1, 0, 2, 1})})[0];
  EXPECT_EQ(y.to_double(), (std::vector<double>{5, 2, 11, 4}));
}

TEST(MatMul, SymbolicShapes) {
  const Dim n = Dim::symbol("N");
  EXPECT_EQ(
      infer_op("MatMul", {Type::tensor(DType::float32, {n, 4, 3}), Type::tensor(DType::float32, {3, n})})
          .str(),
      "float32[N, 4, N]");
  EXPECT_EQ(infer_op("MatMul", {Type::tensor(DType::float32), Type::tensor(DType::float32, {3, n})}).str(),
            "float32[...]");
}

TEST(MatMul, RefusesWhatDoesNotFit) {
  EXPECT_THROW(run_op("MatMul", {test_tensor<float>({2, 3}), test_tensor<float>({2, 3})}), ShapeError);
  EXPECT_THROW(run_op("MatMul", {test_tensor<float>({}), test_tensor<float>({2, 3})}), ShapeError);
}

TEST(GemmOp, TransposesScalesAndBroadcasts) {
  const Tensor a = Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6}), b = Tensor::of<float>({2, 2}, {1, 2, 3, 4});
  const Attrs attrs{{"transA", int64_t{1}}, {"alpha", 2.0F}, {"beta", 0.5F}};
  // a' b = {{13, 18}, {17, 24}, {21, 30}}
  const struct {
    Tensor c;
    std::vector<double> y;
  } cases[] = {{Tensor(), {26, 36, 34, 48, 42, 60}},
               {Tensor::of<float>({2}, {2, 4}), {27, 38, 35, 50, 43, 62}},
               {Tensor::of<float>({3, 1}, {2, 4, 6}), {27, 37, 36, 50, 45, 63}},
               {Tensor::scalar<float>(2), {27, 37, 35, 49, 43, 61}}};
  for (const auto& c : cases) EXPECT_EQ(run_op("Gemm", {a, b, c.c}, attrs)[0].to_double(), c.y);
  EXPECT_THROW(run_op("Gemm", {a, b}), ShapeError);
  EXPECT_THROW(run_op("Gemm", {a, b, Tensor::of<float>({3}, {1, 2, 3})}, attrs), ShapeError);
}

}  // namespace
}  // namespace modelconv
