// Which scale and zero point belong to which element: per tensor, per axis, or blocked along one axis.
#pragma once

#include <functional>
#include <vector>

#include "ops/infer.h"
#include "ops/kernel.h"
#include "ops/op_def.h"

namespace modelconv {

// Of x and its scale, from their dims and the attributes axis and block_size.
class QuantizationLayout {
 public:
  // ShapeError when the scale, or the zero point (null: none), does not fit x.
  QuantizationLayout(const KernelContext& context, const Tensor& x, const Tensor& scale,
                     const Tensor* zero_point);

  // Calls body(first, count, scale, step) for runs that cover all elements: to element first + i belongs parameter
  // scale + i * step; step is 0 or 1.
  using Body = std::function<void(int64_t first, int64_t count, int64_t scale, int64_t step)>;
  void for_each_run(ThreadPool& threads, const Body& body) const;

 private:
  // x as [outer, length, inner], the scale as [outer, ceil(length / block), inner] when blocked, else [length].
  int64_t outer_ = 1, length_ = 1, inner_ = 1;
  int64_t block_ = 0;  // elements of the axis that share a scale; 0: per tensor or per axis
  bool per_tensor_ = false;
};

// All elements of a scale or zero point; zeros when it is left out.
std::vector<float> parameter_values(const Tensor* tensor, int64_t count);

// Per tensor only x moves; per axis the attribute follows; blocked scales and zero points move too.
std::optional<AxisMove> axes_quantization(const Node& node, size_t index, const Permutation& p);

}  // namespace modelconv
