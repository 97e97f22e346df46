// Enumerations of the schema: names by number.
#include "formats/tflite/options.h"

namespace modelconv::tflite {

const EnumRow* find_enum(std::string_view name) {
  static const std::vector<EnumRow> rows = {
      {"TensorType", 1, {"FLOAT32",  "FLOAT16",  "INT32",     "UINT8",         "INT64",      "STRING",
                         "BOOL",     "INT16",    "COMPLEX64", "INT8",          "FLOAT64",    "COMPLEX128",
                         "UINT64",   "RESOURCE", "VARIANT",   "UINT32",        "UINT16",     "INT4",
                         "BFLOAT16", "INT2",     "UINT4",     "FLOAT8_E4M3FN", "FLOAT8_E5M2"}},
      {"Padding", 1, {"SAME", "VALID"}},
      {"ActivationFunctionType", 1, {"NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"}},
      {"MirrorPadMode", 1, {"REFLECT", "SYMMETRIC"}},
      {"LSHProjectionType", 1, {"UNKNOWN", "SPARSE", "DENSE"}},
      {"FullyConnectedOptionsWeightsFormat", 1, {"DEFAULT", "SHUFFLED4x16INT8"}},
      {"LSTMKernelType", 1, {"FULL", "BASIC"}},
      {"CombinerType", 1, {"SUM", "MEAN", "SQRTN"}},
      {"CustomOptionsFormat", 1, {"FLEXBUFFERS"}},
      {"RngAlgorithm", 1, {"DEFAULT", "PHILOX", "THREEFRY"}},
      {"ReduceWindowFunction", 4, {"UNSUPPORTED", "ADD", "MUL", "MINIMUM", "MAXIMUM", "ALL", "ANY"}},
      {"StablehloComparisonDirection", 4, {"EQ", "NE", "GE", "GT", "LE", "LT"}},
      {"StablehloComparisonType", 4, {"NOTYPE", "FLOAT", "FLOAT_TOTAL_ORDER", "SIGNED", "UNSIGNED"}},
  };
  for (const EnumRow& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace modelconv::tflite
