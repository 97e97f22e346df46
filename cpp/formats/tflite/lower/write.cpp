#include "formats/tflite/lower/write.h"

#include <algorithm>

#include "base/error.h"
#include "formats/common/mapping.h"
#include "formats/tflite/encode.h"
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/fold_quantization.h"
#include "formats/tflite/lower/fuse_activations.h"
#include "formats/tflite/lower/shift_to_int8.h"
#include "formats/tflite/lower/widen_types.h"
#include "ops/infer.h"
#include "passes/layout/channels_last.h"
#include "rewrite/driver.h"

namespace modelconv::tflite {
namespace {

// Rules give TFLite's operators their types themselves.
void infer_canonical(Node& node) {
  if (node.op().domain() != "tflite") infer_node(node);
}

// An output that is an input or a constant as it is gets an operator that makes it, or the interpreter has nothing to run.
void give_outputs_producers(Graph& graph) {
  for (size_t slot = 0; slot < graph.outputs().size(); ++slot) {
    Value& value = *graph.outputs()[slot].value;
    if (!value.is_input() && !value.is_constant()) continue;
    std::vector<int32_t> sizes;
    for (const Dim& dim : value.shape().dims())
      sizes.push_back(static_cast<int32_t>(dim.known().value_or(-1)));
    ENSURE(std::count(sizes.begin(), sizes.end(), -1) <= 1, BadArgument,
           "output '{}' is '{}' of shape {}, of which two sizes are unknown", graph.outputs()[slot].name,
           value.name(), value.shape().str());
    Value& shape = graph.add_constant(Tensor::vector(sizes));
    Node& copy = graph.add_node("tflite.RESHAPE", {&value, &shape}, {}, {graph.outputs()[slot].name});
    copy.output()->type = value.type;
    graph.set_output_value(slot, *copy.output());
  }
}

}  // namespace

void write(const Model& model, const WriteRequest& request, AtomicFiles& files) {
  ENSURE(request.options.empty(), BadArgument, "the TFLite writer has no option '{}'",
         request.options.begin()->first);
  Model lowered = model.clone();
  Graph& graph = *lowered.graph;
  shift_to_int8(graph);
  to_channels_last(graph);
  widen_types(graph);
  lower_graph(graph, lowerings(), "tflite", "writing TFLite", infer_canonical);
  remove_unused(graph);
  fuse_activations(graph);
  fold_quantization(graph);
  give_outputs_producers(graph);
  graph.verify();
  AtomicFiles::Stream stream = files.create(request.target);
  encode(lowered).write_to(stream);
}

}  // namespace modelconv::tflite
