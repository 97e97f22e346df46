// One input, element by element.
#include "formats/tflite/ops/all_ops.h"

namespace modelconv::tflite {

OpMappings unary_ops() {
  return {
      {"tflite.ABS", "Abs", translate_name, nullptr, ""},
      {"tflite.CEIL", "Ceil", translate_name, nullptr, ""},
      {"tflite.COS", "Cos", translate_name, nullptr, ""},
      {"tflite.EXP", "Exp", translate_name, nullptr, ""},
      {"tflite.FLOOR", "Floor", translate_name, nullptr, ""},
      {"tflite.LOG", "Log", translate_name, nullptr, ""},
      {"tflite.LOGICAL_NOT", "Not", translate_name, nullptr, ""},
      {"tflite.LOGISTIC", "Sigmoid", translate_name, nullptr, ""},
      {"tflite.NEG", "Neg", translate_name, nullptr, ""},
      {"tflite.ROUND", "Round", translate_name, nullptr, ""},
      {"tflite.SIGN", "Sign", translate_name, nullptr, ""},
      {"tflite.SIN", "Sin", translate_name, nullptr, ""},
      {"tflite.SQRT", "Sqrt", translate_name, nullptr, ""},
      {"tflite.TANH", "Tanh", translate_name, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
