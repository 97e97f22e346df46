// The batches of a matrix product with NumPy's rank rules: MatMul and its integer and fused relatives.
#pragma once

#include <vector>

#include "ops/gemm.h"
#include "ops/infer.h"
#include "ops/kernel.h"

namespace modelconv {

// Every product of a batch has the sizes m, n, k; its operands start at a_offsets[i] and b_offsets[i] and its result
// at i * m * n.
struct MatMulPlan {
  int64_t m = 1, n = 1, k = 1;
  std::vector<int64_t> a_offsets, b_offsets;
  Dims output;

  int64_t batches() const { return static_cast<int64_t>(a_offsets.size()); }
  template <class T>
  MatrixView<T> a(const T* data, int64_t batch) const {
    return {data + a_offsets[static_cast<size_t>(batch)], k, 1};
  }
  template <class T>
  MatrixView<T> b(const T* data, int64_t batch) const {
    return {data + b_offsets[static_cast<size_t>(batch)], n, 1};
  }
};

// ShapeError through `node` when the operands do not fit.
// Batches of rows that meet one matrix become one product with more rows, unless `join_rows` is false.
MatMulPlan plan_matmul(const Node& node, const Dims& a, const Dims& b, bool join_rows = true);
// Shape of the product; unranked when a rank is not known.
Shape infer_matmul_shape(const InferContext& context, const Shape& a, const Shape& b);

// alpha * A' B' + beta * C, for Gemm and what has more behind it.
void infer_gemm(InferContext& context);
void run_gemm(KernelContext& context);

// Calls multiply_one(batch) for every batch, on several threads when there are as many batches.
template <class Multiply>
void for_each_batch(ThreadPool& threads, int64_t batches, const Multiply& multiply_one) {
  if (batches >= threads.size()) {
    threads.parallel_for(batches, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) multiply_one(i);
    });
  } else {  // each product is then split by itself
    for (int64_t i = 0; i < batches; ++i) multiply_one(i);
  }
}

}  // namespace modelconv
