// Quantisation of a canonical graph: QuantizeLinear and DequantizeLinear around what integer kernels compute, by the rules
// of TFLite's specification (https://ai.google.dev/edge/litert/models/quantization_spec), which ONNX runtimes follow too.
//
// Activations have one scale and zero point each (int8), or a scale only (int16); weights are symmetric, int8 within
// [-127, 127], with one scale per output channel; biases are int32 with the product of both scales. Operators that move
// values without computing (Reshape, MaxPool, Concat, ...) share the parameters of their operands.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

struct Range {
  float low = 0, high = 0;
};
using Ranges = std::map<std::string, Range, std::less<>>;  // by value's name

struct QuantizeOptions {
  bool int16_activations = false;
  bool per_channel = true;
  // Nodes (by name, or by an output's name) that stay in floating point.
  std::set<std::string, std::less<>> keep_float;
};

// What became of one value.
struct QuantizedValue {
  std::string name;  // before quantisation; the dequantised value's name is `dequantized`
  std::string dequantized;
  std::string made_by;  // Node::describe(), or the input's name
  float scale = 0;
  int64_t zero_point = 0;
};

// Operators that have no integer kernels, as others that have: HardSigmoid, Swish, Div by a constant; MatMul and Add as Gemm.
// Before all of the rest.
void prepare_for_integers(Graph& graph, const QuantizeOptions& options);

// A node that quantize() leaves alone although it computes with floating point.
struct FloatOperator {
  std::string node;  // Node::describe()
  std::string op, reason;
};
std::vector<FloatOperator> left_in_float(const Graph& graph, const QuantizeOptions& options);

// Names of the values whose ranges quantize() needs, in the order of the graph.
std::vector<std::string> values_to_observe(const Graph& graph, const QuantizeOptions& options);

// BadArgument when a range is missing, when keep_float names what is not there, or when nothing can be
// quantised. Values of the main graph only: loops and branches stay in floating point.
std::vector<QuantizedValue> quantize(Graph& graph, const Ranges& ranges, const QuantizeOptions& options);

// Element types of inputs and outputs of a graph that quantize() has changed: int8, uint8, int16 or float32, which it has
// without this call. BadArgument for names that are none, or not quantised.
using IoTypes = std::map<std::string, DType, std::less<>>;
void set_io_types(Graph& graph, const IoTypes& types);

// Weights alone. Each constant matrix or kernel of a product or convolution is stored as float16, or as int8 with a scale
// per output channel, and restored in front of its use. `dynamic` marks the latter for targets whose kernels quantise the
// activations as they run (TFLite's hybrid ones). Returns how many constants changed.
int64_t store_weights_as_float16(Graph& graph);
int64_t store_weights_as_int8(Graph& graph, bool per_channel);

// Metadata of DequantizeLinear nodes that store_weights_as_int8 has made.
inline constexpr const char* kDynamicRange = "modelconv.dynamic_range";

}  // namespace modelconv
