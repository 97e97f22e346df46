// Weights alone in fewer bits.
#include "ops/infer.h"
#include "passes/quantize/operators.h"
#include "passes/quantize/parameters.h"
#include "passes/quantize/quantize.h"

namespace modelconv {
namespace {

// Smaller constants are not worth the operator that restores them.
constexpr int64_t kFewest = 1024;

template <class Restore>
int64_t replace_weights(Graph& graph, const Restore& restore) {
  int64_t replaced = 0;
  for_each_node(graph, [&](Node& node) {
    const QuantizableOp* op = quantizable(node);
    Value* weights = op && op->weights ? node.input(*op->weights) : nullptr;
    if (!weights || !weights->is_constant() || weights->constant().size() < kFewest) return;
    if (&weights->graph() != &node.graph()) return;
    node.graph().set_input(node, *op->weights, &restore(node, *weights));
    if (weights->is_unused()) node.graph().remove_constant(*weights);
    ++replaced;
  });
  return replaced;
}

}  // namespace

int64_t store_weights_as_float16(Graph& graph) {
  return replace_weights(graph, [](Node& node, Value& weights) -> Value& {
    Graph& owner = node.graph();
    const Tensor aligned = weights.constant().aligned();
    Tensor narrow = Tensor::allocate(DType::float16, aligned.dims());
    from_float(aligned.data<float>().data(), aligned.size(), DType::float16, narrow.mutable_bytes().data(),
               true);
    Value& stored = owner.add_constant(narrow, weights.name() + "_float16");
    Node& cast = owner.add_node("Cast", {&stored}, {{"to", static_cast<int64_t>(DType::float32)}},
                                {weights.name() + "_float32"}, "", &node);
    infer_node(cast);
    return *cast.output();
  });
}

int64_t store_weights_as_int8(Graph& graph, bool per_channel) {
  return replace_weights(graph, [&](Node& node, Value& weights) -> Value& {
    Graph& owner = node.graph();
    const auto axis = per_channel ? channel_axis(node) : std::nullopt;
    const QuantizedWeights quantized = quantize_weights(weights.constant(), axis);
    Value& stored = owner.add_constant(quantized.values, weights.name() + "_quantized");
    const Tensor scales = axis ? Tensor::vector(quantized.scales) : Tensor::scalar(quantized.scales[0]);
    Value& scale = owner.add_constant(scales, weights.name() + "_scale");
    Attrs attrs;
    if (axis) attrs.set("axis", static_cast<int64_t>(*axis));
    Node& restore = owner.add_node("DequantizeLinear", {&stored, &scale}, attrs,
                                   {weights.name() + "_dequantized"}, "", &node);
    restore.metadata[kDynamicRange] = "1";
    infer_node(restore);
    return *restore.output();
  });
}

}  // namespace modelconv
