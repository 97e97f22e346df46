#include "formats/keras/ops/operands.h"

#include <algorithm>

namespace modelconv::keras {
namespace {

bool is_float_number(const Translation& t, std::string_view name) {
  const Attribute* attribute = t.node().attrs.find(name);
  return attribute && std::get_if<float>(attribute);
}

DType common_type(const Translation& t, DType a, DType b) {
  if (a == b) return a;
  if (a == DType::undefined || b == DType::undefined) t.refuse("the element type of an operand is not known");
  if (a == DType::boolean) return b;
  if (b == DType::boolean) return a;
  if (is_float(a) != is_float(b)) return is_float(a) ? a : b;
  if (bit_width(a) == bit_width(b)) return is_float(a) ? DType::float32 : a;
  return bit_width(a) > bit_width(b) ? a : b;
}

// A number that no tensor stands beside: Keras computes in 32 bits.
Value& number_alone(Translation& t, std::string_view name, std::string_view other) {
  if (is_float_number(t, name) || is_float_number(t, other))
    return t.constant(Tensor::scalar(float_of(t, name, 0)));
  return t.constant(Tensor::scalar(static_cast<int32_t>(int_of(t, name, 0))));
}

}  // namespace

bool has_operand(const Translation& t, std::string_view name) { return argument(t, name) || has(t, name); }

Value& operand(Translation& t, std::string_view name, const Value& like) {
  if (Value* tensor = argument(t, name)) return t.cast(*tensor, element_type(t, like));
  if (!has(t, name)) t.refuse("it has no '{}'", name);
  return t.scalar_like(like, double{float_of(t, name, 0)});
}

Pair common_operands(Translation& t, std::string_view a, std::string_view b) {
  Value *x = argument(t, a), *y = argument(t, b);
  if (x && y) {
    const DType dtype = common_type(t, x->dtype(), y->dtype());
    return {&t.cast(*x, dtype), &t.cast(*y, dtype)};
  }
  Value* given = x ? x : y;
  if (!given) {
    if (!has(t, a) || !has(t, b)) t.refuse("it has neither '{}' nor '{}'", a, b);
    return {&number_alone(t, a, b), &number_alone(t, b, a)};
  }
  const std::string_view number = x ? b : a;
  const DType dtype = element_type(t, *given);
  const bool becomes_float = is_float_number(t, number) && !is_float(dtype);
  given = &t.cast(*given, becomes_float ? DType::float32 : dtype == DType::boolean ? DType::int32 : dtype);
  Value* constant = &operand(t, number, *given);
  return x ? Pair{given, constant} : Pair{constant, given};
}

std::vector<int64_t> reduced_axes(const Translation& t, const Value& x) {
  const size_t rank = t.rank_of(x);
  if (!has(t, "axis")) return axes_up_to(rank);
  std::vector<int64_t> axes = ints_of(t, "axis");
  for (int64_t& axis : axes) axis = axis_of(t, axis, rank);
  return axes;
}

Value& to_float(Translation& t, Value& x) {
  return is_float(element_type(t, x)) ? x : t.cast(x, DType::float32);
}

}  // namespace modelconv::keras
