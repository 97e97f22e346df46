// ConvInteger and QLinearConv.
#include "ops/all_ops.h"
#include "ops/conv_plan.h"
#include "ops/matmul_plan.h"
#include "ops/quantized.h"

namespace modelconv {
namespace {

std::vector<float> center_weights(KernelContext& context, size_t weights, size_t zero, int64_t channels) {
  const std::vector<float> zeros = zero_points(context, zero);
  const auto count = static_cast<int64_t>(zeros.size());
  if (count != 1 && count != channels) context.fail("{} zero points for {} output channels", count, channels);
  const Tensor& w = context.input(weights);
  const int64_t per_channel = channels == 0 ? 1 : w.size() / channels;
  return centered(context, w, [&](int64_t i) {
    return count == 1 ? zeros[0] : zeros[static_cast<size_t>(i / per_channel)];
  });
}

// Zero padding of the centred input is padding with its zero point.
void convolve_bytes(KernelContext& context, const ConvPlan& plan, size_t x_zero, size_t weights,
                    size_t w_zero, int32_t* y) {
  const std::vector<float> zeros = zero_points(context, x_zero);
  if (zeros.size() != 1) context.fail("the input's zero point must be a scalar");
  const std::vector<float> x = centered(context, context.input(0), [&](int64_t) { return zeros[0]; });
  const std::vector<float> w = center_weights(context, weights, w_zero, plan.output[1]);
  const int64_t places = plan.window.output_size(), inputs = plan.in_channels * plan.window.input_size();
  for_each_batch(context.threads(), plan.batches * plan.groups, [&](int64_t i) {
    const Product<int32_t> product{plan.out_channels, places, plan.depth(),
                                   y + i * plan.out_channels * places, places};
    const MatrixView<float> left{w.data() + i % plan.groups * plan.out_channels * plan.depth(), plan.depth(),
                                 1};
    const float* image = x.data() + i * inputs;
    if (plan.is_pointwise())
      return multiply_bytes(context.threads(), product, left, MatrixView<float>{image, places, 1});
    multiply_bytes(context.threads(), product, left, ImageColumns<float>(plan.window, image));
  });
}

void run_conv_integer(KernelContext& context) {
  const ConvPlan plan = plan_conv(context.node(), context.input(0).dims(), context.input(1).dims());
  Tensor& y = context.allocate(0, DType::int32, plan.output);
  convolve_bytes(context, plan, 2, 1, 3, y.mutable_data<int32_t>().data());
}

void infer_conv_integer(InferContext& context) {
  context.set_output(0, DType::int32,
                     infer_conv_shape(context, context.input_shape(0), context.input_shape(1)));
}

template <class T>
void requantize(KernelContext& context, const ConvPlan& plan, const std::vector<int32_t>& sums) {
  const std::vector<float> x_scale = zero_points(context, 1), w_scale = zero_points(context, 4);
  const std::vector<float> y_scale = zero_points(context, 6), y_zero = zero_points(context, 7);
  const int64_t channels = plan.output[1], places = plan.window.output_size();
  const auto scales = static_cast<int64_t>(w_scale.size());
  if (x_scale.size() != 1 || y_scale.size() != 1 || y_zero.size() != 1 || (scales != 1 && scales != channels))
    context.fail("a scale per tensor, or one per output channel for the weights, is needed");
  if (context.has_input(8) && context.input(8).dims() != Dims{channels})
    context.fail("the bias must have one element per output channel, {}", channels);
  const int32_t* bias = context.has_input(8) ? context.input(8).data<int32_t>().data() : nullptr;
  T* y = context.allocate(0, dtype_of<T>, plan.output).template mutable_data<T>().data();
  for (int64_t plane = 0; plane < plan.batches * channels; ++plane) {
    const int64_t channel = plane % channels;
    const float factor = x_scale[0] * w_scale[scales == 1 ? 0 : static_cast<size_t>(channel)] / y_scale[0];
    const uint32_t offset = bias ? static_cast<uint32_t>(bias[channel]) : 0;
    for (int64_t i = plane * places; i < (plane + 1) * places; ++i) {
      const auto sum = static_cast<int32_t>(static_cast<uint32_t>(sums[static_cast<size_t>(i)]) + offset);
      y[i] = saturate_rounded<T>(static_cast<float>(sum) * factor, y_zero[0]);
    }
  }
}

void run_qlinear_conv(KernelContext& context) {
  const ConvPlan plan = plan_conv(context.node(), context.input(0).dims(), context.input(3).dims());
  std::vector<int32_t> sums(static_cast<size_t>(element_count(plan.output)));
  convolve_bytes(context, plan, 2, 3, 5, sums.data());
  switch (context.input(7).dtype()) {
    case DType::int8: return requantize<int8_t>(context, plan, sums);
    case DType::uint8: return requantize<uint8_t>(context, plan, sums);
    default: context.fail("no kernel for {}", name_of(context.input(7).dtype()));
  }
}

void infer_qlinear_conv(InferContext& context) {
  context.set_output(0, context.input_dtype(7),
                     infer_conv_shape(context, context.input_shape(0), context.input_shape(3)));
}

}  // namespace

OpDefs quantized_conv_ops() {
  return {OpDef("ConvInteger").infer(infer_conv_integer).evaluate(run_conv_integer),
          OpDef("QLinearConv").infer(infer_qlinear_conv).evaluate(run_qlinear_conv)};
}

}  // namespace modelconv
