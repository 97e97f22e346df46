// Between gemm.cpp, which cuts a product into tiles, and the tiles' code for each kind of processor.
#pragma once

#include <stdint.h>  // NOLINT: see gemm_tile.h

namespace modelconv {

// c[m, n] = or += alpha * a[m, k] * b[k, n]. Rows of b and c are contiguous; a full tile's columns of b are readable
// whatever n is.
template <class T>
struct Tile {
  int64_t m, n, k;
  const T* a;
  int64_t a_row, a_column;
  const T* b;
  int64_t b_row;
  T* c;
  int64_t c_row;
  T alpha;
  bool accumulate;
};

template <class T>
struct TileKernel {
  int64_t rows, columns;  // of a full tile
  void (*multiply)(const Tile<T>& tile);
  T (*dot)(int64_t k, const T* a, const T* b);
};

TileKernel<float> baseline_float_kernel();
TileKernel<double> baseline_double_kernel();
TileKernel<float> avx2_float_kernel();  // these two files exist on x86-64 only
TileKernel<double> avx2_double_kernel();
TileKernel<float> avx512_float_kernel();
TileKernel<double> avx512_double_kernel();

}  // namespace modelconv
