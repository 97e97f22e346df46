// Conv.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/conv_plan.h"
#include "ops/matmul_plan.h"
#include "ops/visit_types.h"

namespace modelconv {

void infer_conv(InferContext& context) {
  context.set_output(0, context.input_dtype(0),
                     infer_conv_shape(context, context.input_shape(0), context.input_shape(1)));
}

namespace {

// One channel of the result from one channel of the input: line by line, tap by tap.
template <class T>
void convolve_channel(const PlacedWindow& w, const T* x, const T* weights, T* y) {
  for (int64_t z = 0; z < w.output[0]; ++z)
    for (int64_t row = 0; row < w.output[1]; ++row, y += w.output[2]) {
      const T* weight = weights;
      for (int64_t tap_z = 0; tap_z < w.kernel[0]; ++tap_z)
        for (int64_t tap_y = 0; tap_y < w.kernel[1]; ++tap_y) {
          const int64_t from_z = z * w.strides[0] - w.pads_begin[0] + tap_z * w.dilations[0];
          const int64_t from_y = row * w.strides[1] - w.pads_begin[1] + tap_y * w.dilations[1];
          if (from_z < 0 || from_z >= w.input[0] || from_y < 0 || from_y >= w.input[1]) {
            weight += w.kernel[2];
            continue;
          }
          const T* line = x + (from_z * w.input[1] + from_y) * w.input[2];
          for (int64_t tap_x = 0; tap_x < w.kernel[2]; ++tap_x, ++weight) {
            const int64_t shift = tap_x * w.dilations[2] - w.pads_begin[2], step = w.strides[2];
            const Positions inside =
                positions_inside(w.output[2], w.input[2], step, w.pads_begin[2], tap_x * w.dilations[2]);
            const T factor = *weight;
            if (step == 1) {
              for (int64_t i = inside.begin; i < inside.end; ++i) y[i] += factor * line[i + shift];
            } else {
              for (int64_t i = inside.begin; i < inside.end; ++i) y[i] += factor * line[i * step + shift];
            }
          }
        }
    }
}

// All output channels of one image and group.
template <class T>
void convolve_group(ThreadPool& threads, const ConvPlan& plan, const T* x, const T* weights, T* y) {
  const int64_t places = plan.window.output_size(), depth = plan.depth();
  if (plan.in_channels == 1 && plan.out_channels <= 2) {
    for (int64_t i = 0; i < plan.out_channels; ++i)
      convolve_channel(plan.window, x, weights + i * depth, y + i * places);
    return;
  }
  const Product<T> product{plan.out_channels, places, depth, y, places, T(1), true};
  const MatrixView<T> left{weights, depth, 1};
  if (plan.is_pointwise()) return multiply(threads, product, left, MatrixView<T>{x, places, 1});
  multiply(threads, product, left, ImageColumns<T>(plan.window, x));
}

template <class T>
void convolve(KernelContext& context, const ConvPlan& plan) {
  const T *x = context.input(0).data<T>().data(), *w = context.input(1).data<T>().data();
  const T* bias = context.has_input(2) ? context.input(2).data<T>().data() : nullptr;
  T* y = context.allocate(0, context.input(0).dtype(), plan.output).mutable_data<T>().data();
  const int64_t places = plan.window.output_size(), inputs = plan.in_channels * plan.window.input_size();
  for_each_batch(context.threads(), plan.batches * plan.groups, [&](int64_t i) {
    const int64_t group = i % plan.groups;
    T* result = y + i * plan.out_channels * places;
    for (int64_t channel = 0; channel < plan.out_channels; ++channel)
      std::fill_n(result + channel * places, places, bias ? bias[group * plan.out_channels + channel] : T(0));
    convolve_group(context.threads(), plan, x + i * inputs, w + group * plan.out_channels * plan.depth(),
                   result);
  });
}

}  // namespace

void run_conv(KernelContext& context) {
  const ConvPlan plan = plan_conv(context.node(), context.input(0).dims(), context.input(1).dims());
  if (context.has_input(2) && context.input(2).dims() != Dims{plan.output[1]})
    context.fail("the bias must have one element per output channel, {}", plan.output[1]);
  visit_types(
      context, context.input(0).dtype(), [&]<class T>(T) { convolve<T>(context, plan); }, FloatTypes());
}

OpDefs conv_ops() { return {OpDef("Conv").infer(infer_conv).evaluate(run_conv).widen_half()}; }

}  // namespace modelconv
