// Convolutions as matrix products: what Conv, ConvInteger, QLinearConv and FusedConv share.
#pragma once

#include "ops/gemm.h"
#include "ops/infer.h"
#include "ops/kernel.h"
#include "ops/window.h"

namespace modelconv {

struct ConvPlan {
  int64_t batches, groups;
  int64_t in_channels, out_channels;  // of one group
  PlacedWindow window;
  Dims output;

  int64_t depth() const { return in_channels * window.kernel_size(); }  // of the sum for one output element
  bool is_pointwise() const;  // every output element depends on the input elements at its own place only
};

// Sizes of x [N, C, spatial...] convolved with w [M, C/group, kernel...].
ConvPlan plan_conv(const Node& node, const Dims& x, const Dims& w);
Shape infer_conv_shape(const InferContext& context, const Shape& x, const Shape& w);

// The rule and the kernel of Conv.
void infer_conv(InferContext& context);
void run_conv(KernelContext& context);

// The columns of one image and group: element (channel and place in the kernel, place in the output).
template <class T>
class ImageColumns : public RowSource<T> {
 public:
  ImageColumns(const PlacedWindow& window, const T* image) : window_(window), image_(image) {}
  void fill(int64_t k, int64_t column, int64_t count, T* out) const override;

 private:
  const PlacedWindow& window_;
  const T* image_;
};

}  // namespace modelconv
