// Equal, Greater, Less, GreaterOrEqual, LessOrEqual.
#include "ops/all_ops.h"
#include "ops/binary_kernel.h"

namespace modelconv {
namespace {

#define MODELCONV_COMPARISON(Name, operation)          \
  struct Name {                                        \
    template <class T>                                 \
    uint8_t operator()(const T& a, const T& b) const { \
      return a operation b;                            \
    }                                                  \
  }

MODELCONV_COMPARISON(Equal, ==);
MODELCONV_COMPARISON(Greater, >);
MODELCONV_COMPARISON(Less, <);
MODELCONV_COMPARISON(GreaterOrEqual, >=);
MODELCONV_COMPARISON(LessOrEqual, <=);

#undef MODELCONV_COMPARISON

// A byte that stands for true need not be 1.
struct EqualBooleans {
  uint8_t operator()(uint8_t a, uint8_t b) const { return (a != 0) == (b != 0); }
};

using EqualTypes = decltype(join(NumericTypes(), Types<std::string>()));

void equal_kernel(KernelContext& context) {
  if (context.input(0).dtype() == DType::boolean && context.input(1).dtype() == DType::boolean)
    return map_broadcast<uint8_t, uint8_t, uint8_t>(context, DType::boolean, EqualBooleans());
  comparison_kernel<Equal, EqualTypes>(context);
}

// Where two sizes are compared: 1, 0, or unknown.
Dim equal_dims(const Dim& a, const Dim& b) {
  if (a == b) return 1;
  const bool differ = (a - b).lower_bound().value_or(0) > 0 || (b - a).lower_bound().value_or(0) > 0;
  return differ ? Dim(0) : Dim::unknown();
}

void infer_equal(InferContext& context) {
  infer_broadcast_to_bool(context);
  combine_elements(context, equal_dims);
}

template <class F>
OpDef comparison(const char* name) {
  return OpDef(name)
      .infer(infer_broadcast_to_bool)
      .axes(axes_elementwise)
      .evaluate(comparison_kernel<F, NumericTypes>)
      .widen_half()
      .elementwise();
}

}  // namespace

OpDefs compare_ops() {
  return {comparison<Equal>("Equal").infer(infer_equal).evaluate(equal_kernel).commutative(),
          comparison<Greater>("Greater"), comparison<Less>("Less"),
          comparison<GreaterOrEqual>("GreaterOrEqual"), comparison<LessOrEqual>("LessOrEqual")};
}

}  // namespace modelconv
