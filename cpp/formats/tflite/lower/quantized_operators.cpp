#include "formats/tflite/lower/quantized_operators.h"

#include <cstdint>
#include <map>

namespace modelconv::tflite {
namespace {

using Output = QuantizedOperator::Output;

std::map<std::string, QuantizedOperator> make_table() {
  constexpr size_t kAll = SIZE_MAX;
  std::map<std::string, QuantizedOperator> table;
  table["CONV_2D"] = {Output::free, 1, 0, 1, 0, 2};
  table["DEPTHWISE_CONV_2D"] = {Output::free, 1, 0, 1, 3, 2};
  table["TRANSPOSE_CONV"] = {Output::free, 1, 2, 1, 0, 3};
  table["FULLY_CONNECTED"] = {Output::free, 1, 0, 1, 0, 2};
  for (const char* name : {"ADD", "SUB", "MUL", "BATCH_MATMUL"}) table[name] = {Output::free, 2};
  for (const char* name : {"MEAN", "SUM", "LEAKY_RELU"}) table[name] = {Output::free, 1};
  for (const char* name :
       {"HARD_SWISH", "RELU", "RELU6", "RELU_N1_TO_1", "GELU", "ELU", "EXP", "ABS", "SQUARED_DIFFERENCE"})
    table[name] = {Output::free, 1, 0, {}, 0, {}, false};
  table["PRELU"] = {Output::free, 2, 0, {}, 0, {}, false};
  for (const char* name :
       {"RESHAPE", "TRANSPOSE", "MAX_POOL_2D", "AVERAGE_POOL_2D", "PAD", "STRIDED_SLICE", "SPLIT_V", "GATHER",
        "REDUCE_MAX", "REDUCE_MIN", "BROADCAST_TO", "TILE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"})
    table[name] = {Output::same, 1};
  for (const char* name : {"DEPTH_TO_SPACE", "SPACE_TO_DEPTH", "MIRROR_PAD"})
    table[name] = {Output::same, 1, 0, {}, 0, {}, false};
  table["CONCATENATION"] = {Output::same, kAll};
  for (const char* name : {"MAXIMUM", "MINIMUM"}) table[name] = {Output::same, 2};
  for (const char* name : {"SOFTMAX", "LOGISTIC", "TANH"}) table[name] = {Output::fixed, 1};
  table["LOG_SOFTMAX"] = {Output::fixed, 1, 0, {}, 0, {}, false};
  return table;
}

}  // namespace

const QuantizedOperator* find_quantized(const std::string& name) {
  static const std::map<std::string, QuantizedOperator> table = make_table();
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

Quantization fixed_output(const std::string& name, DType dtype) {
  if (dtype == DType::int16) return {{1.0f / 32768}, {0}, 0};
  if (name == "TANH") return {{1.0f / 128}, {0}, 0};
  if (name == "LOG_SOFTMAX") return {{1.0f / 16}, {127}, 0};
  return {{1.0f / 256}, {-128}, 0};
}

}  // namespace modelconv::tflite
