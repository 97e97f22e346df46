// Operators that are known and cannot be said in ONNX, and why.
#include "formats/tflite/ops/all_ops.h"

namespace modelconv::tflite {
namespace {

OpMapping refused(const char* name, const char* reason) { return {name, OpName(), nullptr, nullptr, reason}; }

}  // namespace

OpMappings refused_ops() {
  return {
      refused("tflite.CONCAT_EMBEDDINGS", "no runtime implements it"),
      refused("tflite.DELEGATE",
              "it is machine code for one accelerator: convert the model it was made from"),
      refused("tflite.LSH_PROJECTION", "it hashes its input with a function of TFLite's own"),
      refused("tflite.SKIP_GRAM", "it takes texts apart"),
      refused("tflite.STABLEHLO_CASE", "it chooses among several subgraphs"),
      refused("tflite.STABLEHLO_CUSTOM_CALL", "what it calls is not in the file"),
      refused("tflite.STABLEHLO_RNG_BIT_GENERATOR",
              "its random bits depend on a state that ONNX's generators do not have"),
  };
}

}  // namespace modelconv::tflite
