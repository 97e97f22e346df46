// ConvTranspose: every input element adds a scaled copy of the kernel to the output.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/gemm.h"
#include "ops/matmul_plan.h"
#include "ops/visit_types.h"
#include "ops/window.h"

namespace modelconv {
namespace {

constexpr int64_t kLargestSide = int64_t{1} << 30;  // times a stride still fits 64 bits

struct Attributes {
  Window window;
  std::vector<int64_t> output_padding, output_shape;  // per spatial axis; the latter empty when not given
};

std::vector<int64_t> read_sizes(const Node& node, const char* name, size_t rank) {
  std::vector<int64_t> sizes = optional_ints(node, name).value_or(std::vector<int64_t>());
  // Some exporters write output_shape with batch and channels.
  if (sizes.size() == rank + 2) sizes.erase(sizes.begin(), sizes.begin() + 2);
  ENSURE(sizes.empty() || sizes.size() == rank, ShapeError,
         "{}: attribute {} has {} numbers for {} spatial axes", node.describe(), name, sizes.size(), rank);
  for (int64_t size : sizes)
    ENSURE(size >= 0 && size <= kLargestSide, ShapeError, "{}: attribute {} contains {}", node.describe(),
           name, size);
  return sizes;
}

Attributes read_attributes(const Node& node, size_t rank, const std::optional<Dims>& kernel) {
  Attributes attributes{read_window(node, rank, kernel), read_sizes(node, "output_padding", rank),
                        read_sizes(node, "output_shape", rank)};
  if (attributes.output_padding.empty()) attributes.output_padding.assign(rank, 0);
  return attributes;
}

bool is_same(const Window& window) {
  return window.auto_pad == Window::AutoPad::same_upper || window.auto_pad == Window::AutoPad::same_lower;
}

// Along one axis, before pads are taken off.
Dim full_size(const Attributes& a, size_t axis, const Dim& input) {
  return (input - Dim(1)) * Dim(a.window.strides[axis]) + Dim(a.output_padding[axis] + a.window.extent(axis));
}

Dim output_size(const Node& node, const Attributes& a, size_t axis, const Dim& input) {
  if (!a.output_shape.empty()) return a.output_shape[axis];
  if (input.is_unknown()) return Dim::unknown();
  ENSURE(!input.is_known() || (input.value() >= 1 && input.value() <= kLargestSide), ShapeError,
         "{}: the input has {} elements along spatial axis {}", node.describe(), input.str(), axis);
  if (is_same(a.window)) return input * Dim(a.window.strides[axis]);
  const Dim size = full_size(a, axis, input) - Dim(a.window.pads_begin[axis] + a.window.pads_end[axis]);
  ENSURE(!size.is_known() || size.value() >= 1, ShapeError,
         "{}: the pads leave {} elements along spatial axis {}", node.describe(), size.str(), axis);
  return size;
}

int64_t pad_in_front(const Attributes& a, size_t axis, int64_t input, int64_t output) {
  if (a.output_shape.empty() && !is_same(a.window)) return a.window.pads_begin[axis];
  const int64_t total = std::max<int64_t>(0, full_size(a, axis, Dim(input)).value() - output);
  return a.window.auto_pad == Window::AutoPad::same_upper ? total / 2 : total - total / 2;
}

void check_channels(const Node& node, int64_t group, const Dim& x, const Dim& w) {
  ENSURE(group >= 1, ShapeError, "{}: group is {}", node.describe(), group);
  ENSURE(!x.is_known() || x.value() % group == 0, ShapeError, "{}: {} input channels in {} groups",
         node.describe(), x.str(), group);
  ENSURE(!x.is_known() || !w.is_known() || x.value() == w.value(), ShapeError,
         "{}: {} input channels, but weights for {}", node.describe(), x.str(), w.str());
}

void infer_conv_transpose(InferContext& context) {
  const Node& node = context.node();
  const Shape &x = context.input_shape(0), &w = context.input_shape(1);
  const int64_t group = int_attr(node, "group");
  if (!x.has_rank() || !w.has_rank()) return context.set_output(0, context.input_dtype(0), Shape());
  if (x.rank() < 2 || w.rank() != x.rank()) context.fail("input and weights differ in rank");
  check_channels(node, group, x[1], w[0]);
  std::vector<Dim> dims(x.rank());
  dims[0] = x[0];
  dims[1] = w[1] * Dim(group);
  std::optional<Dims> kernel = Dims();
  for (size_t i = 2; i < w.rank(); ++i) {
    if (w[i].is_known() && kernel) kernel->push_back(w[i].value());
    if (!w[i].is_known()) kernel.reset();
  }
  if (kernel || node.attrs.has("kernel_shape")) {
    const Attributes attributes = read_attributes(node, x.rank() - 2, kernel);
    for (size_t i = 0; i + 2 < x.rank(); ++i) dims[i + 2] = output_size(node, attributes, i, x[i + 2]);
  }
  context.set_output(0, context.input_dtype(0), dims);
}

struct Plan {
  int64_t batches, groups, in_channels, out_channels;  // channels of one group
  PlacedWindow window;                                 // input and output of this operator
  Dims output;
};

Plan plan_transposed(const Node& node, const Dims& x, const Dims& w) {
  ENSURE(x.size() >= 2 && x.size() <= 5 && w.size() == x.size(), ShapeError,
         "{}: no kernel for input {} and weights {}", node.describe(), to_string(x), to_string(w));
  const int64_t group = int_attr(node, "group");
  check_channels(node, group, x[1], w[0]);
  const size_t rank = x.size() - 2;
  const Attributes a = read_attributes(node, rank, Dims(w.begin() + 2, w.end()));
  Plan plan{x[0], group, x[1] / group, w[1], {}, {x[0], w[1] * group}};
  for (size_t i = 0; i < rank; ++i) {
    const size_t to = 3 - rank + i;
    PlacedWindow& placed = plan.window;
    placed.input[to] = x[i + 2];
    placed.output[to] = output_size(node, a, i, x[i + 2]).value();
    placed.kernel[to] = a.window.kernel[i];
    placed.strides[to] = a.window.strides[i];
    placed.dilations[to] = a.window.dilations[i];
    placed.pads_begin[to] = pad_in_front(a, i, x[i + 2], placed.output[to]);
    plan.output.push_back(placed.output[to]);
  }
  return plan;
}

// Adds one tap of the kernel, given for the input places [first, first + count), to one output channel.
template <class T>
void add_tap(const PlacedWindow& w, int64_t tap, int64_t first, int64_t count, const T* values, T* y) {
  const int64_t tap_x = tap % w.kernel[2], tap_y = tap / w.kernel[2] % w.kernel[1];
  const int64_t tap_z = tap / (w.kernel[2] * w.kernel[1]);
  const auto target = [&](size_t axis, int64_t place, int64_t at) {
    return place * w.strides[axis] - w.pads_begin[axis] + at * w.dilations[axis];
  };
  const Positions inside =
      positions_inside(w.input[2], w.output[2], w.strides[2], w.pads_begin[2], tap_x * w.dilations[2]);
  for (int64_t done = 0; done < count;) {
    const int64_t place = first + done, x = place % w.input[2], row = place / w.input[2];
    const int64_t run = std::min(count - done, w.input[2] - x);
    const int64_t to_y = target(1, row % w.input[1], tap_y), to_z = target(0, row / w.input[1], tap_z);
    if (to_y >= 0 && to_y < w.output[1] && to_z >= 0 && to_z < w.output[0]) {
      T* line = y + (to_z * w.output[1] + to_y) * w.output[2];
      for (int64_t i = std::max(inside.begin, x); i < std::min(inside.end, x + run); ++i)
        line[target(2, i, tap_x)] += values[done + i - x];
    }
    done += run;
  }
}

// One image and group.
template <class T>
void add_group(ThreadPool& threads, const Plan& plan, const T* x, const T* weights, T* y) {
  const int64_t places = plan.window.input_size(), taps = plan.window.kernel_size();
  const int64_t rows = plan.out_channels * taps, outputs = plan.window.output_size();
  if (rows == 0 || places == 0) return;
  constexpr int64_t kElements = 1 << 20;  // of the product that is held at a time
  const int64_t tile = std::min(places, std::max<int64_t>(16, kElements / rows));
  std::vector<T> columns(static_cast<size_t>(rows * tile));
  for (int64_t first = 0; first < places; first += tile) {
    const int64_t count = std::min(tile, places - first);
    multiply(threads, Product<T>{rows, count, plan.in_channels, columns.data(), count},
             MatrixView<T>{weights, 1, rows}, MatrixView<T>{x + first, places, 1});
    threads.parallel_for(plan.out_channels, 1 + 16384 / (taps * count), [&](int64_t begin, int64_t end) {
      for (int64_t channel = begin; channel < end; ++channel)
        for (int64_t tap = 0; tap < taps; ++tap)
          add_tap(plan.window, tap, first, count, columns.data() + (channel * taps + tap) * count,
                  y + channel * outputs);
    });
  }
}

template <class T>
void conv_transpose(KernelContext& context, const Plan& plan) {
  const T *x = context.input(0).data<T>().data(), *w = context.input(1).data<T>().data();
  const T* bias = context.has_input(2) ? context.input(2).data<T>().data() : nullptr;
  T* y = context.allocate(0, context.input(0).dtype(), plan.output).template mutable_data<T>().data();
  const int64_t places = plan.window.output_size(), inputs = plan.in_channels * plan.window.input_size();
  const int64_t weights = plan.in_channels * plan.out_channels * plan.window.kernel_size();
  for_each_batch(context.threads(), plan.batches * plan.groups, [&](int64_t i) {
    const int64_t group = i % plan.groups;
    T* result = y + i * plan.out_channels * places;
    for (int64_t channel = 0; channel < plan.out_channels; ++channel)
      std::fill_n(result + channel * places, places, bias ? bias[group * plan.out_channels + channel] : T(0));
    add_group(context.threads(), plan, x + i * inputs, w + group * weights, result);
  });
}

void run_conv_transpose(KernelContext& context) {
  const Plan plan = plan_transposed(context.node(), context.input(0).dims(), context.input(1).dims());
  if (context.has_input(2) && context.input(2).dims() != Dims{plan.output[1]})
    context.fail("the bias must have one element per output channel, {}", plan.output[1]);
  visit_types(
      context, context.input(0).dtype(), [&]<class T>(T) { conv_transpose<T>(context, plan); }, FloatTypes());
}

}  // namespace

OpDefs conv_transpose_ops() {
  return {OpDef("ConvTranspose").infer(infer_conv_transpose).evaluate(run_conv_transpose).widen_half()};
}

}  // namespace modelconv
