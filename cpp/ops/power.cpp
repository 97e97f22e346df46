// Pow, whose exponent may have another type than its base, and Mod.
#include <cmath>

#include "ops/all_ops.h"
#include "ops/binary_kernel.h"
#include "ops/convert.h"

namespace modelconv {
namespace {

// Exponents that models use, without the general function's cost.
struct Square {
  template <class T>
  T operator()(T x, T) const {
    return x * x;
  }
};

struct Power {
  template <class T>
  T operator()(T x, T y) const {
    return std::pow(x, y);
  }
};

// By squaring, modulo 2^width. Negative exponents give the truncated quotient; 0 has none, it stays 0.
struct IntegerPower {
  template <class T>
  T operator()(T x, int64_t exponent) const {
    using Bits = std::make_unsigned_t<T>;
    if (exponent < 0) return x == 1 ? T(1) : x == -1 ? static_cast<T>(exponent % 2 == 0 ? 1 : -1) : T(0);
    Bits result = 1;
    for (Bits base = static_cast<Bits>(x); exponent != 0; exponent >>= 1, base *= base)
      if ((exponent & 1) != 0) result *= base;
    return static_cast<T>(result);
  }
};

Tensor as_type(KernelContext& context, const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  Tensor result = Tensor::allocate(dtype, tensor.dims());
  convert_elements(tensor, result, {}, context.threads());
  return result;
}

// base^exponent, both as T, into a tensor of T.
template <class T>
void power_of_floats(KernelContext& context, const Tensor& base, const Tensor& exponent, Tensor& result) {
  const BroadcastRows rows({base.dims(), exponent.dims()});
  const T *x = elements<T>(base), *y = elements<T>(exponent);
  T* z = mutable_elements<T>(result);
  if (exponent.size() == 1 && *y == T(2))
    broadcast_elements(context.threads(), rows, x, y, z, Square());
  else
    broadcast_elements(context.threads(), rows, x, y, z, Power());
}

template <class T>
void power_of_integers(KernelContext& context, const Tensor& base, const Tensor& exponent, Tensor& result) {
  const BroadcastRows rows({base.dims(), exponent.dims()});
  const Tensor whole = as_type(context, exponent, DType::int64);
  broadcast_elements(context.threads(), rows, elements<T>(base), elements<int64_t>(whole),
                     mutable_elements<T>(result), IntegerPower());
}

// In a type that both fit into, then to the base's type.
void power_in(KernelContext& context, DType dtype, Dims dims) {
  const Tensor base = as_type(context, context.input(0), dtype);
  const Tensor exponent = as_type(context, context.input(1), dtype);
  const DType wanted = context.input(0).dtype();
  Tensor result = wanted == dtype ? context.allocate(0, dtype, dims) : Tensor::allocate(dtype, dims);
  dtype == DType::float64 ? power_of_floats<double>(context, base, exponent, result)
                          : power_of_floats<float>(context, base, exponent, result);
  if (wanted != dtype) convert_elements(result, context.allocate(0, wanted, dims), {}, context.threads());
}

void pow_kernel(KernelContext& context) {
  const Tensor &x = context.input(0), &y = context.input(1);
  const Dims dims = broadcast(x.dims(), y.dims());
  if (!can_convert(y.dtype(), DType::float64) || y.dtype() == DType::string)
    context.fail("the exponent is no number");
  if (is_integer(x.dtype()) && is_integer(y.dtype())) {
    Tensor& z = context.allocate(0, x.dtype(), dims);
    return for_dtype(context, x.dtype(), Types<int32_t, int64_t>(),
                     [&](auto tag) { power_of_integers<decltype(tag)>(context, x, y, z); });
  }
  if (!is_float(x.dtype()) && x.dtype() != DType::int32 && x.dtype() != DType::int64)
    context.fail("no kernel for elements of type {}", name_of(x.dtype()));
  // float64 also where only the exponent needs it: int32 and float64 do not fit into float32.
  const bool narrow_base = is_float(x.dtype()) && x.dtype() != DType::float64;
  power_in(context, narrow_base && y.dtype() != DType::float64 ? DType::float32 : DType::float64, dims);
}

// Sign of the divisor.
struct FloorMod {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      const T rest = std::fmod(a, b);
      if (rest == 0) return std::copysign(T(0), b);
      return (rest < 0) != (b < 0) ? rest + b : rest;
    } else {
      if (b == 0) return 0;
      if constexpr (std::is_signed_v<T>) {
        if (b == -1) return 0;  // the smallest number divided by -1 overflows
        const T rest = static_cast<T>(a % b);
        return rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
      } else {
        return static_cast<T>(a % b);
      }
    }
  }
};

// Sign of the dividend.
struct TruncatedMod {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      return std::fmod(a, b);
    } else {
      if (b == 0) return 0;
      if constexpr (std::is_signed_v<T>)
        if (b == -1) return 0;
      return static_cast<T>(a % b);
    }
  }
};

void mod_kernel(KernelContext& context) {
  int_attr(context.node(), "fmod") != 0 ? binary_kernel<TruncatedMod, NumericTypes>(context)
                                        : binary_kernel<FloorMod, NumericTypes>(context);
}

void infer_mod(InferContext& context) {
  infer_broadcast(context);
  const bool truncated = int_attr(context.node(), "fmod") != 0;
  combine_elements(context, truncated ? [](const Dim& a, const Dim& b) {
    const bool same = a.lower_bound().value_or(-1) >= 0 && b.lower_bound().value_or(0) > 0;
    return same ? mod(a, b) : Dim::unknown();
  } : [](const Dim& a, const Dim& b) {
    return b.lower_bound().value_or(0) > 0 ? mod(a, b) : Dim::unknown();
  });
}

}  // namespace

OpDefs power_ops() {
  return {OpDef("Pow").infer(infer_broadcast).axes(axes_elementwise).evaluate(pow_kernel).elementwise(),
          binary_op<FloorMod, NumericTypes>("Mod").infer(infer_mod).evaluate(mod_kernel)};
}

}  // namespace modelconv
