// Loops that elementwise operators share: dispatch on dtypes, unary maps, NumPy broadcasting.
#pragma once

#include <functional>
#include <type_traits>
#include <vector>

#include "ops/infer.h"
#include "ops/kernel.h"
#include "ops/op_def.h"

namespace modelconv {

// In front of a loop whose iterations do not read what earlier ones wrote. An output may be the very buffer of an
// input (KernelContext::allocate with reuse), which a compiler must otherwise take for a dependence.
#if defined(__clang__)
#define MODELCONV_INDEPENDENT_LOOP _Pragma("clang loop vectorize(assume_safety)")
#else
#define MODELCONV_INDEPENDENT_LOOP _Pragma("GCC ivdep")
#endif

// --- dispatch
template <class... Ts>
struct Types {};
using FloatTypes = Types<float, double>;
using SignedTypes = Types<int8_t, int16_t, int32_t, int64_t>;
using UnsignedTypes = Types<uint8_t, uint16_t, uint32_t, uint64_t>;

template <class... As, class... Bs>
Types<As..., Bs...> join(Types<As...>, Types<Bs...>);
using IntegerTypes = decltype(join(SignedTypes(), UnsignedTypes()));
using NumericTypes = decltype(join(FloatTypes(), IntegerTypes()));

// body(T()) with the one of Ts that `dtype` is; false when there is none.
template <class... Ts, class Body>
bool visit_dtype(DType dtype, Types<Ts...>, const Body& body) {
  return ((dtype == dtype_of<Ts> && (body(Ts()), true)) || ...);
}

// The same, for kernels: ShapeError when there is none.
template <class List, class Body>
void for_dtype(const KernelContext& context, DType dtype, List types, const Body& body) {
  if (!visit_dtype(dtype, types, body)) context.fail("no kernel for elements of type {}", name_of(dtype));
}

// Integers as unsigned ones of their width, bool as uint8: for operators that work on bits, or modulo 2^width.
DType as_unsigned(DType dtype);

// Where promotion to int would overflow (uint16 * uint16), arithmetic modulo 2^width is done in this type.
template <class T>
using Widened = std::conditional_t<std::is_integral_v<T> && sizeof(T) < 4, uint32_t, T>;

// Elements without the check of the dtype, which the caller has looked at: int32 data may be read as uint32.
template <class T>
const T* elements(const Tensor& tensor) {
  return reinterpret_cast<const T*>(tensor.bytes().data());
}
template <class T>
T* mutable_elements(Tensor& tensor) {
  return reinterpret_cast<T*>(tensor.mutable_bytes().data());
}

// --- unary
// Elements that are worth giving to another thread.
inline constexpr int64_t kElementsPerTask = 1 << 15;

// y[i] = f(x[i]).
template <class X, class Y, class F>
void map_elements(KernelContext& context, DType result, const F& f) {
  const Tensor& x = context.input(0);
  Tensor& y = context.allocate(0, result, x.dims(), 0);
  const X* source = elements<X>(x);
  Y* target = mutable_elements<Y>(y);
  context.threads().parallel_for(y.size(), kElementsPerTask, [&](int64_t begin, int64_t end) {
    MODELCONV_INDEPENDENT_LOOP
    for (int64_t i = begin; i < end; ++i) target[i] = f(source[i]);
  });
}

// --- broadcasting
// How tensors of these sizes broadcast: the result as rows, in each of which every input either moves on with the
// result or stays at one element. Axes that all inputs lay out alike are joined, so rows are as long as they can be.
class BroadcastRows {
 public:
  explicit BroadcastRows(const std::vector<Dims>& inputs);  // ShapeError when they do not broadcast

  const Dims& dims() const { return dims_; }  // of the result
  int64_t size() const { return size_; }
  bool moves(size_t input) const { return moves_[input]; }

  // body(to, from, count): elements [to, to + count) of the result, from[k] the first element of input k.
  using Body = std::function<void(int64_t to, const int64_t* from, int64_t count)>;
  void run(ThreadPool& threads, const Body& body) const;

 private:
  struct Axis {
    int64_t size;
    std::vector<int64_t> strides;  // per input; 0 where it broadcasts
  };
  void run_range(int64_t begin, int64_t end, const Body& body) const;

  size_t input_count_;
  Dims dims_;
  int64_t size_;
  std::vector<Axis> axes_;  // joined, the row last
  std::vector<bool> moves_;
};

// z = f(x, y) over broadcast tensors; z has rows.dims().
template <class X, class Y, class Z, class F>
void broadcast_elements(ThreadPool& threads, const BroadcastRows& rows, const X* x_data, const Y* y_data,
                        Z* z_data, const F& f) {
  const bool x_moves = rows.moves(0), y_moves = rows.moves(1);
  rows.run(threads, [=](int64_t to, const int64_t* from, int64_t count) {
    const X* x = x_data + from[0];
    const Y* y = y_data + from[1];
    Z* z = z_data + to;
    if (x_moves && y_moves) {
      MODELCONV_INDEPENDENT_LOOP
      for (int64_t i = 0; i < count; ++i) z[i] = f(x[i], y[i]);
    } else if (x_moves) {
      const Y scalar = *y;
      MODELCONV_INDEPENDENT_LOOP
      for (int64_t i = 0; i < count; ++i) z[i] = f(x[i], scalar);
    } else {
      const X scalar = *x;
      MODELCONV_INDEPENDENT_LOOP
      for (int64_t i = 0; i < count; ++i) z[i] = f(scalar, y[i]);
    }
  });
}

// Inputs 0 and 1 to output 0; the result may take the buffer of either.
template <class X, class Y, class Z, class F>
void map_broadcast(KernelContext& context, DType result, const F& f) {
  const Tensor &x = context.input(0), &y = context.input(1);
  const BroadcastRows rows({x.dims(), y.dims()});
  const int reuse = x.dims() == rows.dims() && x.dtype() == result ? 0 : 1;
  Tensor& z = context.allocate(0, result, rows.dims(), reuse);
  broadcast_elements(context.threads(), rows, elements<X>(x), elements<Y>(y), mutable_elements<Z>(z), f);
}

// --- shape rules
// Where the inputs are shapes or parts of them: what is known of the elements of output 0.
void combine_elements(InferContext& context, Dim (*combine)(const Dim&, const Dim&));

}  // namespace modelconv
