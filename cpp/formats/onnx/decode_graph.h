// GraphProto and FunctionProto to Graph.
#pragma once

#include <map>

#include "formats/onnx/decode_tensor.h"
#include "formats/onnx/functions.h"
#include "formats/onnx/scope.h"

namespace modelconv::onnx {

// What all graphs of one file share.
struct ModelContext {
  const ModelMessage& message;
  TensorDecoder tensors;
  FunctionTable functions{message};
  size_t inlined_nodes = 0;  // by calls of local functions
};

// Fills the empty `graph`. `outer` and `call` are null for the main graph.
void decode_graph(ModelContext& model, const GraphMessage& message, Graph& graph, const Scope* outer,
                  const FunctionCall* call);

}  // namespace modelconv::onnx
