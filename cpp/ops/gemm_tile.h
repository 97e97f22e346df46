// The inner loops of gemm.h for one vector width, included by gemm_baseline.cpp, gemm_avx2.cpp and gemm_avx512.cpp,
// which are compiled for different processors. Everything here is in an unnamed namespace and nothing of the standard
// library is instantiated, so that no function compiled for a new processor can take the place of its namesake.
#pragma once

#include <stdint.h>  // NOLINT: the C header has no templates

#include "ops/gemm_kernel.h"

namespace modelconv {
namespace {

template <class T>
struct Vectors {
  typedef T Wide __attribute__((vector_size(kVectorBytes)));
  typedef T Unaligned __attribute__((vector_size(kVectorBytes), aligned(alignof(T)), may_alias));
  static constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));
};

// kRows x (kVectors * lanes) elements of the result in registers.
template <class T, int kRows, int kVectors>
void accumulate_tile(const Tile<T>& tile, T* out, int64_t out_row, bool add) {
  using Wide = typename Vectors<T>::Wide;
  using Unaligned = typename Vectors<T>::Unaligned;
  constexpr int kLanes = Vectors<T>::kLanes;
  Wide sums[kRows][kVectors] = {};
  const T* a = tile.a;
  const T* b = tile.b;
  const int64_t a_row = tile.a_row, a_column = tile.a_column, b_row = tile.b_row;
  for (int64_t p = 0; p < tile.k; ++p) {
    Wide right[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) right[v] = *reinterpret_cast<const Unaligned*>(b + v * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const T left = a[i * a_row];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] += left * right[v];
    }
    a += a_column;
    b += b_row;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      Unaligned* target = reinterpret_cast<Unaligned*>(out + i * out_row + v * kLanes);
      const Wide value = tile.alpha * sums[i][v];
      *target = add ? *target + value : value;
    }
  }
}

template <class T, int kRows, int kVectors>
void finish_tile(const Tile<T>& tile) {
  constexpr int kColumns = kVectors * Vectors<T>::kLanes;
  if (tile.n == kColumns)
    return accumulate_tile<T, kRows, kVectors>(tile, tile.c, tile.c_row, tile.accumulate);
  T edge[kRows * kColumns];
  accumulate_tile<T, kRows, kVectors>(tile, edge, kColumns, false);
  for (int i = 0; i < kRows; ++i)
    for (int64_t j = 0; j < tile.n; ++j) {
      T* target = tile.c + i * tile.c_row + j;
      *target = tile.accumulate ? *target + edge[i * kColumns + j] : edge[i * kColumns + j];
    }
}

template <class T, int kRows>
void multiply_rows(const Tile<T>& tile) {
  if (tile.m == kRows) {
    if (tile.n <= Vectors<T>::kLanes) return finish_tile<T, kRows, 1>(tile);
    return finish_tile<T, kRows, kTileVectors>(tile);
  }
  if constexpr (kRows > 1) multiply_rows<T, kRows - 1>(tile);
}

template <class T>
T dot_product(int64_t k, const T* a, const T* b) {
  using Wide = typename Vectors<T>::Wide;
  using Unaligned = typename Vectors<T>::Unaligned;
  constexpr int kLanes = Vectors<T>::kLanes;
  Wide sums[4] = {};
  int64_t p = 0;
  for (; p + 4 * kLanes <= k; p += 4 * kLanes) {
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v)
      sums[v] += *reinterpret_cast<const Unaligned*>(a + p + v * kLanes) *
                 *reinterpret_cast<const Unaligned*>(b + p + v * kLanes);
  }
  const Wide lanes = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  T sum = 0;
  for (int v = 0; v < kLanes; ++v) sum += lanes[v];
  for (; p < k; ++p) sum += a[p] * b[p];
  return sum;
}

template <class T>
TileKernel<T> make_kernel() {
  return {kTileRows, kTileVectors * Vectors<T>::kLanes, multiply_rows<T, kTileRows>, dot_product<T>};
}

}  // namespace
}  // namespace modelconv
