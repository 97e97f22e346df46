#include "formats/torch/ops/promotion.h"

namespace modelconv::torch {
namespace {

enum class Category : uint8_t { none, boolean, integer, real, complex };

Category category_of(DType dtype) {
  if (dtype == DType::undefined) return Category::none;
  if (dtype == DType::boolean) return Category::boolean;
  if (is_complex(dtype)) return Category::complex;
  return is_float(dtype) ? Category::real : Category::integer;
}

bool is_unsigned(DType dtype) {
  return dtype == DType::uint8 || dtype == DType::uint16 || dtype == DType::uint32 || dtype == DType::uint64;
}

DType signed_of_width(int width) {
  switch (width) {
    case 8: return DType::int8;
    case 16: return DType::int16;
    case 32: return DType::int32;
    default: return DType::int64;
  }
}

// Operands of one rank of importance: the type in which they meet so far.
struct Meeting {
  DType dtype = DType::undefined;
  void add(const Translation& t, DType other) { dtype = promote_types(t, dtype, other); }
};

// `lower` counts only where its category is higher.
DType combine(const Translation& t, DType higher, DType lower) {
  if (higher == DType::undefined) return lower;
  if (category_of(lower) <= category_of(higher)) return higher;
  return promote_types(t, higher, lower);
}

}  // namespace

DType promote_types(const Translation& t, DType a, DType b) {
  if (a == b || b == DType::undefined) return a;
  if (a == DType::undefined) return b;
  const Category category_a = category_of(a), category_b = category_of(b);
  if (category_a < category_b && category_a != Category::real) return b;
  if (category_b < category_a && category_b != Category::real) return a;
  if (category_a == Category::complex || category_b == Category::complex) {
    const bool wide =
        a == DType::complex128 || b == DType::complex128 || a == DType::float64 || b == DType::float64;
    return wide ? DType::complex128 : DType::complex64;
  }
  const int width_a = bit_width(a), width_b = bit_width(b);
  if (category_a == Category::real) {
    if (width_a == width_b) return DType::float32;  // float16 and bfloat16
    return width_a > width_b ? a : b;
  }
  if (is_unsigned(a) == is_unsigned(b)) return width_a > width_b ? a : b;
  const int width_signed = is_unsigned(a) ? width_b : width_a,
            width_unsigned = is_unsigned(a) ? width_a : width_b;
  if (width_signed > width_unsigned) return signed_of_width(width_signed);
  if (width_unsigned >= 64) t.refuse("{} and {} have no common type", name_of(a), name_of(b));
  return signed_of_width(2 * width_unsigned);
}

DType result_type(const Call& call, std::initializer_list<std::string_view> operands) {
  const Translation& t = call.translation();
  Meeting with_axes, without_axes, numbers;
  for (const std::string_view name : operands) {
    if (!call.is_tensor(name)) {
      numbers.add(t, call.is_integral(name) ? (call.raw(name).is_boolean() ? DType::boolean : DType::int64)
                                            : DType::float32);
      continue;
    }
    const Value& value = call.tensor(name);
    if (value.dtype() == DType::undefined) t.refuse("the element type of '{}' is not known", value.name());
    const bool is_scalar = value.shape().has_rank() && value.shape().rank() == 0;
    (is_scalar ? without_axes : with_axes).add(t, value.dtype());
  }
  return combine(t, combine(t, with_axes.dtype, without_axes.dtype), numbers.dtype);
}

Operands promoted(const Call& call, std::string_view a, std::string_view b) {
  const DType dtype = result_type(call, {a, b});
  return {&call.operand(a, dtype), &call.operand(b, dtype)};
}

Operands promoted_to_float(const Call& call, std::string_view a, std::string_view b) {
  DType dtype = result_type(call, {a, b});
  if (category_of(dtype) < Category::real) dtype = DType::float32;
  return {&call.operand(a, dtype), &call.operand(b, dtype)};
}

Value& as_float(Translation& t, Value& x) {
  return category_of(x.dtype()) < Category::real ? t.cast(x, DType::float32) : x;
}

}  // namespace modelconv::torch
