// Arithmetic that LiteRT has in few integer types: quotients, powers, shifts.
#include <cmath>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

// Sizes and what is computed with them: TFLite counts with 32 bits.
bool is_of_sizes(const Value& value) { return value.elements.has_value(); }

// Long division, as DIV has no kernel for 64 bits: each quotient of floats is right in its first 23 bits, so three leave a
// rest that is at most once the divisor too large or too small. Exact below 2^62.
Value& divide_long(Translation& t, Value& a, Value& b) {
  const std::string first =
      "fb = Cast[to=1](b); q0 = Cast[to=7](Div(Cast[to=1](a), fb)); r0 = Sub(a, Mul(q0, b));";
  const std::string more =
      "q1 = Cast[to=7](Div(Cast[to=1](r0), fb)); r1 = Sub(r0, Mul(q1, b));"
      "q2 = Cast[to=7](Div(Cast[to=1](r1), fb)); r = Sub(r1, Mul(q2, b)); q = Add(Add(q0, q1), q2);";
  const std::string last =
      "sa = Where(Less(a, zero), minus, one); sb = Where(Less(b, zero), minus, one);"
      "rest = Mul(r, sa); over = GreaterOrEqual(rest, Mul(b, sb)); under = Less(rest, zero);"
      "by = Where(over, one, Where(under, minus, zero)); y = Add(q, Mul(Mul(sa, sb), by))";
  const auto number = [&](int64_t value) { return &t.scalar(DType::int64, static_cast<double>(value)); };
  return expand(t, first + more + last,
                {{"a", &a}, {"b", &b}, {"zero", number(0)}, {"one", number(1)}, {"minus", number(-1)}});
}

void lower_div(Translation& t) {
  Value &a = t.required(0), &b = t.required(1);
  if (a.dtype() != DType::int64) return lower_name(t);
  if (!is_of_sizes(a) && !is_of_sizes(*t.node().output())) return t.set_output(0, divide_long(t, a, b));
  Value& quotient = t.add("Div", {&as_int32(t, a), &as_int32(t, b)});
  t.set_output(0, t.cast(quotient, DType::int64));
}

// x times itself.
Value& multiplied(Translation& t, Value& x, int64_t times) {
  Value* y = &x;
  for (int64_t i = 1; i < times; ++i) y = &t.add("Mul", {y, &x});
  return times == 1 ? t.add("Identity", {&x}) : *y;
}

void lower_pow(Translation& t) {
  constexpr double kMostFactors = 4;
  Value &x = t.required(0), &power = t.required(1);
  const Tensor* constant = power.is_constant() && power.constant().size() == 1 ? &power.constant() : nullptr;
  const double exponent = constant ? constant->to_double()[0] : 0;
  if (constant && power.shape().rank() == 0) {
    const double most = is_float(x.dtype()) ? 2 : kMostFactors;
    if (exponent >= 1 && exponent <= most && exponent == std::floor(exponent))
      return t.set_output(0, multiplied(t, x, static_cast<int64_t>(exponent)));
    if (exponent == 0.5 && is_float(x.dtype())) return t.set_output(0, t.add("Sqrt", {&x}));
  }
  if (is_float(x.dtype())) return finish(t, "POW", {&x, &t.cast(power, x.dtype())});
  if (is_float(power.dtype())) {
    Value& y = t.add("Pow", {&t.cast(x, DType::float32), &t.cast(power, DType::float32)});
    return t.set_output(0, t.cast(y, x.dtype()));
  }
  if (x.dtype() != DType::int32) t.refuse("powers of {} that are not constant", name_of(x.dtype()));
  finish(t, "POW", {&x, &as_int32(t, power)});
}

// --- BitShift: nothing is left of what is shifted by a negative number or by all bits, but the sign to the right

constexpr int64_t kBits = 32;

// `by` where it says how many bits, else `otherwise`.
Value& bits_or(Translation& t, Value& by, int64_t otherwise) {
  if (!by.is_constant())
    return expand(t, "y = Where(And(GreaterOrEqual(by, low), Less(by, high)), by, other)",
                  {{"by", &by},
                   {"low", &int32_scalar(t, 0)},
                   {"high", &int32_scalar(t, kBits)},
                   {"other", &int32_scalar(t, otherwise)}});
  std::vector<int32_t> bits;
  for (const int64_t count : by.constant().to_int64())
    bits.push_back(static_cast<int32_t>(count >= 0 && count < kBits ? count : otherwise));
  return t.constant(Tensor::of<int32_t>(by.constant().dims(), bits));
}

Value& bitcast(Translation& t, Value& value, DType dtype) {
  if (value.dtype() == dtype) return value;
  return emit(t, "BITCAST", {&value}, {}, Type::tensor(dtype, value.shape()));
}

Value& shift_left(Translation& t, Value& x, Value& by) {
  std::vector<int32_t> powers;
  for (int64_t i = 0; i < kBits; ++i) powers.push_back(static_cast<int32_t>(uint32_t{1} << i));
  powers.push_back(0);
  Value& factor = t.add("Gather", {&t.constant(Tensor::vector(powers)), &bits_or(t, by, kBits)});
  return t.add("Mul", {&x, &factor});
}

void lower_bit_shift(Translation& t) {
  Value& x = t.required(0);
  const DType dtype = x.dtype();
  if (dtype != DType::int32 && dtype != DType::uint32) t.refuse("shifts of {}", name_of(dtype));
  Value& by = bitcast(t, t.required(1), DType::int32);
  if (string_attr(t.node(), "direction") != "RIGHT")
    return t.set_output(0, bitcast(t, shift_left(t, bitcast(t, x, DType::int32), by), dtype));
  Value& bits = bits_or(t, by, kBits - 1);
  if (dtype == DType::int32) return finish(t, "RIGHT_SHIFT", {&x, &bits});
  Value& shifted = emit(t, "RIGHT_SHIFT", {&x, &bitcast(t, bits, dtype)}, {}, t.node().output()->type);
  Value& what_is_left = expand(t, "y = Where(Equal(bits, by), x, zero)",
                               {{"bits", &bits},
                                {"by", &by},
                                {"x", &bitcast(t, shifted, DType::int32)},
                                {"zero", &int32_scalar(t, 0)}});
  t.set_output(0, bitcast(t, what_is_left, dtype));
}

// In two's complement -1 - x; narrow unsigned numbers are cast back to their width.
void lower_bitwise_not(Translation& t) {
  Value& x = t.required(0);
  t.set_output(0, t.add("Sub", {&t.scalar_like(x, -1), &x}));
}

}  // namespace

OpMappings lower_integers() {
  return {
      {"tflite.SUB", "BitwiseNot", nullptr, lower_bitwise_not, "as a formula"},
      {"tflite.DIV", "Div", nullptr, lower_div, ""},
      {"tflite.POW", "Pow", nullptr, lower_pow, "int64 to constant powers"},
      {"tflite.RIGHT_SHIFT", "BitShift", nullptr, lower_bit_shift, "up to 32 bits"},
  };
}

}  // namespace modelconv::tflite
