// Attention (23), RotaryEmbedding (23) and SwiGLU (28) as what they are made of.
#include "formats/onnx/versions/table.h"
#include "passes/decompose/decompose.h"

namespace modelconv::onnx {

Boundaries attention_boundaries() {
  return {
      {"Attention", 23, nullptr, decompose::attention},
      {"Attention", 24, nullptr, decompose::attention_with_valid_keys},
      {"Attention", 25, nullptr, decompose::attention_with_windows},
      {"RotaryEmbedding", 23, nullptr, decompose::rotary_embedding},
      {"SwiGLU", 28, nullptr, decompose::swiglu},
  };
}

}  // namespace modelconv::onnx
