// The one matrix product: MatMul, Gemm, Conv, ConvTranspose, Einsum, RNNs and attention use it.
//
// The micro-kernel is our own (gemm_tile.h) rather than Eigen's product: it reads strided operands and im2col rows
// without a copy of the whole matrix, and its translation units for AVX2 and AVX-512 share no template with the rest
// of the program, which the linker could otherwise merge into code that an older processor cannot run.
#pragma once

#include <cstdint>
#include <type_traits>

#include "base/parallel.h"

namespace modelconv {

// Element (i, j) is data[i * row + j * column]; strides in elements.
template <class T>
struct MatrixView {
  const T* data;
  int64_t row, column;
  MatrixView transposed() const { return {data, column, row}; }
};

// A right operand that is computed while it is packed (im2col).
template <class T>
class RowSource {
 public:
  virtual ~RowSource() = default;
  // Elements (k, column) ... (k, column + count - 1). Called from several threads.
  virtual void fill(int64_t k, int64_t column, int64_t count, T* out) const = 0;
};

// What to do with the result: c = alpha * a * b, or c += alpha * a * b. Rows of c are `c_row` elements apart.
template <class T>
struct Product {
  int64_t m, n, k;
  T* c;
  int64_t c_row;
  T alpha = 1;
  bool accumulate = false;
};

// T: float or double. The sum over k has the same order whatever the number of threads.
template <class T>
void multiply(ThreadPool& threads, const Product<T>& product, MatrixView<T> a, MatrixView<T> b);
template <class T>
void multiply(ThreadPool& threads, const Product<T>& product, MatrixView<T> a, const RowSource<T>& b);

// Integers, modulo 2^bits as ONNX leaves overflow to the machine. Plain loops: such products are shapes and indices.
template <class T>
void multiply_integers(const Product<T>& product, MatrixView<T> a, MatrixView<T> b) {
  using U =
      std::common_type_t<std::make_unsigned_t<T>, uint32_t>;  // so that products of uint16 do not become int
  for (int64_t i = 0; i < product.m; ++i) {
    T* row = product.c + i * product.c_row;
    if (!product.accumulate)
      for (int64_t j = 0; j < product.n; ++j) row[j] = 0;
    for (int64_t p = 0; p < product.k; ++p) {
      const U left = static_cast<U>(product.alpha) * static_cast<U>(a.data[i * a.row + p * a.column]);
      const T* right = b.data + p * b.row;
      for (int64_t j = 0; j < product.n; ++j)
        row[j] = static_cast<T>(static_cast<U>(row[j]) + left * static_cast<U>(right[j * b.column]));
    }
  }
}

// 8-bit integers minus their zero points, given as floats in [-255, 255]: exact, because at most 256 products are
// summed in float (256 * 255 * 255 < 2^24) before they go to the int32 result, which wraps as ONNX Runtime's does.
void multiply_bytes(ThreadPool& threads, const Product<int32_t>& product, MatrixView<float> a,
                    MatrixView<float> b);
void multiply_bytes(ThreadPool& threads, const Product<int32_t>& product, MatrixView<float> a,
                    const RowSource<float>& b);

}  // namespace modelconv
