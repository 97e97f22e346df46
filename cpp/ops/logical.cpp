// And, Or, Xor, Not on booleans; BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot, BitShift on integers.
#include "ops/all_ops.h"
#include "ops/binary_kernel.h"

namespace modelconv {
namespace {

// A byte that stands for true need not be 1.
struct And {
  uint8_t operator()(uint8_t a, uint8_t b) const { return a != 0 && b != 0; }
};
struct Or {
  uint8_t operator()(uint8_t a, uint8_t b) const { return a != 0 || b != 0; }
};
struct Xor {
  uint8_t operator()(uint8_t a, uint8_t b) const { return (a != 0) != (b != 0); }
};
struct Not {
  uint8_t operator()(uint8_t a) const { return a == 0; }
};

struct BitAnd {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};
struct BitOr {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};
struct BitXor {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a ^ b);
  }
};
struct BitNot {
  template <class T>
  T operator()(T a) const {
    return static_cast<T>(~a);
  }
};

// By a distance that is negative, or not below the width, every bit of the number is shifted out; what remains are
// copies of the sign (ONNX BitShift-28).
struct BitShift {
  explicit BitShift(const Node& node) {
    const std::string direction = string_attr(node, "direction");
    ENSURE(direction == "LEFT" || direction == "RIGHT", MalformedModelError,
           "{}: direction is '{}', it must be LEFT or RIGHT", node.describe(), direction);
    left = direction == "LEFT";
  }
  template <class T>
  T operator()(T x, T distance) const {
    constexpr int kWidth = 8 * sizeof(T);
    const bool all_out =
        distance < T(0) || static_cast<std::make_unsigned_t<T>>(distance) >= unsigned{kWidth};
    if (left) return all_out ? T(0) : static_cast<T>(static_cast<uint64_t>(x) << distance);
    return all_out ? static_cast<T>(x < T(0) ? -1 : 0) : static_cast<T>(x >> distance);
  }
  bool left;
};

template <class F>
void boolean_kernel(KernelContext& context) {
  for (size_t i = 0; i < 2; ++i)
    if (context.input(i).dtype() != DType::boolean) context.fail("both inputs must be bool");
  map_broadcast<uint8_t, uint8_t, uint8_t>(context, DType::boolean, F());
}

void not_kernel(KernelContext& context) {
  if (context.input(0).dtype() != DType::boolean) context.fail("the input must be bool");
  map_elements<uint8_t, uint8_t>(context, DType::boolean, Not());
}

void bitwise_not_kernel(KernelContext& context) {
  const DType dtype = context.input(0).dtype();
  for_dtype(context, as_unsigned(dtype), UnsignedTypes(),
            [&](auto tag) { map_elements<decltype(tag), decltype(tag)>(context, dtype, BitNot()); });
}

template <class F>
OpDef boolean_op(const char* name) {
  return OpDef(name)
      .infer(infer_broadcast_to_bool)
      .axes(axes_elementwise)
      .evaluate(boolean_kernel<F>)
      .elementwise()
      .commutative();
}

OpDef negation(const char* name, KernelFn kernel) {
  return OpDef(name).infer(infer_same_as_first).axes(axes_elementwise).evaluate(kernel).elementwise();
}

}  // namespace

OpDefs logical_ops() {
  return {boolean_op<And>("And"),
          boolean_op<Or>("Or"),
          boolean_op<Xor>("Xor"),
          negation("Not", not_kernel),
          binary_op<BitAnd, UnsignedTypes, true>("BitwiseAnd").commutative(),
          binary_op<BitOr, UnsignedTypes, true>("BitwiseOr").commutative(),
          binary_op<BitXor, UnsignedTypes, true>("BitwiseXor").commutative(),
          negation("BitwiseNot", bitwise_not_kernel),
          binary_op<BitShift, IntegerTypes>("BitShift")};
}

}  // namespace modelconv
