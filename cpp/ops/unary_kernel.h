// Kernels of unary operators from a function object F. F is made from the node when it reads attributes:
//   struct Elu { explicit Elu(const Node&); template <class T> T operator()(T x) const; };
// and may offer row(const float*, float*, int64_t), a faster form for float arrays.
#pragma once

#include "ops/elementwise.h"

namespace modelconv {

template <class F>
F make_function(const Node& node) {
  if constexpr (std::is_constructible_v<F, const Node&>)
    return F(node);
  else
    return F();
}

template <class F, class T>
concept WorksOnRows = requires(const F& f, const T* x, T* y) { f.row(x, y, int64_t{}); };

template <class F, class T>
void map_rows(KernelContext& context, DType dtype, const F& f) {
  const Tensor& x = context.input(0);
  Tensor& y = context.allocate(0, dtype, x.dims(), 0);
  const T* source = elements<T>(x);
  T* target = mutable_elements<T>(y);
  context.threads().parallel_for(y.size(), kElementsPerTask, [&](int64_t begin, int64_t end) {
    f.row(source + begin, target + begin, end - begin);
  });
}

// The types among List, result of the same type.
template <class F, class List>
void unary_kernel(KernelContext& context) {
  const F f = make_function<F>(context.node());
  const DType dtype = context.input(0).dtype();
  for_dtype(context, dtype, List(), [&](auto tag) {
    using T = decltype(tag);
    if constexpr (WorksOnRows<F, T>)
      map_rows<F, T>(context, dtype, f);
    else
      map_elements<T, T>(context, dtype, f);
  });
}

template <class F, class List>
OpDef unary_op(const char* name) {
  return OpDef(name)
      .infer(infer_same_as_first)
      .axes(axes_elementwise)
      .evaluate(unary_kernel<F, List>)
      .widen_half()
      .elementwise();
}

template <class F>
OpDef float_function(const char* name) {
  return unary_op<F, FloatTypes>(name);
}

}  // namespace modelconv
