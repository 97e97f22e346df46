// Kernels of broadcasting binary operators from a function object F with a template operator()(T, T).
#pragma once

#include "ops/unary_kernel.h"

namespace modelconv {

// Types of the result as of the operands. Integers are read as unsigned when `kModular`: the same bits come out and
// nothing overflows.
template <class F, class List, bool kModular = false>
void binary_kernel(KernelContext& context) {
  const F f = make_function<F>(context.node());
  const DType result = context.input(0).dtype();
  if (context.input(1).dtype() != result) context.fail("the inputs have different element types");
  for_dtype(context, kModular ? as_unsigned(result) : result, List(), [&](auto tag) {
    using T = decltype(tag);
    map_broadcast<T, T, T>(context, result, f);
  });
}

// The result is bool.
template <class F, class List>
void comparison_kernel(KernelContext& context) {
  const DType dtype = context.input(0).dtype();
  if (context.input(1).dtype() != dtype) context.fail("the inputs have different element types");
  for_dtype(context, dtype, List(), [&](auto tag) {
    using T = decltype(tag);
    map_broadcast<T, T, uint8_t>(context, DType::boolean, F());
  });
}

template <class F, class List, bool kModular = false>
OpDef binary_op(const char* name) {
  return OpDef(name)
      .infer(infer_broadcast)
      .axes(axes_elementwise)
      .evaluate(binary_kernel<F, List, kModular>)
      .widen_half()
      .elementwise();
}

}  // namespace modelconv
