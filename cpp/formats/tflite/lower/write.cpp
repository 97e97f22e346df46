#include "formats/tflite/lower/write.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "formats/common/mapping.h"
#include "formats/tflite/encode.h"
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/close_subgraphs.h"
#include "formats/tflite/lower/fold_quantization.h"
#include "formats/tflite/lower/fuse_activations.h"
#include "formats/tflite/lower/fuse_bias.h"
#include "formats/tflite/lower/fuse_reshapes.h"
#include "formats/tflite/lower/quantized_moves.h"
#include "formats/tflite/lower/share_constants.h"
#include "formats/tflite/lower/shift_to_int8.h"
#include "formats/tflite/lower/widen_types.h"
#include "ir/constant_bytes.h"
#include "ops/infer.h"
#include "passes/decompose/decompose.h"
#include "passes/layout/channels_last.h"
#include "rewrite/driver.h"

namespace modelconv::tflite {
namespace {

// Rules give TFLite's operators their types themselves.
void infer_canonical(Node& node) {
  if (node.op().domain() != "tflite") infer_node(node);
}

// The sizes as RESHAPE takes them; computed where more than one is unknown.
Value& own_shape(Graph& graph, Value& value) {
  std::vector<int32_t> sizes;
  for (const Dim& dim : value.shape().dims()) sizes.push_back(static_cast<int32_t>(dim.known().value_or(-1)));
  if (value.shape().has_rank() && std::count(sizes.begin(), sizes.end(), -1) <= 1)
    return graph.add_constant(Tensor::vector(sizes));
  Value& shape = *graph.add_node("tflite.SHAPE", {&value}, {{"out_type", std::string("INT32")}}).output();
  shape.type = Type::tensor(DType::int32, Shape({Dim()}));
  return shape;
}

// An output that is an input, a constant or another output as it is gets an operator that makes it, or the interpreter has
// nothing to run. What a loop hands on (`handed_on`) stays: that is how the interpreter knows it.
void give_outputs_producers(Graph& graph, bool hands_on) {
  std::set<const Value*> seen;
  for (size_t slot = 0; slot < graph.outputs().size(); ++slot) {
    Value& value = *graph.outputs()[slot].value;
    const bool is_first = seen.insert(&value).second, is_main = !graph.parent();
    if (hands_on && value.is_input() && graph.inputs()[slot] == &value) continue;
    if (!value.is_input() && !value.is_constant() && (is_first || is_main)) continue;
    const std::string name = is_main ? graph.outputs()[slot].name : "";
    Node& copy = graph.add_node("tflite.RESHAPE", {&value, &own_shape(graph, value)}, {}, {name});
    copy.output()->type = value.type;
    graph.set_output_value(slot, *copy.output());
  }
  for (const auto& node : graph.nodes())
    for (const auto& [name, attribute] : node->attrs)
      if (const auto* subgraph = std::get_if<GraphPtr>(&attribute))
        give_outputs_producers(**subgraph, name == "body");
}

// Before anything is done with the weights: the encoder would find out at the end.
void refuse_large(const Graph& graph) {
  constexpr uint64_t kMost = 0x7FFFFFFF;
  const uint64_t total = constant_bytes(graph);
  if (total <= kMost) return;
  throw BadArgument(fmt::format("a TFLite file of {} bytes of weights cannot be written", total))
      .because("a flatbuffer's offsets reach no further than 2 GiB")
      .hint(
          "store the weights in fewer bits, with quantize='float16' or 'dynamic', or divide the model: "
          "outputs=, inputs=");
}

}  // namespace

void write(const Model& model, const WriteRequest& request, AtomicFiles& files) {
  ENSURE(request.options.empty(), BadArgument, "the TFLite writer has no option '{}'",
         request.options.begin()->first);
  refuse_large(*model.graph);
  Model lowered = model.clone();
  Graph& graph = *lowered.graph;
  infer_graph(graph);
  decompose::decompose_nodes(graph, [](OpName op) { return !lowers(op); });
  unfold_quantized_moves(graph);
  shift_to_int8(graph);
  to_channels_last(graph);
  widen_types(graph);
  lower_graph(graph, lowerings(), "tflite", "writing TFLite", infer_canonical);
  remove_unused(graph);
  fuse_activations(graph);
  fuse_bias(graph);
  fold_quantization(graph);
  fuse_reshapes(graph);
  remove_unused(graph);
  close_subgraphs(graph);
  give_outputs_producers(graph, false);
  share_constants(graph);
  graph.verify();
  AtomicFiles::Stream stream = files.create(request.target);
  encode(lowered).write_to(stream);
}

}  // namespace modelconv::tflite
