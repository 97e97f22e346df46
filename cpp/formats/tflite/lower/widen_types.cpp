#include "formats/tflite/lower/widen_types.h"

#include <optional>
#include <set>

#include "ops/infer.h"

namespace modelconv::tflite {
namespace {

using Names = std::set<std::string>;

// These have kernels for every type, or say their types themselves.
bool takes_any_type(const Node& node) {
  static const Names names = {"BitCast",
                              "Cast",
                              "CastLike",
                              "ConstantOfShape",
                              "DequantizeLinear",
                              "EyeLike",
                              "Flatten",
                              "Identity",
                              "If",
                              "Loop",
                              "QuantizeLinear",
                              "Reshape",
                              "Scan",
                              "Shape",
                              "Size",
                              "Squeeze",
                              "Unsqueeze",
                              "QLinearConv",
                              "QLinearMatMul",
                              "ConvInteger",
                              "MatMulInteger",
                              "DynamicQuantizeLinear"};
  return names.contains(node.op().name());
}

bool moves_integers(const Node& node) {
  static const Names names = {"Concat", "DepthToSpace", "Gather", "GatherND", "Pad",
                              "Slice",  "SpaceToDepth", "Split",  "Tile",     "Transpose"};
  return names.contains(node.op().name());
}

// These treat unsigned numbers of 32 bits, and numbers of 64, themselves.
bool computes_in_any_width(const Node& node) { return node.op() == OpName("BitShift"); }

bool counts_booleans(const Node& node) {
  static const Names names = {"ReduceMax", "ReduceMin", "ReduceSum", "TopK", "CumSum"};
  return names.contains(node.op().name());
}

bool slides_a_window(const Node& node) { return node.op().name().ends_with("Pool"); }

std::optional<DType> wider(const Node& node, DType dtype) {
  switch (dtype) {
    case DType::float16:
    case DType::bfloat16:
    case DType::float64: return DType::float32;
    case DType::int8:
    case DType::uint8:
    case DType::int16:
      if (slides_a_window(node)) return DType::float32;
      return moves_integers(node) ? std::nullopt : std::optional(DType::int32);
    case DType::uint16: return DType::int32;
    case DType::uint32: return computes_in_any_width(node) ? std::nullopt : std::optional(DType::int64);
    case DType::boolean: return counts_booleans(node) ? std::optional(DType::int32) : std::nullopt;
    default: return std::nullopt;
  }
}

Value& cast_before(Node* before, Graph& graph, Value& value, DType dtype) {
  Node& cast = graph.add_node("Cast", {&value}, {{"to", static_cast<int64_t>(dtype)}}, {""}, "", before);
  infer_node(cast);
  return *cast.output();
}

void widen(Node& node) {
  Graph& graph = node.graph();
  bool changed = false;
  for (size_t i = 0; i < node.input_count(); ++i) {
    Value* input = node.input(i);
    const auto dtype = input ? wider(node, input->dtype()) : std::nullopt;
    if (!dtype) continue;
    graph.set_input(node, i, &cast_before(&node, graph, *input, *dtype));
    changed = true;
  }
  if (!changed) return;
  for (Value* output : std::vector<Value*>(node.outputs().begin(), node.outputs().end())) {
    if (!output) continue;
    const DType narrow = output->dtype();
    const auto dtype = wider(node, narrow);
    if (!dtype) continue;
    const std::string name = output->name();
    output->type.dtype = *dtype;
    Value& placeholder = graph.add_constant(Tensor::scalar(0.0f));
    graph.replace_all_uses(*output, placeholder);
    Value& restored = cast_before(node.next(), graph, *output, narrow);
    graph.replace_all_uses(placeholder, restored);
    graph.remove_constant(placeholder);
  }
}

}  // namespace

void widen_types(Graph& graph) {
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) widen_types(*subgraph);
    if (!takes_any_type(*node)) widen(*node);
  }
}

}  // namespace modelconv::tflite
