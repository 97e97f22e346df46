// Operators that are known and cannot be said in ONNX.
#include "formats/tflite/ops/all_ops.h"

namespace modelconv::tflite {
namespace {

void refuse_hash(Translation& t) { t.refuse("it hashes its input with a function of TFLite's own"); }
void refuse_text(Translation& t) { t.refuse("it takes texts apart"); }
void refuse_delegate(Translation& t) {
  t.refuse("it is machine code for one accelerator: convert the model it was made from");
}
void refuse_concat_embeddings(Translation& t) { t.refuse("no runtime implements it"); }
void refuse_bits(Translation& t) {
  t.refuse("its random bits depend on a state that ONNX's generators do not have");
}
void refuse_custom_call(Translation& t) { t.refuse("what it calls is not in the file"); }
void refuse_case(Translation& t) { t.refuse("it chooses among several subgraphs"); }

}  // namespace

OpMappings refused_ops() {
  return {
      {"tflite.CONCAT_EMBEDDINGS", OpName(), refuse_concat_embeddings, nullptr, "no runtime implements it"},
      {"tflite.DELEGATE", OpName(), refuse_delegate, nullptr, "code for one accelerator"},
      {"tflite.LSH_PROJECTION", OpName(), refuse_hash, nullptr, "a hash function of TFLite's own"},
      {"tflite.SKIP_GRAM", OpName(), refuse_text, nullptr, "texts"},
      {"tflite.STABLEHLO_CASE", OpName(), refuse_case, nullptr, "several subgraphs"},
      {"tflite.STABLEHLO_CUSTOM_CALL", OpName(), refuse_custom_call, nullptr,
       "calls what is not in the file"},
      {"tflite.STABLEHLO_RNG_BIT_GENERATOR", OpName(), refuse_bits, nullptr, "random bits from a state"},
  };
}

}  // namespace modelconv::tflite
