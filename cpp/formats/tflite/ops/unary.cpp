// One input, element by element.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

void raise_rsqrt(Translation& t) {
  set_output(t, 0, compute("Reciprocal", {compute("Sqrt", {input(t, 0)})}));
}
void raise_square(Translation& t) { set_output(t, 0, input(t, 0) * input(t, 0)); }
void raise_relu6(Translation& t) { set_output(t, 0, clip(input(t, 0), 0, 6)); }
void raise_relu_n1_to_1(Translation& t) { set_output(t, 0, clip(input(t, 0), -1, 1)); }
void raise_relu_0_to_1(Translation& t) { set_output(t, 0, clip(input(t, 0), 0, 1)); }

void raise_zeros_like(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0, filled(shape_of(x), x.dtype(), 0));
}

void raise_leaky_relu(Translation& t) {
  set_output(t, 0, compute("LeakyRelu", {input(t, 0)}, {{"alpha", float_of(t, "alpha")}}));
}

void raise_gelu(Translation& t) {
  const std::string approximate = flag_of(t, "approximate") ? "tanh" : "none";
  set_output(t, 0, compute("Gelu", {input(t, 0)}, {{"approximate", approximate}}));
}

void raise_softmax(Translation& t) {
  const float beta = float_of(t, "beta");
  const Term x = input(t, 0);
  set_output(t, 0, compute("Softmax", {beta == 1.0F ? x : x * double{beta}}, {{"axis", int64_t{-1}}}));
}

void raise_log_softmax(Translation& t) {
  set_output(t, 0, compute("LogSoftmax", {input(t, 0)}, {{"axis", int64_t{-1}}}));
}

}  // namespace

OpMappings unary_ops() {
  return {
      {"tflite.ABS", "Abs", translate_name, nullptr, ""},
      {"tflite.CEIL", "Ceil", translate_name, nullptr, ""},
      {"tflite.COS", "Cos", translate_name, nullptr, ""},
      {"tflite.ELU", "Elu", translate_name, nullptr, ""},
      {"tflite.EXP", "Exp", translate_name, nullptr, ""},
      {"tflite.FLOOR", "Floor", translate_name, nullptr, ""},
      {"tflite.GELU", "Gelu", raise_gelu, nullptr, ""},
      {"tflite.HARD_SWISH", "HardSwish", translate_name, nullptr, ""},
      {"tflite.LEAKY_RELU", "LeakyRelu", raise_leaky_relu, nullptr, ""},
      {"tflite.LOG", "Log", translate_name, nullptr, ""},
      {"tflite.LOGICAL_NOT", "Not", translate_name, nullptr, ""},
      {"tflite.LOGISTIC", "Sigmoid", translate_name, nullptr, ""},
      {"tflite.LOG_SOFTMAX", "LogSoftmax", raise_log_softmax, nullptr, ""},
      {"tflite.NEG", "Neg", translate_name, nullptr, ""},
      {"tflite.PRELU", "PRelu", translate_name, nullptr, ""},
      {"tflite.RELU", "Relu", translate_name, nullptr, ""},
      {"tflite.RELU6", "Clip", raise_relu6, nullptr, ""},
      {"tflite.RELU_0_TO_1", "Clip", raise_relu_0_to_1, nullptr, ""},
      {"tflite.RELU_N1_TO_1", "Clip", raise_relu_n1_to_1, nullptr, ""},
      {"tflite.ROUND", "Round", translate_name, nullptr, ""},
      {"tflite.RSQRT", "Reciprocal", raise_rsqrt, nullptr, ""},
      {"tflite.SIGN", "Sign", translate_name, nullptr, ""},
      {"tflite.SIN", "Sin", translate_name, nullptr, ""},
      {"tflite.SOFTMAX", "Softmax", raise_softmax, nullptr, ""},
      {"tflite.SQRT", "Sqrt", translate_name, nullptr, ""},
      {"tflite.SQUARE", "Mul", raise_square, nullptr, ""},
      {"tflite.TANH", "Tanh", translate_name, nullptr, ""},
      {"tflite.ZEROS_LIKE", "ConstantOfShape", raise_zeros_like, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
