// Quantised tensors said with QuantizeLinear and DequantizeLinear.
#pragma once

#include "ir/graph.h"

namespace modelconv::tflite {

// For a graph that decode() made, subgraphs included. An operator that computes gets real numbers: behind each quantised
// input a "tflite.DequantizeLinear", in front of each quantised output a "tflite.QuantizeLinear", which are raised to ONNX's
// operators of that name. What only moves elements keeps the stored integers where its tensors share one quantisation.
// Afterwards no value has quantisation parameters of its own.
void make_quantization_explicit(Graph& graph);

}  // namespace modelconv::tflite
