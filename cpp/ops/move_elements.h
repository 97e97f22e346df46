// Moving elements without looking at them. The kernels see words of 1, 2, 4, 8 or 16 bytes, or strings, so that each is
// instantiated six times at most, whatever the number of dtypes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/parallel.h"
#include "ir/tensor.h"

namespace modelconv {

// They stand for elements of any dtype of their width, so they may alias all of them.
struct [[gnu::may_alias]] Word1 {
  uint8_t bits;
};
struct [[gnu::may_alias]] Word2 {
  uint16_t bits;
};
struct [[gnu::may_alias]] Word4 {
  uint32_t bits;
};
struct [[gnu::may_alias]] Word8 {
  uint64_t bits;
};
struct [[gnu::may_alias]] Word16 {
  uint64_t low, high;
};

template <class T>
struct WordTag {
  using Type = T;
};

// Calls function(WordTag<Word>()) with the word for elements of `dtype`.
template <class Function>
decltype(auto) visit_word(DType dtype, Function&& function) {
  if (dtype == DType::string) return function(WordTag<std::string>());
  switch (bit_width(dtype)) {
    case 8: return function(WordTag<Word1>());
    case 16: return function(WordTag<Word2>());
    case 32: return function(WordTag<Word4>());
    case 64: return function(WordTag<Word8>());
    case 128: return function(WordTag<Word16>());
    default: throw InternalError("packed elements reached a kernel that moves bytes");
  }
}

template <class Word>
const Word* words_of(const Tensor& tensor) {
  if constexpr (std::is_same_v<Word, std::string>)
    return tensor.data<std::string>().data();
  else
    return reinterpret_cast<const Word*>(tensor.bytes().data());
}
template <class Word>
Word* mutable_words(Tensor& tensor) {
  if constexpr (std::is_same_v<Word, std::string>)
    return tensor.mutable_data<std::string>().data();
  else
    return reinterpret_cast<Word*>(tensor.mutable_bytes().data());
}

// Elements from one position to the next along each axis of a dense tensor.
Dims row_major_strides(const Dims& dims);

// The tensor as [outer, length, inner] around an axis.
struct AxisSplit {
  int64_t outer, length, inner;
};
AxisSplit split_at(const Dims& dims, size_t axis);

// Visits positions of `dims` in row-major order, and keeps an offset that advances by strides[i] along axis i.
class Walk {
 public:
  Walk(const Dims& dims, Dims strides, int64_t position = 0, int64_t offset = 0);
  int64_t offset() const { return offset_; }
  const Dims& index() const { return index_; }
  void next() {
    for (size_t axis = dims_.size(); axis-- > 0;) {
      offset_ += strides_[axis];
      if (++index_[axis] < dims_[axis]) return;
      offset_ -= strides_[axis] * dims_[axis];
      index_[axis] = 0;
    }
  }

 private:
  Dims dims_, strides_, index_;
  int64_t offset_;
};

// A box of elements in two buffers, with offsets and strides in elements. Strides may be negative (a reversed axis),
// and those of the source zero (a repeated one). The caller has checked that the box lies inside both buffers.
struct StridedBox {
  Dims dims;
  Dims source_strides, target_strides;
  int64_t source_offset = 0, target_offset = 0;
};
void copy_box(ThreadPool& threads, const Tensor& source, Tensor& target, StridedBox box);

// target[i0, i1, ...] = source[maps[0][i0], maps[1][i1], ...]; an index of -1 leaves the target alone.
void copy_mapped(ThreadPool& threads, const Tensor& source, const std::vector<std::vector<int64_t>>& maps,
                 Tensor& target);

// Copies runs of `run` elements: run number i of the target starts at offset(i) in the source.
template <class Offset>
void gather_runs(ThreadPool& threads, const Tensor& source, Tensor& target, int64_t run,
                 const Offset& offset) {
  if (target.size() == 0) return;
  visit_word(source.dtype(), [&](auto tag) {
    using Word = typename decltype(tag)::Type;
    const Word* from = words_of<Word>(source);
    Word* to = mutable_words<Word>(target);
    threads.parallel_for(target.size() / run, std::max<int64_t>(1, 16384 / run),
                         [&](int64_t begin, int64_t end) {
                           for (int64_t i = begin; i < end; ++i) {
                             if (run == 1)
                               to[i] = from[offset(i)];
                             else
                               std::copy_n(from + offset(i), run, to + i * run);
                           }
                         });
  });
}

// Every element of `target` becomes element `index` of `source`, of the same dtype.
void fill_with(Tensor& target, const Tensor& source, int64_t index = 0);
void fill_with_zero(Tensor& target);  // 0, false, empty strings

}  // namespace modelconv
