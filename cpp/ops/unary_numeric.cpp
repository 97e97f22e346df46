// Abs, Neg, Sign, and the tests IsNaN, IsInf: functions of one number of any type.
#include <cmath>

#include "ops/all_ops.h"
#include "ops/unary_kernel.h"

namespace modelconv {
namespace {

// The most negative integer has no positive counterpart: it stays itself, as in NumPy.
struct Neg {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_floating_point_v<T>)
      return -x;
    else
      return static_cast<T>(0U - static_cast<std::make_unsigned_t<T>>(x));
  }
};

struct Abs {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_floating_point_v<T>)
      return std::abs(x);
    else if constexpr (std::is_signed_v<T>)
      return x < 0 ? Neg()(x) : x;
    else
      return x;
  }
};

struct Sign {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_floating_point_v<T>)
      if (x != x) return x;
    return static_cast<T>(static_cast<int>(x > T(0)) - static_cast<int>(x < T(0)));
  }
};

struct IsNan {
  template <class T>
  uint8_t operator()(T x) const {
    return x != x;
  }
};

struct IsInf {
  explicit IsInf(const Node& node)
      : negative(int_attr(node, "detect_negative") != 0), positive(int_attr(node, "detect_positive") != 0) {}
  template <class T>
  uint8_t operator()(T x) const {
    return std::isinf(x) && (x > 0 ? positive : negative);
  }
  bool negative, positive;
};

template <class F>
void test_kernel(KernelContext& context) {
  const F f = make_function<F>(context.node());
  for_dtype(context, context.input(0).dtype(), FloatTypes(),
            [&](auto tag) { map_elements<decltype(tag), uint8_t>(context, DType::boolean, f); });
}

void infer_test(InferContext& context) { context.set_output(0, DType::boolean, context.input_shape(0)); }

// Shapes computed with signs: Neg of a Shape's output, and Abs where the sign is known.
void infer_neg(InferContext& context) {
  infer_same_as_first(context);
  auto elements = context.elements(0);
  if (!elements) return;
  for (Dim& element : *elements) element = Dim(0) - element;
  context.set_elements(0, std::move(*elements));
}

void infer_abs(InferContext& context) {
  infer_same_as_first(context);
  auto elements = context.elements(0);
  if (!elements) return;
  for (Dim& element : *elements)
    if (element.lower_bound().value_or(-1) < 0) element = max(element, Dim(0) - element);
  context.set_elements(0, std::move(*elements));
}

template <class F>
OpDef test_op(const char* name) {
  return OpDef(name)
      .infer(infer_test)
      .axes(axes_elementwise)
      .evaluate(test_kernel<F>)
      .widen_half()
      .elementwise();
}

using SignedNumbers = decltype(join(FloatTypes(), SignedTypes()));

}  // namespace

OpDefs unary_numeric_ops() {
  return {unary_op<Abs, NumericTypes>("Abs").infer(infer_abs),
          unary_op<Neg, SignedNumbers>("Neg").infer(infer_neg), unary_op<Sign, NumericTypes>("Sign"),
          test_op<IsNan>("IsNaN"), test_op<IsInf>("IsInf")};
}

}  // namespace modelconv
