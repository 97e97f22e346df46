// Bytes to a graph of "tflite.X" operators.
#pragma once

#include <string>

#include "formats/common/format.h"

namespace modelconv::tflite {

// A graph of the file's own operators: "tflite.CONV_2D" with its options as attributes (options.h), a custom operator as
// "tflite.NAME" with the attribute custom_options. Other subgraphs are attributes of the nodes that call them, one copy for
// each. Values have the tensors' names and quantisation (quantization.h); constants view the file, sparse ones are
// expanded. Inputs and outputs are called as the signature calls them, a pseudo-operator "tflite.VARIABLE" makes tensors
// that keep their contents from run to run. The model's notes say what is not kept.
//
// `signature`: the key of the signature to read; empty: the first subgraph's.
Model decode(const Source& source, const std::string& signature = "");

// Keys in Model::metadata.
inline constexpr const char* kSignatureKey = "tflite.signature";

}  // namespace modelconv::tflite
