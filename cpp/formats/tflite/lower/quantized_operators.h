// Operators that LiteRT has integer kernels for, and what these ask for.
// Source: https://ai.google.dev/edge/litert/models/quantization_spec and tensorflow/lite/kernels.
#pragma once

#include <optional>
#include <string>

#include "formats/tflite/quantization.h"

namespace modelconv::tflite {

struct QuantizedOperator {
  enum class Output : uint8_t {
    free,   // parameters of its own
    same,   // those of the inputs
    fixed,  // see fixed_output()
  };
  Output output = Output::free;
  size_t data_inputs = 1;              // from the front; SIZE_MAX: all
  size_t first = 0;                    // TRANSPOSE_CONV has the shape of its output in front
  std::optional<size_t> weights = {};  // per channel along `channel_axis`
  int64_t channel_axis = 0;
  std::optional<size_t> bias = {};
  bool int16 = true;  // has a kernel for int16 activations
};

const QuantizedOperator* find_quantized(const std::string& name);

// Parameters of the output of SOFTMAX and others, for int8 or int16.
Quantization fixed_output(const std::string& name, DType dtype);

}  // namespace modelconv::tflite
