#include "ops/gemm.h"

#include <algorithm>
#include <vector>

#include "ops/gemm_kernel.h"

namespace modelconv {
namespace {

// Rows of b that are packed at a time, and columns: 512 KiB of floats, for the second-level cache.
constexpr int64_t kPackedRows = 256, kPackedColumns = 512;
// Rows of a that are gone through for one packed panel of b.
constexpr int64_t kLeftRows = 96;

template <class T>
TileKernel<T> choose_kernel();

template <>
TileKernel<float> choose_kernel<float>() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f")) return avx512_float_kernel();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2_float_kernel();
#endif
  return baseline_float_kernel();
}

template <>
TileKernel<double> choose_kernel<double>() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f")) return avx512_double_kernel();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2_double_kernel();
#endif
  return baseline_double_kernel();
}

template <class T>
const TileKernel<T>& kernel() {
  static const TileKernel<T> chosen = choose_kernel<T>();
  return chosen;
}

template <class T>
struct MatrixRows {
  MatrixView<T> b;
  const T* direct_row(int64_t k) const { return b.column == 1 ? b.data + k * b.row : nullptr; }
  int64_t direct_stride() const { return b.row; }
  void fill(int64_t k, int64_t column, int64_t count, T* out) const {
    const T* source = b.data + k * b.row + column * b.column;
    if (b.column == 1) {
      std::copy_n(source, count, out);
    } else {
      for (int64_t j = 0; j < count; ++j) out[j] = source[j * b.column];
    }
  }
};

template <class T>
struct ComputedRows {
  const RowSource<T>& b;
  const T* direct_row(int64_t) const { return nullptr; }
  int64_t direct_stride() const { return 0; }
  void fill(int64_t k, int64_t column, int64_t count, T* out) const { b.fill(k, column, count, out); }
};

// Panels of `width` columns, each row by row; the last one is filled up with zeros.
template <class T, class Rows>
void pack(const Rows& rows, int64_t first_k, int64_t count_k, int64_t column, int64_t count, int64_t width,
          T* out) {
  const int64_t panels = (count + width - 1) / width;
  T line[kPackedColumns];
  for (int64_t p = 0; p < count_k; ++p) {
    const T* source = rows.direct_row(first_k + p);
    if (source) {
      source += column;
    } else {
      rows.fill(first_k + p, column, count, line);
      source = line;
    }
    for (int64_t panel = 0; panel < panels; ++panel) {
      T* target = out + (panel * count_k + p) * width;
      const int64_t taken = std::min(width, count - panel * width);
      std::copy_n(source + panel * width, taken, target);
      std::fill(target + taken, target + width, T(0));
    }
  }
}

// A b that is stored by columns, packed with its columns read in sequence.
template <class T>
void pack_columns(const MatrixView<T>& b, int64_t first_k, int64_t count_k, int64_t column, int64_t count,
                  int64_t width, T* out) {
  const int64_t padded = (count + width - 1) / width * width;
  constexpr int64_t kBlock = 16;  // rows at a time: one cache line of each column
  for (int64_t p = 0; p < count_k; p += kBlock) {
    const int64_t rows = std::min(kBlock, count_k - p);
    for (int64_t j = 0; j < padded; ++j) {
      T* target = out + (j / width * count_k + p) * width + j % width;
      const T* source = b.data + (first_k + p) * b.row + (column + j) * b.column;
      for (int64_t i = 0; i < rows; ++i) target[i * width] = j < count ? source[i * b.row] : T(0);
    }
  }
}

template <class T>
void pack_any(const MatrixRows<T>& rows, int64_t first_k, int64_t count_k, int64_t column, int64_t count,
              int64_t width, T* out) {
  if (rows.b.column != 1 && rows.b.row < rows.b.column)
    return pack_columns(rows.b, first_k, count_k, column, count, width, out);
  pack(rows, first_k, count_k, column, count, width, out);
}

template <class T>
void pack_any(const ComputedRows<T>& rows, int64_t first_k, int64_t count_k, int64_t column, int64_t count,
              int64_t width, T* out) {
  pack(rows, first_k, count_k, column, count, width, out);
}

struct Range {
  int64_t begin, end;
};

// One panel of b against all rows of a.
template <class T>
void multiply_panel(Tile<T> tile, int64_t rows) {
  const TileKernel<T>& code = kernel<T>();
  const T* a = tile.a;
  T* c = tile.c;
  for (int64_t i = 0; i < rows; i += code.rows) {
    tile.m = std::min(code.rows, rows - i);
    tile.a = a + i * tile.a_row;
    tile.c = c + i * tile.c_row;
    code.multiply(tile);
  }
}

template <class T, class Rows>
void multiply_block(const Product<T>& product, const MatrixView<T>& a, const Rows& rows, Range m, Range n) {
  const TileKernel<T>& code = kernel<T>();
  const int64_t width = code.columns;
  thread_local std::vector<T> packed;
  packed.resize(static_cast<size_t>(kPackedRows * kPackedColumns));
  // With few rows of a, packing b would cost more than the product.
  const bool few_rows = m.end - m.begin <= code.rows;
  for (int64_t j = n.begin; j < n.end; j += kPackedColumns) {
    const int64_t columns = std::min(kPackedColumns, n.end - j);
    for (int64_t p = 0; p < product.k; p += kPackedRows) {
      const int64_t depth = std::min(kPackedRows, product.k - p);
      const T* direct = few_rows ? rows.direct_row(p) : nullptr;
      const int64_t direct_columns = direct ? columns / width * width : 0;
      if (columns > direct_columns)
        pack_any(rows, p, depth, j + direct_columns, columns - direct_columns, width, packed.data());
      for (int64_t i = m.begin; i < m.end; i += kLeftRows) {
        for (int64_t panel = 0; panel < columns; panel += width) {
          const bool is_direct = panel < direct_columns;
          multiply_panel<T>(
              {0, std::min(width, columns - panel), depth, a.data + i * a.row + p * a.column, a.row, a.column,
               is_direct ? direct + j + panel : packed.data() + (panel - direct_columns) * depth,
               is_direct ? rows.direct_stride() : width, product.c + i * product.c_row + j + panel,
               product.c_row, product.alpha, product.accumulate || p > 0},
              std::min(kLeftRows, m.end - i));
        }
      }
    }
  }
}

template <class T>
void clear(const Product<T>& product) {
  if (product.accumulate) return;
  for (int64_t i = 0; i < product.m; ++i) std::fill_n(product.c + i * product.c_row, product.n, T(0));
}

template <class T, class Rows>
void multiply_blocks(ThreadPool& threads, const Product<T>& product, const MatrixView<T>& a,
                     const Rows& rows) {
  if (product.m <= 0 || product.n <= 0) return;
  if (product.k <= 0) return clear(product);
  const TileKernel<T>& code = kernel<T>();
  const bool split_rows = product.m > product.n;
  const int64_t unit = split_rows ? code.rows : code.columns, length = split_rows ? product.m : product.n;
  const int64_t units = (length + unit - 1) / unit;
  // Below some 10^5 multiplications another thread is not worth waking.
  const double unit_work = static_cast<double>(unit) *
                           static_cast<double>(split_rows ? product.n : product.m) *
                           static_cast<double>(product.k);
  const int64_t useful = static_cast<int64_t>(std::min(1e9, std::max(1.0, 2e5 / std::max(1.0, unit_work))));
  const int64_t grain = std::max(useful, (units + threads.size() - 1) / threads.size());
  threads.parallel_for(units, grain, [&](int64_t begin, int64_t end) {
    const Range part{begin * unit, std::min(end * unit, length)};
    multiply_block(product, a, rows, split_rows ? part : Range{0, product.m},
                   split_rows ? Range{0, product.n} : part);
  });
}

// Few rows against a matrix stored by columns (a fully connected layer with transB): dot products read each weight
// once.
template <class T>
void multiply_by_dots(ThreadPool& threads, const Product<T>& product, const MatrixView<T>& a,
                      const MatrixView<T>& b) {
  const TileKernel<T>& code = kernel<T>();
  const int64_t grain = std::max<int64_t>(1, 65536 / (product.k * product.m));
  threads.parallel_for(product.n, grain, [&](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j)
      for (int64_t i = 0; i < product.m; ++i) {
        const T value = product.alpha * code.dot(product.k, a.data + i * a.row, b.data + j * b.column);
        T& target = product.c[i * product.c_row + j];
        target = product.accumulate ? target + value : value;
      }
  });
}

constexpr int64_t kDotRows = 3;

template <class Rows>
void multiply_exactly(ThreadPool& threads, const Product<int32_t>& product, const MatrixView<float>& a,
                      const Rows& rows) {
  if (product.m <= 0 || product.n <= 0) return;
  if (product.k <= 0) return clear(product);
  constexpr int64_t kDepth = 256, kColumns = 256, kRows = 384;
  const auto add_tile = [&](int64_t i, int64_t j, std::vector<float>& sums) {
    const int64_t m = std::min(kRows, product.m - i), n = std::min(kColumns, product.n - j);
    for (int64_t p = 0; p < product.k; p += kDepth) {
      const MatrixView<float> left{a.data + i * a.row + p * a.column, a.row, a.column};
      const Product<float> part{m, n, std::min(kDepth, product.k - p), sums.data(), kColumns};
      rows.multiply(threads, part, left, p, j);
      const bool add = product.accumulate || p > 0;
      for (int64_t r = 0; r < m; ++r) {
        int32_t* target = product.c + (i + r) * product.c_row + j;
        const float* source = sums.data() + r * kColumns;
        for (int64_t s = 0; s < n; ++s) {
          const auto value = static_cast<uint32_t>(static_cast<int32_t>(source[s]));
          target[s] = static_cast<int32_t>(add ? static_cast<uint32_t>(target[s]) + value : value);
        }
      }
    }
  };
  const int64_t tile_rows = (product.m + kRows - 1) / kRows,
                tile_columns = (product.n + kColumns - 1) / kColumns;
  threads.parallel_for(tile_rows * tile_columns, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> sums(static_cast<size_t>(kRows * kColumns));
    for (int64_t t = begin; t < end; ++t)
      add_tile(t / tile_columns * kRows, t % tile_columns * kColumns, sums);
  });
}

struct ByteMatrix {
  MatrixView<float> b;
  void multiply(ThreadPool& threads, const Product<float>& part, const MatrixView<float>& a, int64_t k,
                int64_t column) const {
    modelconv::multiply(threads, part, a,
                        MatrixView<float>{b.data + k * b.row + column * b.column, b.row, b.column});
  }
};

struct ByteSource {
  const RowSource<float>& b;
  struct Shifted : RowSource<float> {
    const RowSource<float>& source;
    int64_t first_k, first_column;
    Shifted(const RowSource<float>& from, int64_t k, int64_t column)
        : source(from), first_k(k), first_column(column) {}
    void fill(int64_t k, int64_t column, int64_t count, float* out) const override {
      source.fill(first_k + k, first_column + column, count, out);
    }
  };
  void multiply(ThreadPool& threads, const Product<float>& part, const MatrixView<float>& a, int64_t k,
                int64_t column) const {
    modelconv::multiply(threads, part, a, Shifted(b, k, column));
  }
};

}  // namespace

template <class T>
void multiply(ThreadPool& threads, const Product<T>& product, MatrixView<T> a, MatrixView<T> b) {
  if (product.m > 0 && product.m <= kDotRows && product.k > 0 && a.column == 1 && b.row == 1 && b.column != 1)
    return multiply_by_dots(threads, product, a, b);
  // One column: the same product transposed has one row. The result is contiguous only when c_row is 1.
  if (product.n == 1 && product.c_row == 1 && product.m > 1 && product.k > 0) {
    Product<T> flipped = product;
    flipped.m = 1;
    flipped.n = product.m;
    flipped.c_row = product.m;
    return multiply(threads, flipped, b.transposed(), a.transposed());
  }
  multiply_blocks(threads, product, a, MatrixRows<T>{b});
}

template <class T>
void multiply(ThreadPool& threads, const Product<T>& product, MatrixView<T> a, const RowSource<T>& b) {
  multiply_blocks(threads, product, a, ComputedRows<T>{b});
}

template void multiply(ThreadPool&, const Product<float>&, MatrixView<float>, MatrixView<float>);
template void multiply(ThreadPool&, const Product<double>&, MatrixView<double>, MatrixView<double>);
template void multiply(ThreadPool&, const Product<float>&, MatrixView<float>, const RowSource<float>&);
template void multiply(ThreadPool&, const Product<double>&, MatrixView<double>, const RowSource<double>&);

void multiply_bytes(ThreadPool& threads, const Product<int32_t>& product, MatrixView<float> a,
                    MatrixView<float> b) {
  multiply_exactly(threads, product, a, ByteMatrix{b});
}

void multiply_bytes(ThreadPool& threads, const Product<int32_t>& product, MatrixView<float> a,
                    const RowSource<float>& b) {
  multiply_exactly(threads, product, a, ByteSource{b});
}

}  // namespace modelconv
