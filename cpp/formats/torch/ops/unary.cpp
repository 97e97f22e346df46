// Functions of one tensor, element by element, that ONNX has under another or the same name.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/complex.h"

namespace modelconv::torch {
namespace {

void raise_same(Translation& t) {
  const Call call(t, "self");
  give(compute(t.target(), {tensor(call, "self")}));
}

// Integers give float32.
void raise_float(Translation& t) {
  const Call call(t, "self");
  t.set_output(0, t.add(t.target(), {&as_float(t, call.tensor("self"))}));
}

// What has no fractional part stays as it is.
void raise_rounding(Translation& t) {
  const Call call(t, "self");
  Value& x = call.tensor("self");
  t.set_output(0, is_float(x.dtype()) ? t.add(t.target(), {&x}) : t.add("Identity", {&x}));
}

void raise_rsqrt(Translation& t) {
  const Call call(t, "self");
  t.set_output(0, t.add("Reciprocal", {&t.add("Sqrt", {&as_float(t, call.tensor("self"))})}));
}

void raise_silu(Translation& t) {
  const Call call(t, "self");
  Value& x = call.tensor("self");
  t.set_output(0, t.add("Mul", {&x, &t.add("Sigmoid", {&x})}));
}

void raise_gelu(Translation& t) {
  const Call call(t, "self, approximate:text=\"none\"");
  t.set_output(0, t.add("Gelu", {&call.tensor("self")}, {{"approximate", call.text("approximate")}}));
}

}  // namespace

OpMappings unary_ops() {
  OpMappings rows = {
      {"aten.abs", "Abs", by_numbers<raise_same, raise_complex_abs>, nullptr, ""},
      {"aten.gelu", "Gelu", raise_gelu, nullptr, ""},
      {"aten.rsqrt", "Reciprocal", raise_rsqrt, nullptr, ""},
      {"aten.silu", "Mul", raise_silu, nullptr, ""},
  };
  for (const auto& [source, canonical] : {
           std::pair("aten.neg", "Neg"),
           std::pair("aten.relu", "Relu"),
       })
    rows.push_back({source, canonical, raise_same, nullptr, ""});
  for (const auto& [source, canonical] : {
           std::pair("aten.acos", "Acos"),
           std::pair("aten.acosh", "Acosh"),
           std::pair("aten.arccos", "Acos"),
           std::pair("aten.arccosh", "Acosh"),
           std::pair("aten.arcsin", "Asin"),
           std::pair("aten.arcsinh", "Asinh"),
           std::pair("aten.arctan", "Atan"),
           std::pair("aten.arctanh", "Atanh"),
           std::pair("aten.asin", "Asin"),
           std::pair("aten.asinh", "Asinh"),
           std::pair("aten.atan", "Atan"),
           std::pair("aten.atanh", "Atanh"),
           std::pair("aten.cos", "Cos"),
           std::pair("aten.cosh", "Cosh"),
           std::pair("aten.erf", "Erf"),
           std::pair("aten.exp", "Exp"),
           std::pair("aten.log", "Log"),
           std::pair("aten.reciprocal", "Reciprocal"),
           std::pair("aten.sigmoid", "Sigmoid"),
           std::pair("aten.sin", "Sin"),
           std::pair("aten.sinh", "Sinh"),
           std::pair("aten.special_erf", "Erf"),
           std::pair("aten.special_expit", "Sigmoid"),
           std::pair("aten.sqrt", "Sqrt"),
           std::pair("aten.tan", "Tan"),
           std::pair("aten.tanh", "Tanh"),
       })
    rows.push_back({source, canonical, raise_float, nullptr, ""});
  for (const auto& [source, canonical] : {
           std::pair("aten.ceil", "Ceil"),
           std::pair("aten.floor", "Floor"),
       })
    rows.push_back({source, canonical, raise_rounding, nullptr, ""});
  return rows;
}

}  // namespace modelconv::torch
