// Element by element: operators with the same name on both sides, and formulas of them.
#include <limits>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "formats/tflite/types.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

// Operators of several inputs of which TFLite takes two.
template <class Join>
void lower_pairwise(Translation& t, const Join& join) {
  Value* result = &t.required(0);
  if (t.input_count() == 1) return t.set_output(0, t.add("Identity", {result}));
  for (size_t i = 1; i < t.input_count(); ++i) result = &join(*result, t.required(i));
  t.set_output(0, *result);
}

void lower_extreme(Translation& t) {
  if (t.input_count() == 2) return lower_name(t);
  lower_pairwise(t, [&](Value& a, Value& b) -> Value& { return t.add(t.node().op(), {&a, &b}); });
}

void lower_sum(Translation& t) {
  lower_pairwise(t, [&](Value& a, Value& b) -> Value& { return t.add("Add", {&a, &b}); });
}

void lower_mean(Translation& t) {
  Value& sum = t.add("Sum", {t.node().inputs().begin(), t.node().inputs().end()});
  t.set_output(0, t.add("Div", {&sum, &t.scalar_like(sum, static_cast<double>(t.input_count()))}));
}

void lower_cast(Translation& t) {
  Value& x = t.required(0);
  const DType to = dtype_attr(t.node(), "to");
  if (x.dtype() == to) return t.set_output(0, t.add("Identity", {&x}));
  if (x.is_constant() && x.dtype() == DType::float16 && to == DType::float32)
    return finish(t, "DEQUANTIZE", {&x});
  // What is not 0 is true: in LiteRT a cast to bool cuts fractions off first.
  if (to == DType::boolean)
    return t.set_output(0, t.add("Not", {&t.add("Equal", {&x, &t.scalar_like(x, 0)})}));
  for (const DType type : {x.dtype(), to})
    if (!tensor_type_number(type)) t.refuse("TFLite has no type {}", name_of(type));
  finish(t, "CAST", {&x},
         {{"in_data_type", std::string(tensor_type_name(x.dtype()))},
          {"out_data_type", std::string(tensor_type_name(to))}});
}

void lower_identity(Translation& t) { t.set_output(0, t.required(0)); }

// 0 <= x <= 6 and the like have operators of their own, which convolutions take in.
void lower_clip(Translation& t) {
  Value& x = t.required(0);
  const auto limit = [&](size_t index) -> std::optional<double> {
    const Value* value = t.input(index);
    return value && value->is_constant() && value->constant().size() == 1
               ? std::optional(value->constant().to_double()[0])
               : std::nullopt;
  };
  const auto low = limit(1), high = limit(2);
  constexpr double kInfinity = std::numeric_limits<double>::infinity(),
                   kMost = std::numeric_limits<float>::max();
  const bool open = !t.input(2) || (high && (*high == kInfinity || *high == kMost));
  if (x.dtype() == DType::float32) {
    if (low == 0.0 && open) return finish(t, "RELU", {&x});
    if (low == 0.0 && high == 6.0) return finish(t, "RELU6", {&x});
    if (low == -1.0 && high == 1.0) return finish(t, "RELU_N1_TO_1", {&x});
  }
  Value* y = &x;
  if (t.input(1)) y = &t.add("Max", {y, t.input(1)});
  if (t.input(2)) y = &t.add("Min", {y, t.input(2)});
  t.set_output(0, y == &x ? t.add("Identity", {&x}) : *y);
}

void lower_leaky(Translation& t) {
  finish(t, "LEAKY_RELU", {t.input(0)}, {{"alpha", float_attr(t.node(), "alpha")}});
}

// Slopes have the shape of one sample in TFLite.
void lower_prelu(Translation& t) {
  Value &x = t.required(0), &slope = t.required(1);
  const size_t rank = t.rank(0);
  const Tensor* constant = constant_behind(slope);
  Dims dims = constant && constant->rank() <= rank ? constant->dims() : Dims{};
  dims.insert(dims.begin(), rank - dims.size(), 1);
  if (!constant || rank < 2 || constant->rank() > rank || dims[0] != 1)
    return t.set_output(0, expand(t, "y = Where(Less(x, 0.0), Mul(x, s), x)", {{"x", &x}, {"s", &slope}}));
  dims.erase(dims.begin());
  finish(t, "PRELU", {&x, &rearranged(t, slope, {}, dims)});
}

void lower_gelu(Translation& t) {
  finish(t, "GELU", {t.input(0)}, {{"approximate", int64_t{string_attr(t.node(), "approximate") == "tanh"}}});
}

void lower_elu(Translation& t) {
  const float alpha = float_attr(t.node(), "alpha");
  if (alpha == 1) return finish(t, "ELU", {t.input(0)});
  t.set_output(
      0, expand(t, fmt::format("y = Where(Less(x, 0.0), Mul(Sub(Exp(Min(x, 0.0)), 1.0), {:.9e}), x)", alpha),
                {{"x", t.input(0)}}));
}

void lower_hard_swish(Translation& t) { finish(t, "HARD_SWISH", {t.input(0)}); }

// The quotient's remainder has the divisor's sign in one, the dividend's in the other.
void lower_mod(Translation& t) {
  if (int_attr(t.node(), "fmod") == 0) return finish(t, "FLOOR_MOD", {t.input(0), t.input(1)});
  if (!is_float(t.input(0)->dtype())) t.refuse("fmod of integers");
  t.set_output(0, expand(t, "q = Div(a, b); r = Mul(Sign(q), Floor(Abs(q))); y = Sub(a, Mul(b, r))",
                         {{"a", t.input(0)}, {"b", t.input(1)}}));
}

void lower_cast_like(Translation& t) {
  const DType to = t.required(1).dtype();
  if (to == DType::undefined) t.refuse("the type of '{}' is not known", t.required(1).name());
  t.set_output(0, t.add("Cast", {t.input(0)}, {{"to", static_cast<int64_t>(to)}}));
}

void lower_bit_cast(Translation& t) { finish(t, "BITCAST", {t.input(0)}); }

// As a model that is run and not trained.
void lower_dropout(Translation& t) {
  const auto training = t.input(2) ? t.known_ints(2) : std::vector<int64_t>{0};
  const bool keeps = t.input(1) && t.input(1)->is_constant() && t.input(1)->constant().to_double()[0] == 0;
  if (!keeps && (!training || training->at(0) != 0)) t.refuse("training mode");
  t.set_output(0, t.add("Identity", {t.input(0)}));
  if (!t.wants_output(1)) return;
  Value& zero = t.add("Mul", {t.input(0), &t.scalar_like(*t.input(0), 0)});
  t.set_output(1, t.add("Equal", {&zero, &zero}));
}

void lower_is_inf(Translation& t) {
  const bool negative = int_attr(t.node(), "detect_negative") != 0,
             positive = int_attr(t.node(), "detect_positive") != 0;
  Value& x = t.required(0);
  const auto equals = [&](Value& value, double sign) -> Value& {
    return t.add("Equal", {&value, &t.scalar_like(x, sign * std::numeric_limits<double>::infinity())});
  };
  if (negative && positive) return t.set_output(0, equals(t.add("Abs", {&x}), 1));
  if (!negative && !positive) return t.set_output(0, t.add("And", {&equals(x, 1), &equals(x, -1)}));
  t.set_output(0, equals(x, positive ? 1 : -1));
}

// LiteRT 2.3 has no kernels of these for integers of 64 bits, of RELU for none of 32 bits either.
void lower_abs(Translation& t) {
  Value& x = t.required(0);
  if (x.dtype() != DType::int64) return lower_name(t);
  t.set_output(0, t.add("Max", {&x, &t.add("Neg", {&x})}));
}

void lower_sign(Translation& t) {
  Value& x = t.required(0);
  if (x.dtype() != DType::int64) return lower_name(t);
  Value& zero = t.scalar_like(x, 0);
  Value& is_positive = t.cast(t.add("Greater", {&x, &zero}), DType::int64);
  t.set_output(0, t.add("Sub", {&is_positive, &t.cast(t.add("Less", {&x, &zero}), DType::int64)}));
}

void lower_relu(Translation& t) {
  Value& x = t.required(0);
  if (is_float(x.dtype())) return lower_name(t);
  t.set_output(0, t.add("Max", {&x, &t.scalar_like(x, 0)}));
}

}  // namespace

OpMappings lower_elementwise() {
  const auto same = [](const char* name, const char* canonical) {
    return OpMapping{OpName("tflite", name), canonical, nullptr, lower_name, ""};
  };
  return {
      {"tflite.ABS", "Abs", nullptr, lower_abs, ""},
      same("CEIL", "Ceil"),
      same("COS", "Cos"),
      same("EXP", "Exp"),
      same("FLOOR", "Floor"),
      same("LOG", "Log"),
      same("LOGICAL_NOT", "Not"),
      same("LOGISTIC", "Sigmoid"),
      same("NEG", "Neg"),
      same("ROUND", "Round"),
      {"tflite.SIGN", "Sign", nullptr, lower_sign, ""},
      same("SIN", "Sin"),
      same("SQRT", "Sqrt"),
      same("TANH", "Tanh"),
      {"tflite.RELU", "Relu", nullptr, lower_relu, ""},
      same("ADD", "Add"),
      same("SUB", "Sub"),
      same("MUL", "Mul"),
      same("LOGICAL_AND", "And"),
      same("LOGICAL_OR", "Or"),
      same("BITWISE_XOR", "BitwiseXor"),
      same("SELECT_V2", "Where"),
      same("NOT_EQUAL", "Xor"),
      same("EQUAL", "Equal"),
      same("GREATER", "Greater"),
      same("LESS", "Less"),
      same("GREATER_EQUAL", "GreaterOrEqual"),
      same("LESS_EQUAL", "LessOrEqual"),
      {"tflite.MAXIMUM", "Max", nullptr, lower_extreme, "of two at a time"},
      {"tflite.MINIMUM", "Min", nullptr, lower_extreme, "of two at a time"},
      {"tflite.ADD", "Sum", nullptr, lower_sum, ""},
      {"tflite.ADD", "Mean", nullptr, lower_mean, ""},
      {"tflite.CAST", "Cast", nullptr, lower_cast, ""},
      {"tflite.RESHAPE", "Identity", nullptr, lower_identity, "no operator"},
      {"tflite.MINIMUM", "Clip", nullptr, lower_clip, "also RELU, RELU6, RELU_N1_TO_1"},
      {"tflite.LEAKY_RELU", "LeakyRelu", nullptr, lower_leaky, ""},
      {"tflite.PRELU", "PRelu", nullptr, lower_prelu, ""},
      {"tflite.GELU", "Gelu", nullptr, lower_gelu, ""},
      {"tflite.ELU", "Elu", nullptr, lower_elu, ""},
      {"tflite.HARD_SWISH", "HardSwish", nullptr, lower_hard_swish, ""},
      {"tflite.FLOOR_MOD", "Mod", nullptr, lower_mod, ""},
      {"tflite.CAST", "CastLike", nullptr, lower_cast_like, ""},
      {"tflite.BITCAST", "BitCast", nullptr, lower_bit_cast, ""},
      {"tflite.RESHAPE", "Dropout", nullptr, lower_dropout, "no operator; not in training mode"},
      {"tflite.EQUAL", "IsInf", nullptr, lower_is_inf, ""},
  };
}

}  // namespace modelconv::tflite
