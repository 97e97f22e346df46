#include "ops/quantization.h"

#include <algorithm>

#include "ops/elementwise.h"

namespace modelconv {

QuantizationLayout::QuantizationLayout(const KernelContext& context, const Tensor& x, const Tensor& scale,
                                       const Tensor* zero_point) {
  if (zero_point && zero_point->size() != scale.size()) context.fail("scale and zero point differ in size");
  const int64_t block = int_attr(context.node(), "block_size");
  if (block < 0) context.fail("block_size is {}, it must not be negative", block);
  if (scale.size() == 1 && scale.rank() <= 1) {
    per_tensor_ = true;
    inner_ = x.size();
    return;
  }
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), x.rank());
  for (size_t i = 0; i < axis; ++i) outer_ *= x.dims()[i];
  length_ = x.dims()[axis];
  for (size_t i = axis + 1; i < x.rank(); ++i) inner_ *= x.dims()[i];
  Dims wanted = {length_};
  if (scale.rank() > 1 || block > 0) {
    if (block == 0) context.fail("a scale of rank {} needs the attribute block_size", scale.rank());
    block_ = block;
    wanted = x.dims();
    wanted[axis] = length_ / block + (length_ % block != 0 ? 1 : 0);
  }
  if (scale.dims() != wanted) context.fail("the scale must be of shape {}", to_string(wanted));
}

void QuantizationLayout::for_each_run(ThreadPool& threads, const Body& body) const {
  const auto in_parallel = [&](int64_t runs, int64_t length, const auto& run) {
    const int64_t grain = std::max<int64_t>(1, kElementsPerTask / std::max<int64_t>(1, length));
    threads.parallel_for(runs, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) run(i);
    });
  };
  if (per_tensor_)
    return threads.parallel_for(inner_, kElementsPerTask,
                                [&](int64_t begin, int64_t end) { body(begin, end - begin, 0, 0); });
  if (block_ == 0 && inner_ == 1)  // the last axis: one run per line, a scale for each element
    return in_parallel(outer_, length_, [&](int64_t line) { body(line * length_, length_, 0, 1); });
  if (block_ == 0)
    return in_parallel(outer_ * length_, inner_,
                       [&](int64_t i) { body(i * inner_, inner_, i % length_, 0); });
  const int64_t blocks = (length_ - 1) / block_ + 1;  // not reached with length 0: there are no runs then
  if (inner_ == 1)                                    // one run per block of the last axis
    return in_parallel(length_ == 0 ? 0 : outer_ * blocks, std::min(block_, length_), [&](int64_t i) {
      const int64_t begin = i % blocks * block_;
      body(i / blocks * length_ + begin, std::min(block_, length_ - begin), i, 0);
    });
  in_parallel(outer_ * length_, inner_, [&](int64_t i) {
    const int64_t block = i / length_ * blocks + i % length_ / block_;
    body(i * inner_, inner_, block * inner_, 1);
  });
}

std::vector<float> parameter_values(const Tensor* tensor, int64_t count) {
  std::vector<float> values(static_cast<size_t>(count), 0.0F);
  if (tensor) to_float(tensor->dtype(), tensor->bytes().data(), count, values.data());
  return values;
}

std::optional<AxisMove> axes_quantization(const Node& node, size_t index, const Permutation& p) {
  const Value* scale = node.input(1);
  if (index != 0 || !scale || !scale->shape().has_rank()) return std::nullopt;
  std::optional<AxisMove> move = axes_follow_first(node, index, p);
  if (scale->shape().rank() == 0 || scale->shape().element_count().equals(1)) return move;
  const bool blocked = int_attr(node, "block_size") > 0;
  if (blocked)
    for (size_t i = 1; i < node.input_count(); ++i)
      if (node.input(i)) move->inputs[i] = p;
  const size_t axis = normalize_axis(int_attr(node, "axis"), p.size());
  move->attrs.set("axis", static_cast<int64_t>(inverse(p)[axis]));
  return move;
}

}  // namespace modelconv
