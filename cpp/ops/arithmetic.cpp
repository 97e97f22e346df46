// Add, Sub, Mul, Div.
#include <limits>

#include "ops/all_ops.h"
#include "ops/binary_kernel.h"

namespace modelconv {
namespace {

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(Widened<T>(a) + Widened<T>(b));
  }
};

struct Sub {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(Widened<T>(a) - Widened<T>(b));
  }
};

struct Mul {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(Widened<T>(a) * Widened<T>(b));
  }
};

// Integers: truncated. ONNX leaves division by zero open; it gives 0 here, as NumPy does, and the most negative number
// divided by -1 stays itself.
struct Div {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      return a / b;
    } else {
      if (b == 0) return 0;
      if constexpr (std::is_signed_v<T>)
        if (b == -1 && a == std::numeric_limits<T>::min()) return a;
      return static_cast<T>(a / b);
    }
  }
};

// Truncated: the same as floor for operands that cannot be negative.
Dim divide(const Dim& a, const Dim& b) {
  if (a.is_known() && b.is_known() && b.value() != 0 && b.value() != -1) return a.value() / b.value();
  if (a.lower_bound().value_or(-1) < 0 || b.lower_bound().value_or(0) < 1) {
    // An exact quotient needs no rounding; a symbolic divisor could still be 0.
    const bool nonzero = b.is_known() && b.value() != 0;
    return nonzero ? Dim::divide_exactly(a, b).value_or(Dim::unknown()) : Dim::unknown();
  }
  return floor_div(a, b);
}

void infer_add(InferContext& context) {
  infer_broadcast(context);
  combine_elements(context, [](const Dim& a, const Dim& b) { return a + b; });
}
void infer_sub(InferContext& context) {
  infer_broadcast(context);
  combine_elements(context, [](const Dim& a, const Dim& b) { return a - b; });
}
void infer_mul(InferContext& context) {
  infer_broadcast(context);
  combine_elements(context, [](const Dim& a, const Dim& b) { return a * b; });
}
void infer_div(InferContext& context) {
  infer_broadcast(context);
  combine_elements(context, divide);
}

using ModularTypes = decltype(join(FloatTypes(), UnsignedTypes()));

}  // namespace

OpDefs arithmetic_ops() {
  return {binary_op<Add, ModularTypes, true>("Add").infer(infer_add).commutative(),
          binary_op<Sub, ModularTypes, true>("Sub").infer(infer_sub),
          binary_op<Mul, ModularTypes, true>("Mul").infer(infer_mul).commutative(),
          binary_op<Div, NumericTypes>("Div").infer(infer_div)};
}

}  // namespace modelconv
