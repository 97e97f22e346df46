// Activation functions of several tensors: Clip with its limits, PRelu with its slope, SwiGLU with its gate.
#include <cmath>
#include <limits>

#include "ops/all_ops.h"
#include "ops/binary_kernel.h"
#include "ops/vector_math.h"

namespace modelconv {
namespace {

template <class T>
struct Clip {
  T low, high;
  T operator()(T x) const {
    const T raised = x < low ? low : x;
    return raised > high ? high : raised;
  }
};

// A limit left out does not limit: not even infinities.
template <class T>
T clip_limit(const KernelContext& context, size_t index, T absent) {
  if (!context.has_input(index)) return absent;
  const Tensor& limit = context.input(index);
  if (limit.dtype() != context.input(0).dtype() || limit.size() != 1)
    context.fail("limit number {} must be one element of the first input's type", index);
  return *elements<T>(limit);
}

void clip_kernel(KernelContext& context) {
  const DType dtype = context.input(0).dtype();
  for_dtype(context, dtype, NumericTypes(), [&](auto tag) {
    using T = decltype(tag);
    using Limits = std::numeric_limits<T>;
    const T lowest = Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
    const T highest = Limits::has_infinity ? Limits::infinity() : Limits::max();
    const Clip<T> clip{clip_limit(context, 1, lowest), clip_limit(context, 2, highest)};
    map_elements<T, T>(context, dtype, clip);
  });
}

struct PRelu {
  template <class T>
  T operator()(T x, T slope) const {
    if constexpr (std::is_integral_v<T>) {
      using Bits = std::make_unsigned_t<T>;
      return x < T(0) ? static_cast<T>(static_cast<Bits>(x) * static_cast<Bits>(slope)) : x;
    } else {
      return x < 0 ? slope * x : x;
    }
  }
};

using PReluTypes = Types<float, double, int32_t, int64_t, uint32_t, uint64_t>;

void prelu_kernel(KernelContext& context) {
  const Dims& dims = context.input(0).dims();
  if (broadcast(dims, context.input(1).dims()) != dims)
    context.fail("the slope does not broadcast to the input");
  binary_kernel<PRelu, PReluTypes>(context);
}

void infer_swiglu(InferContext& context) {
  if (!context.input_shape(0).compatible_with(context.input_shape(1)))
    context.fail("the shapes of A and B differ");
  context.set_output(0, context.input_dtype(0), context.input_shape(0).merged_with(context.input_shape(1)));
}

void swiglu_rows(const float* a, const float* b, float* y, int64_t n, float alpha) {
  swish_array(a, y, n, alpha);
  MODELCONV_INDEPENDENT_LOOP
  for (int64_t i = 0; i < n; ++i) y[i] *= b[i];
}

void swiglu_rows(const double* a, const double* b, double* y, int64_t n, float alpha) {
  for (int64_t i = 0; i < n; ++i) y[i] = a[i] / (1 + std::exp(-alpha * a[i])) * b[i];
}

void swiglu_kernel(KernelContext& context) {
  const Tensor &a = context.input(0), &b = context.input(1);
  if (a.dims() != b.dims() || a.dtype() != b.dtype()) context.fail("A and B must have one shape and type");
  const float alpha = float_attr(context.node(), "alpha");
  Tensor& y = context.allocate(0, a.dtype(), a.dims(), 0);
  for_dtype(context, a.dtype(), FloatTypes(), [&](auto tag) {
    using T = decltype(tag);
    const T *gate = elements<T>(a), *linear = elements<T>(b);
    T* target = mutable_elements<T>(y);
    context.threads().parallel_for(y.size(), kElementsPerTask, [&](int64_t begin, int64_t end) {
      swiglu_rows(gate + begin, linear + begin, target + begin, end - begin, alpha);
    });
  });
}

OpDef elementwise_op(const char* name, InferFn infer, AxesFn axes, KernelFn kernel) {
  return OpDef(name).infer(infer).axes(axes).evaluate(kernel).widen_half().elementwise();
}

}  // namespace

OpDefs gated_activations_ops() {
  return {elementwise_op("Clip", infer_same_as_first, axes_follow_first, clip_kernel),
          elementwise_op("PRelu", infer_same_as_first, axes_elementwise, prelu_kernel),
          elementwise_op("SwiGLU", infer_swiglu, axes_elementwise, swiglu_kernel)};
}

}  // namespace modelconv
