// Functions of one tensor, element by element.
#include <limits>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void lower_is_inf(Translation& t) {
  const bool positive = int_attr(t.node(), "detect_positive") != 0,
             negative = int_attr(t.node(), "detect_negative") != 0;
  const Term x = input(t, 0);
  if (positive && negative) return set_output(t, 0, compute("tf.IsInf", {x}));
  if (!positive && !negative) {
    const Term never = compute("tf.NotEqual", {x, x});
    return set_output(t, 0, both(never, negated(never)));
  }
  const double infinity = std::numeric_limits<double>::infinity();
  set_output(t, 0, equal(x, positive ? infinity : -infinity));
}

void cast_to(Translation& t, const Term& x, DType to) {
  const bool is_text = x.dtype() == DType::string || to == DType::string;
  if (is_text && x.dtype() != to) t.refuse("it makes text of numbers or the reverse");
  if (to == DType::float8e4m3fnuz || to == DType::float8e5m2fnuz || x.dtype() == DType::float8e4m3fnuz ||
      x.dtype() == DType::float8e5m2fnuz)
    t.refuse("TensorFlow's CPU has no kernel for {}", name_of(is_float(to) ? to : x.dtype()));
  // A float that does not fit an integer has no defined result in either.
  const double largest = to == DType::float8e4m3fn ? 448 : to == DType::float8e5m2 ? 57344 : 0;
  const bool saturates =
      largest > 0 && t.node().attrs.get_or<int64_t>("saturate", 1) != 0 && is_float(x.dtype());
  const Term limited = saturates ? clip(x, -largest, largest) : x;
  set_output(t, 0, compute("tf.Cast", {limited}, {{"DstT", Type::tensor(to)}}));
}

void lower_cast(Translation& t) { cast_to(t, input(t, 0), dtype_attr(t.node(), "to")); }
void lower_cast_like(Translation& t) { cast_to(t, input(t, 0), t.required(1).dtype()); }

void lower_bit_cast(Translation& t) {
  set_output(t, 0,
             compute("tf.Bitcast", {input(t, 0)}, {{"type", Type::tensor(dtype_attr(t.node(), "to"))}}));
}

// Training is over: the input is handed on, and the mask lets everything through.
void lower_dropout(Translation& t) {
  const Value* training = t.input(2);
  if (training && !(training->is_constant() && training->constant().to_int64() == std::vector<int64_t>{0}))
    t.refuse("it may be in training mode");
  const Term x = input(t, 0);
  set_output(t, 0, compute("Identity", {x}));
  if (t.wants_output(1)) set_output(t, 1, filled(shape_of(x), DType::boolean, 1));
}

}  // namespace

OpMappings lower_unary() {
  OpMappings rows;
  for (const char* name :
       {"Abs",  "Acos", "Acosh", "Asin",     "Asinh",    "Atan", "Atanh", "Ceil",       "Cos",   "Cosh",
        "Erf",  "Exp",  "Floor", "Identity", "Log",      "Neg",  "Relu",  "Reciprocal", "Round", "Sigmoid",
        "Sign", "Sin",  "Sinh",  "Softplus", "Softsign", "Sqrt", "Tan",   "Tanh"})
    rows.push_back({OpName("tf", name), name, nullptr, translate_name, ""});
  rows.push_back({"tf.Invert", "BitwiseNot", nullptr, translate_name, ""});
  rows.push_back({"tf.LogicalNot", "Not", nullptr, translate_name, ""});
  rows.push_back({"tf.IsNan", "IsNaN", nullptr, translate_name, ""});
  rows.push_back({"tf.IsInf", "IsInf", nullptr, lower_is_inf, ""});
  rows.push_back({"tf.Cast", "Cast", nullptr, lower_cast, "not between text and numbers"});
  rows.push_back({"tf.Cast", "CastLike", nullptr, lower_cast_like, "not between text and numbers"});
  rows.push_back({"tf.Bitcast", "BitCast", nullptr, lower_bit_cast, ""});
  rows.push_back({"tf.Identity", "Dropout", nullptr, lower_dropout, "inference"});
  return rows;
}

}  // namespace modelconv::tensorflow
