// DeformConv: a convolution whose taps are moved by offsets that are an input, two spatial axes.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"
#include "ops/conv_plan.h"
#include "ops/matmul_plan.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

// Columns as ImageColumns gives them, each element interpolated at its moved place.
template <class T>
class MovedColumns : public RowSource<T> {
 public:
  struct Source {
    const PlacedWindow& window;
    const T* image;         // channels of one image and group
    const T* offsets;       // of the image: [offset group, tap, row or column, place]
    const T* mask;          // of the image: [offset group, tap, place], or null
    int64_t first_channel;  // of the group
    int64_t channels_per_offset;
  };
  explicit MovedColumns(const Source& source) : s_(source) {}

  void fill(int64_t k, int64_t column, int64_t count, T* out) const override {
    const PlacedWindow& w = s_.window;
    const int64_t taps = w.kernel_size(), places = w.output_size(), tap = k % taps, channel = k / taps;
    const int64_t plane = (s_.first_channel + channel) / s_.channels_per_offset * taps + tap;
    const T* rows = s_.offsets + plane * 2 * places;
    const T* columns = rows + places;
    for (int64_t i = column; i < column + count; ++i) {
      const int64_t y = i / w.output[2] * w.strides[1] - w.pads_begin[1] + tap / w.kernel[2] * w.dilations[1];
      const int64_t x = i % w.output[2] * w.strides[2] - w.pads_begin[2] + tap % w.kernel[2] * w.dilations[2];
      const T value = sample(s_.image + channel * w.input_size(), static_cast<T>(y) + rows[i],
                             static_cast<T>(x) + columns[i]);
      *out++ = s_.mask ? value * s_.mask[plane * places + i] : value;
    }
  }

 private:
  // Bilinear; outside of the image are zeros.
  T sample(const T* plane, T y, T x) const {
    const int64_t height = s_.window.input[1], width = s_.window.input[2];
    if (!(y > T(-1) && y < static_cast<T>(height) && x > T(-1) && x < static_cast<T>(width))) return 0;
    const T top = std::floor(y), left = std::floor(x), down = y - top, right = x - left;
    const auto row = static_cast<int64_t>(top), column = static_cast<int64_t>(left);
    const auto at = [&](int64_t i, int64_t j) {
      return i < 0 || i >= height || j < 0 || j >= width ? T(0) : plane[i * width + j];
    };
    return (1 - down) * ((1 - right) * at(row, column) + right * at(row, column + 1)) +
           down * ((1 - right) * at(row + 1, column) + right * at(row + 1, column + 1));
  }

  Source s_;
};

void check_inputs(const KernelContext& context, const ConvPlan& plan, int64_t offset_groups) {
  const int64_t channels = plan.in_channels * plan.groups, taps = plan.window.kernel_size();
  if (offset_groups < 1 || channels % offset_groups != 0)
    context.fail("{} channels in {} offset groups", channels, offset_groups);
  const Dims places{plan.output[2], plan.output[3]};
  if (context.input(2).dims() != Dims{plan.batches, offset_groups * taps * 2, places[0], places[1]})
    context.fail("offsets of {} do not fit", to_string(context.input(2).dims()));
  if (context.has_input(4) &&
      context.input(4).dims() != Dims{plan.batches, offset_groups * taps, places[0], places[1]})
    context.fail("a mask of {} does not fit", to_string(context.input(4).dims()));
  if (context.has_input(3) && context.input(3).dims() != Dims{plan.output[1]})
    context.fail("the bias must have one element per output channel, {}", plan.output[1]);
}

template <class T>
void deform_conv(KernelContext& context, const ConvPlan& plan, int64_t offset_groups) {
  const auto data = [&](size_t index) {
    return context.has_input(index) ? context.input(index).data<T>().data() : nullptr;
  };
  const T *x = data(0), *w = data(1), *offsets = data(2), *bias = data(3), *mask = data(4);
  T* y = context.allocate(0, context.input(0).dtype(), plan.output).template mutable_data<T>().data();
  const int64_t places = plan.window.output_size(),
                planes = offset_groups * plan.window.kernel_size() * places;
  for_each_batch(context.threads(), plan.batches * plan.groups, [&](int64_t i) {
    const int64_t image = i / plan.groups, group = i % plan.groups;
    T* result = y + i * plan.out_channels * places;
    for (int64_t channel = 0; channel < plan.out_channels; ++channel)
      std::fill_n(result + channel * places, places, bias ? bias[group * plan.out_channels + channel] : T(0));
    const MovedColumns<T> columns({plan.window, x + i * plan.in_channels * plan.window.input_size(),
                                   offsets + image * 2 * planes, mask ? mask + image * planes : nullptr,
                                   group * plan.in_channels, plan.in_channels * plan.groups / offset_groups});
    multiply(context.threads(),
             Product<T>{plan.out_channels, places, plan.depth(), result, places, T(1), true},
             MatrixView<T>{w + group * plan.out_channels * plan.depth(), plan.depth(), 1}, columns);
  });
}

void run_deform_conv(KernelContext& context) {
  if (context.input(0).rank() != 4)
    context.fail("no kernel for {} axes (only for 4)", context.input(0).rank());
  const ConvPlan plan = plan_conv(context.node(), context.input(0).dims(), context.input(1).dims());
  const int64_t offset_groups = int_attr(context.node(), "offset_group");
  check_inputs(context, plan, offset_groups);
  visit_types(
      context, context.input(0).dtype(), [&]<class T>(T) { deform_conv<T>(context, plan, offset_groups); },
      FloatTypes());
}

void infer_deform_conv(InferContext& context) {
  context.set_output(0, context.input_dtype(0),
                     infer_conv_shape(context, context.input_shape(0), context.input_shape(1)));
}

}  // namespace

OpDefs deform_conv_ops() {
  return {OpDef("DeformConv").infer(infer_deform_conv).evaluate(run_deform_conv).widen_half()};
}

}  // namespace modelconv
