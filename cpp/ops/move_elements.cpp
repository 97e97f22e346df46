#include "ops/move_elements.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace modelconv {
namespace {

constexpr int64_t kGrainElements = 1 << 14;  // below this a second thread costs more than it brings
constexpr int64_t kBlock = 32;  // square blocks of a transposition; two of them fit into the L1 cache

template <class Word>
void copy_run(const Word* source, Word* target, int64_t count) {
  if constexpr (std::is_same_v<Word, std::string>)
    std::copy_n(source, count, target);
  else
    std::memcpy(target, source, static_cast<size_t>(count) * sizeof(Word));
}

// Axes of length 1 go; neighbours that advance as one axis would become one.
void merge_axes(StridedBox& box) {
  StridedBox merged;
  for (size_t i = 0; i < box.dims.size(); ++i) {
    const int64_t dim = box.dims[i], from = box.source_strides[i], to = box.target_strides[i];
    if (dim == 1) continue;
    if (!merged.dims.empty() && merged.source_strides.back() == from * dim &&
        merged.target_strides.back() == to * dim) {
      merged.dims.back() *= dim;
      merged.source_strides.back() = from;
      merged.target_strides.back() = to;
    } else {
      merged.dims.push_back(dim);
      merged.source_strides.push_back(from);
      merged.target_strides.push_back(to);
    }
  }
  box.dims = std::move(merged.dims);
  box.source_strides = std::move(merged.source_strides);
  box.target_strides = std::move(merged.target_strides);
}

struct InnerAxis {
  int64_t dim = 1, source_stride = 1, target_stride = 1;
};

InnerAxis take_axis(StridedBox& box, size_t axis) {
  const InnerAxis taken{box.dims[axis], box.source_strides[axis], box.target_strides[axis]};
  const auto at = static_cast<std::ptrdiff_t>(axis);
  box.dims.erase(box.dims.begin() + at);
  box.source_strides.erase(box.source_strides.begin() + at);
  box.target_strides.erase(box.target_strides.begin() + at);
  return taken;
}

template <class Word>
void copy_line(const Word* source, Word* target, const InnerAxis& line) {
  const int64_t from = line.source_stride, to = line.target_stride;
  if (from == 1 && to == 1)
    copy_run(source, target, line.dim);
  else if (from == 0 && to == 1)
    std::fill_n(target, line.dim, *source);
  else
    for (int64_t i = 0; i < line.dim; ++i) target[i * to] = source[i * from];
}

// `rows` is dense in the source, `columns` in the target.
template <class Word>
void transpose_blocks(const Word* source, Word* target, const InnerAxis& rows, const InnerAxis& columns) {
  for (int64_t row = 0; row < rows.dim; row += kBlock) {
    const int64_t last_row = std::min(row + kBlock, rows.dim);
    for (int64_t column = 0; column < columns.dim; column += kBlock) {
      const int64_t last_column = std::min(column + kBlock, columns.dim);
      for (int64_t i = row; i < last_row; ++i) {
        const Word* from = source + i;
        Word* to = target + i * rows.target_stride;
        for (int64_t j = column; j < last_column; ++j) to[j] = from[j * columns.source_stride];
      }
    }
  }
}

// Calls copy(source, target) for each position of the axes left in the box.
template <class Word, class Copy>
void for_each_outer(ThreadPool& threads, const Word* source, Word* target, const StridedBox& box,
                    int64_t inner_elements, const Copy& copy) {
  const int64_t count = element_count(box.dims);
  const int64_t grain = std::max<int64_t>(1, kGrainElements / std::max<int64_t>(1, inner_elements));
  threads.parallel_for(count, grain, [&](int64_t begin, int64_t end) {
    Walk from(box.dims, box.source_strides, begin, box.source_offset);
    Walk to(box.dims, box.target_strides, begin, box.target_offset);
    for (int64_t i = begin; i < end; ++i, from.next(), to.next())
      copy(source + from.offset(), target + to.offset());
  });
}

template <class Word>
void copy_words(ThreadPool& threads, const Word* source, Word* target, StridedBox box) {
  if (box.dims.empty()) {
    target[box.target_offset] = source[box.source_offset];
    return;
  }
  const size_t last = box.dims.size() - 1;
  const auto dense = std::find(box.source_strides.begin(), box.source_strides.end(), 1);
  const auto dense_axis = static_cast<size_t>(dense - box.source_strides.begin());
  if (box.target_strides[last] == 1 && box.source_strides[last] > 1 && dense_axis < last) {
    const InnerAxis columns = take_axis(box, last), rows = take_axis(box, dense_axis);
    // A single large matrix is cut into bands, so that the threads share it.
    const int64_t band = box.dims.empty() ? 4 * kBlock : rows.dim;
    const int64_t bands = (rows.dim + band - 1) / band;
    box.dims.insert(box.dims.begin(), bands);
    box.source_strides.insert(box.source_strides.begin(), band);
    box.target_strides.insert(box.target_strides.begin(), band * rows.target_stride);
    const Word* const origin = source + box.source_offset;
    for_each_outer(threads, source, target, box, band * columns.dim, [&](const Word* from, Word* to) {
      InnerAxis part = rows;
      if (bands > 1) part.dim = std::min(band, rows.dim - (from - origin));
      transpose_blocks(from, to, part, columns);
    });
    return;
  }
  const InnerAxis line = take_axis(box, last);
  for_each_outer(threads, source, target, box, line.dim,
                 [&](const Word* from, Word* to) { copy_line(from, to, line); });
}

// Beside an axis of length 0 the others may have a product beyond 63 bits; then the result is not used.
int64_t wrapping_product(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

}  // namespace

Dims row_major_strides(const Dims& dims) {
  Dims strides(dims.size());
  int64_t stride = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride = wrapping_product(stride, dims[i]);
  }
  return strides;
}

AxisSplit split_at(const Dims& dims, size_t axis) {
  AxisSplit split{1, dims[axis], 1};
  for (size_t i = 0; i < axis; ++i) split.outer = wrapping_product(split.outer, dims[i]);
  for (size_t i = axis + 1; i < dims.size(); ++i) split.inner = wrapping_product(split.inner, dims[i]);
  return split;
}

Walk::Walk(const Dims& dims, Dims strides, int64_t position, int64_t offset)
    : dims_(dims), strides_(std::move(strides)), index_(dims.size(), 0), offset_(offset) {
  for (size_t axis = dims_.size(); axis-- > 0 && position > 0;) {
    index_[axis] = position % dims_[axis];
    position /= dims_[axis];
    offset_ += index_[axis] * strides_[axis];
  }
}

void copy_box(ThreadPool& threads, const Tensor& source, Tensor& target, StridedBox box) {
  if (element_count(box.dims) == 0) return;
  merge_axes(box);
  visit_word(source.dtype(), [&](auto tag) {
    using Word = typename decltype(tag)::Type;
    copy_words<Word>(threads, words_of<Word>(source), mutable_words<Word>(target), std::move(box));
  });
}

void copy_mapped(ThreadPool& threads, const Tensor& source, const std::vector<std::vector<int64_t>>& maps,
                 Tensor& target) {
  if (target.size() == 0) return;
  if (target.rank() == 0) return fill_with(target, source);
  const Dims strides = row_major_strides(source.dims());
  // Trailing axes that are taken as they are make one run.
  size_t mapped = target.rank();
  int64_t run = 1;
  const auto is_whole = [&](size_t axis) {
    if (source.dims()[axis] != target.dims()[axis]) return false;
    for (size_t i = 0; i < maps[axis].size(); ++i)
      if (maps[axis][i] != static_cast<int64_t>(i)) return false;
    return true;
  };
  while (mapped > 1 && is_whole(mapped - 1)) run *= target.dims()[--mapped];
  const std::vector<int64_t>& inner = maps[mapped - 1];
  const int64_t inner_stride = strides[mapped - 1];
  const Dims outer(target.dims().begin(), target.dims().begin() + static_cast<std::ptrdiff_t>(mapped - 1));
  const auto line = static_cast<int64_t>(inner.size());
  visit_word(source.dtype(), [&](auto tag) {
    using Word = typename decltype(tag)::Type;
    const Word* from = words_of<Word>(source);
    Word* to = mutable_words<Word>(target);
    const int64_t grain = std::max<int64_t>(1, kGrainElements / (line * run));
    const bool complete = std::find(inner.begin(), inner.end(), int64_t{-1}) == inner.end();
    const bool unit = run == 1 && inner_stride == 1;
    threads.parallel_for(element_count(outer), grain, [&](int64_t begin, int64_t end) {
      Walk walk(outer, Dims(outer.size(), 0), begin);
      int64_t last_base = -1;  // of the row before, whose copy may serve again
      for (int64_t row = begin; row < end; ++row, walk.next()) {
        int64_t base = 0;
        bool inside = true;
        for (size_t axis = 0; axis < outer.size(); ++axis) {
          const int64_t at = maps[axis][static_cast<size_t>(walk.index()[axis])];
          inside = inside && at >= 0;
          base += at * strides[axis];
        }
        Word* out = to + row * line * run;
        const bool again = inside && complete && base == last_base;
        last_base = inside ? base : -1;
        if (!inside) continue;
        if (again) {
          copy_run(static_cast<const Word*>(out - line * run), out, line * run);
          continue;
        }
        if (complete && unit) {
          const Word* source_line = from + base;
          for (int64_t i = 0; i < line; ++i) out[i] = source_line[inner[static_cast<size_t>(i)]];
          continue;
        }
        for (int64_t i = 0; i < line; ++i) {
          const int64_t at = inner[static_cast<size_t>(i)];
          if (at < 0) continue;
          if (run == 1)
            out[i] = from[base + at * inner_stride];
          else
            copy_run(from + base + at * inner_stride, out + i * run, run);
        }
      }
    });
  });
}

void fill_with(Tensor& target, const Tensor& source, int64_t index) {
  visit_word(source.dtype(), [&](auto tag) {
    using Word = typename decltype(tag)::Type;
    std::fill_n(mutable_words<Word>(target), target.size(), words_of<Word>(source)[index]);
  });
}

void fill_with_zero(Tensor& target) {
  if (target.dtype() == DType::string) {
    for (std::string& text : target.mutable_data<std::string>()) text.clear();
    return;
  }
  const auto bytes = target.mutable_bytes();
  std::fill(bytes.begin(), bytes.end(), std::byte{0});
}

}  // namespace modelconv
