// Softmax, LogSoftmax, Hardmax: normalisation along one axis.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"

namespace modelconv {
namespace {

// The tensor as [outer, length, inner] around the axis.
struct AxisView {
  int64_t outer, length, inner;
};

AxisView around_axis(const Dims& dims, size_t axis) {
  AxisView view{1, dims[axis], 1};
  for (size_t i = 0; i < axis; ++i) view.outer *= dims[i];
  for (size_t i = axis + 1; i < dims.size(); ++i) view.inner *= dims[i];
  return view;
}

// Calls line(x, y, length, stride) for each line along the axis, x and y at its first element.
template <class T, class Line>
void for_each_line(KernelContext& context, const Line& line) {
  const Tensor& x = context.input(0);
  Tensor& y = context.allocate(0, x.dtype(), x.dims());
  if (x.size() == 0) return;
  ENSURE(x.rank() > 0, ShapeError, "{}: a scalar has no axis", context.node().describe());
  const AxisView view = around_axis(x.dims(), normalize_axis(int_attr(context.node(), "axis"), x.rank()));
  const T* source = x.data<T>().data();
  T* target = y.mutable_data<T>().data();
  const int64_t grain = std::max<int64_t>(1, 16384 / view.length);
  context.threads().parallel_for(view.outer * view.inner, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = (i / view.inner) * view.length * view.inner + i % view.inner;
      line(source + first, target + first, view.length, view.inner);
    }
  });
}

template <class T>
T maximum(const T* x, int64_t length, int64_t stride) {
  T largest = x[0];
  for (int64_t k = 1; k < length; ++k) largest = std::max(largest, x[k * stride]);
  return largest;
}

struct Softmax {
  template <class T>
  static void line(const T* x, T* y, int64_t length, int64_t stride) {
    const T largest = maximum(x, length, stride);
    T sum = 0;
    for (int64_t k = 0; k < length; ++k) sum += (y[k * stride] = std::exp(x[k * stride] - largest));
    for (int64_t k = 0; k < length; ++k) y[k * stride] /= sum;
  }
};

struct LogSoftmax {
  template <class T>
  static void line(const T* x, T* y, int64_t length, int64_t stride) {
    const T largest = maximum(x, length, stride);
    T sum = 0;
    for (int64_t k = 0; k < length; ++k) sum += std::exp(x[k * stride] - largest);
    const T log_sum = std::log(sum);
    for (int64_t k = 0; k < length; ++k) y[k * stride] = x[k * stride] - largest - log_sum;
  }
};

struct Hardmax {
  template <class T>
  static void line(const T* x, T* y, int64_t length, int64_t stride) {
    int64_t best = 0;  // the first of equal maxima
    for (int64_t k = 1; k < length; ++k)
      if (x[k * stride] > x[best * stride]) best = k;
    for (int64_t k = 0; k < length; ++k) y[k * stride] = k == best ? T(1) : T(0);
  }
};

template <class Function>
void kernel(KernelContext& context) {
  switch (context.input(0).dtype()) {
    case DType::float32: return for_each_line<float>(context, Function::template line<float>);
    case DType::float64: return for_each_line<double>(context, Function::template line<double>);
    default: context.fail("no kernel for this dtype");
  }
}

template <class Function>
OpDef axis_function(const char* name) {
  return OpDef(name)
      .infer(infer_same_as_first)
      .axes(axes_follow_axis)
      .evaluate(kernel<Function>)
      .widen_half();
}

}  // namespace

OpDefs softmax_ops() {
  return {axis_function<Softmax>("Softmax"), axis_function<LogSoftmax>("LogSoftmax"),
          axis_function<Hardmax>("Hardmax")};
}

}  // namespace modelconv
