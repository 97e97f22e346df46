// Min, Max, Sum, Mean of any number of tensors.
#include "ops/all_ops.h"
#include "ops/binary_kernel.h"

namespace modelconv {
namespace {

// NaN wins over numbers.
struct Max {
  template <class T>
  T operator()(T a, T b) const {
    return a < b || b != b ? b : a;
  }
};

struct Min {
  template <class T>
  T operator()(T a, T b) const {
    return b < a || b != b ? b : a;
  }
};

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return a + b;
  }
};

Dims broadcast_inputs(const KernelContext& context) {
  if (context.input_count() == 0) context.fail("at least one input is needed");
  Dims dims = context.input(0).dims();
  for (size_t i = 1; i < context.input_count(); ++i) {
    if (context.input(i).dtype() != context.input(0).dtype())
      context.fail("the inputs have different element types");
    dims = broadcast(dims, context.input(i).dims());
  }
  return dims;
}

// The first input, or the first two, spread over the result; then each further one joins.
template <class T, class F>
void fold_inputs(KernelContext& context, Tensor& result, const F& f) {
  const Dims& dims = result.dims();
  T* y = mutable_elements<T>(result);
  const auto join = [&](const Tensor& a, const Tensor& b) {
    broadcast_elements(context.threads(), BroadcastRows({a.dims(), b.dims()}), elements<T>(a), elements<T>(b),
                       y, f);
  };
  const Tensor& first = context.input(0);
  size_t next = 1;
  if (context.input_count() > 1 && broadcast(first.dims(), context.input(1).dims()) == dims)
    join(first, context.input(next++));
  else
    broadcast_elements(context.threads(), BroadcastRows({first.dims(), dims}), elements<T>(first), y, y,
                       [](T a, T) { return a; });
  while (next < context.input_count()) join(result, context.input(next++));
}

template <class F, class List>
void fold_kernel(KernelContext& context) {
  const Dims dims = broadcast_inputs(context);
  if (context.input_count() == 1) return context.set_output(0, context.value(0));
  const DType dtype = context.input(0).dtype();
  Tensor& result = context.allocate(0, dtype, dims, 0);
  for_dtype(context, dtype, List(), [&](auto tag) { fold_inputs<decltype(tag)>(context, result, F()); });
}

void mean_kernel(KernelContext& context) {
  const Dims dims = broadcast_inputs(context);
  const DType dtype = context.input(0).dtype();
  Tensor& result = context.allocate(0, dtype, dims, context.input_count() == 1 ? -1 : 0);
  for_dtype(context, dtype, FloatTypes(), [&](auto tag) {
    using T = decltype(tag);
    fold_inputs<T>(context, result, Add());
    const auto count = static_cast<T>(context.input_count());
    for (T& y : result.mutable_data<T>()) y /= count;
  });
}

// For shapes only of two inputs, which is what exporters write.
void infer_min(InferContext& context) {
  infer_broadcast(context);
  if (context.input_count() == 2)
    combine_elements(context, [](const Dim& a, const Dim& b) { return min(a, b); });
}

void infer_max(InferContext& context) {
  infer_broadcast(context);
  if (context.input_count() == 2)
    combine_elements(context, [](const Dim& a, const Dim& b) { return max(a, b); });
}

OpDef fold_op(const char* name, InferFn infer, KernelFn kernel) {
  return OpDef(name)
      .infer(infer)
      .axes(axes_elementwise)
      .evaluate(kernel)
      .widen_half()
      .elementwise()
      .commutative();
}

}  // namespace

OpDefs min_max_ops() {
  return {fold_op("Max", infer_max, fold_kernel<Max, NumericTypes>),
          fold_op("Min", infer_min, fold_kernel<Min, NumericTypes>),
          fold_op("Sum", infer_broadcast, fold_kernel<Add, FloatTypes>),
          fold_op("Mean", infer_broadcast, mean_kernel)};
}

}  // namespace modelconv
