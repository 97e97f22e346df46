#include "ops/elementwise.h"

#include <algorithm>

namespace modelconv {

DType as_unsigned(DType dtype) {
  switch (dtype) {
    case DType::int8:
    case DType::boolean: return DType::uint8;
    case DType::int16: return DType::uint16;
    case DType::int32: return DType::uint32;
    case DType::int64: return DType::uint64;
    default: return dtype;
  }
}

BroadcastRows::BroadcastRows(const std::vector<Dims>& inputs) : input_count_(inputs.size()) {
  for (const Dims& dims : inputs) dims_ = broadcast(dims_, dims);
  size_ = element_count(dims_);
  std::vector<int64_t> stride(inputs.size(), 1);
  // From the last axis to the first; axes_ is turned round at the end.
  for (size_t back = 1; back <= dims_.size(); ++back) {
    Axis axis{dims_[dims_.size() - back], std::vector<int64_t>(inputs.size(), 0)};
    if (axis.size == 1) continue;
    for (size_t k = 0; k < inputs.size(); ++k) {
      if (back > inputs[k].size()) continue;
      const int64_t own_size = inputs[k][inputs[k].size() - back];
      if (own_size != 1) axis.strides[k] = stride[k];
      stride[k] *= own_size;
    }
    const auto continues = [&](const Axis& inner) {
      for (size_t k = 0; k < inputs.size(); ++k)
        if (axis.strides[k] != inner.strides[k] * inner.size) return false;
      return true;
    };
    if (!axes_.empty() && continues(axes_.back()))
      axes_.back().size *= axis.size;
    else
      axes_.push_back(std::move(axis));
  }
  if (axes_.empty()) axes_.push_back({1, std::vector<int64_t>(inputs.size(), 1)});
  std::reverse(axes_.begin(), axes_.end());
  for (const int64_t row_stride : axes_.back().strides) moves_.push_back(row_stride != 0);
}

void BroadcastRows::run(ThreadPool& threads, const Body& body) const {
  threads.parallel_for(size_, kElementsPerTask,
                       [&](int64_t begin, int64_t end) { run_range(begin, end, body); });
}

void BroadcastRows::run_range(int64_t begin, int64_t end, const Body& body) const {
  std::vector<int64_t> index(axes_.size()), from(input_count_, 0);
  int64_t rest = begin;
  for (size_t a = axes_.size(); a-- > 0;) {
    index[a] = rest % axes_[a].size;
    rest /= axes_[a].size;
    for (size_t k = 0; k < input_count_; ++k) from[k] += index[a] * axes_[a].strides[k];
  }
  const auto move = [&](const Axis& axis, int64_t steps) {
    for (size_t k = 0; k < input_count_; ++k) from[k] += steps * axis.strides[k];
  };
  const size_t row = axes_.size() - 1;
  while (begin < end) {
    const int64_t count = std::min(axes_[row].size - index[row], end - begin);
    body(begin, from.data(), count);
    begin += count;
    move(axes_[row], -index[row]);
    index[row] = 0;
    for (size_t a = row; a-- > 0;) {
      move(axes_[a], 1);
      if (++index[a] < axes_[a].size) break;
      move(axes_[a], -axes_[a].size);
      index[a] = 0;
    }
  }
}

void combine_elements(InferContext& context, Dim (*combine)(const Dim&, const Dim&)) {
  const auto a = context.elements(0), b = context.elements(1);
  if (!a || !b) return;
  if (a->size() != b->size() && a->size() != 1 && b->size() != 1) return;
  const size_t count = a->size() == 1 ? b->size() : a->size();
  std::vector<Dim> result;
  for (size_t i = 0; i < count; ++i)
    result.push_back(combine((*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]));
  context.set_elements(0, std::move(result));
}

}  // namespace modelconv
