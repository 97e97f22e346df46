#include "formats/tflite/explicit_quantization.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "formats/tflite/quantization.h"
#include "ir/provenance.h"
#include "passes/quantize/quantize.h"

namespace modelconv::tflite {
namespace {

// Their result does not depend on what the stored numbers mean, or they hand tensors on as they are.
bool works_on_storage(std::string_view op) {
  static const std::unordered_set<std::string_view> kOperators = {
      "BITCAST", "BROADCAST_ARGS", "CAST", "If", "Loop", "RANK", "SHAPE", "STABLEHLO_CASE"};
  return kOperators.contains(op);
}

// Elements come out as they went in, in other places.
bool only_moves(std::string_view op) {
  static const std::unordered_set<std::string_view> kOperators = {"BATCH_TO_SPACE_ND",
                                                                  "BROADCAST_TO",
                                                                  "CONCATENATION",
                                                                  "DENSIFY",
                                                                  "DEPTH_TO_SPACE",
                                                                  "DYNAMIC_UPDATE_SLICE",
                                                                  "EMBEDDING_LOOKUP",
                                                                  "EXPAND_DIMS",
                                                                  "GATHER",
                                                                  "GATHER_ND",
                                                                  "PACK",
                                                                  "RESHAPE",
                                                                  "RESIZE_NEAREST_NEIGHBOR",
                                                                  "REVERSE_SEQUENCE",
                                                                  "REVERSE_V2",
                                                                  "SELECT",
                                                                  "SELECT_V2",
                                                                  "SLICE",
                                                                  "SPACE_TO_DEPTH",
                                                                  "SPLIT",
                                                                  "SPLIT_V",
                                                                  "SQUEEZE",
                                                                  "STRIDED_SLICE",
                                                                  "TILE",
                                                                  "TRANSPOSE",
                                                                  "UNPACK"};
  return kOperators.contains(op);
}

// ONNX Runtime moves pixels of 8 bits and of floats, not of 16 bits.
bool lacks_kernel(const Node& node) {
  static const std::unordered_set<std::string_view> kOperators = {"DEPTH_TO_SPACE", "RESIZE_NEAREST_NEIGHBOR",
                                                                  "SPACE_TO_DEPTH"};
  return node.input(0) && node.input(0)->dtype() == DType::int16 && kOperators.contains(node.op().name());
}

// Integers of 32 and 64 bits with a scale of 1 are numbers as they are.
bool is_quantized(const Value& value, const std::optional<Quantization>& q) {
  if (!q || !is_integer(value.dtype())) return false;
  const bool is_wide = value.dtype() == DType::int32 || value.dtype() == DType::int64;
  return !(is_wide && !q->is_per_axis() && q->scales[0] == 1.0F && q->zero_points[0] == 0);
}

template <class T>
Tensor zero_points_of(const Quantization& q, const Dims& dims) {
  std::vector<T> values;
  for (const int64_t value : q.zero_points) {
    values.push_back(static_cast<T>(value));
    ENSURE(static_cast<int64_t>(values.back()) == value, MalformedModelError, "a zero point is {}", value);
  }
  return Tensor::of<T>(dims, values);
}

Tensor packed_zero_points(const Quantization& q, DType dtype, const Dims& dims) {
  for (const int64_t value : q.zero_points)
    ENSURE(value == 0, MalformedModelError, "a zero point of a tensor of {} is {}", name_of(dtype), value);
  Tensor zeros = Tensor::allocate(dtype, dims);
  std::ranges::fill(zeros.mutable_bytes(), std::byte{0});
  return zeros;
}

Tensor zero_points_of(const Quantization& q, DType dtype, const Dims& dims) {
  switch (dtype) {
    case DType::int8: return zero_points_of<int8_t>(q, dims);
    case DType::uint8: return zero_points_of<uint8_t>(q, dims);
    case DType::int16: return zero_points_of<int16_t>(q, dims);
    case DType::uint16: return zero_points_of<uint16_t>(q, dims);
    case DType::int32: return zero_points_of<int32_t>(q, dims);
    case DType::int64: return zero_points_of<int64_t>(q, dims);
    default: return packed_zero_points(q, dtype, dims);
  }
}

class Explicit {
 public:
  explicit Explicit(Graph& graph) : graph_(graph) {}

  void run() {
    for (Node* node : graph_.node_list()) {
      for (Graph* subgraph : node->subgraphs()) Explicit(*subgraph).run();
      if (works_on_storage(node->op().name()) || keeps_storage(*node)) continue;
      for (size_t i = 0; i < node->input_count(); ++i)
        if (Value* value = node->input(i); value && is_quantized(*value, quantization_of(*value)))
          graph_.set_input(*node, i, &real(*value, *node));
      for (size_t i = 0; i < node->output_count(); ++i)
        if (Value* value = node->output(i)) store(*node, *value);
    }
    for (Value* input : graph_.inputs()) clear_quantization(*input);
    for (const auto& constant : graph_.constants()) clear_quantization(*constant);
    for (const auto& node : graph_.nodes())
      for (Value* output : node->outputs())
        if (output) clear_quantization(*output);
  }

 private:
  static bool keeps_storage(const Node& node) {
    if (!only_moves(node.op().name()) || lacks_kernel(node)) return false;
    const auto* activation = node.attrs.get<std::string>("fused_activation_function");
    if (activation && *activation != "NONE") return false;
    std::optional<Quantization> common;
    for (const auto& values : {node.inputs(), node.outputs()})
      for (const Value* value : values) {
        const auto q = value ? quantization_of(*value) : std::nullopt;
        if (!q || !is_quantized(*value, q)) continue;
        if (q->is_per_axis() || (common && !(*common == *q))) return false;
        common = q;
      }
    return true;
  }

  // Scale, zero point and axis for a value; the zero point of wide integers is left out.
  std::pair<std::vector<Value*>, Attrs> parameters(const Value& value, const Quantization& q) {
    const Dims dims = q.is_per_axis() ? Dims{static_cast<int64_t>(q.scales.size())} : Dims{};
    std::vector<Value*> inputs = {
        &graph_.add_constant(Tensor::of<float>(dims, q.scales), value.name() + "/scale")};
    const bool is_wide = value.dtype() == DType::int32 || value.dtype() == DType::int64;
    bool is_zero = true;
    for (const int64_t zero_point : q.zero_points) is_zero = is_zero && zero_point == 0;
    if (!is_wide || !is_zero)
      inputs.push_back(
          &graph_.add_constant(zero_points_of(q, value.dtype(), dims), value.name() + "/zero_point"));
    return {inputs, q.is_per_axis() ? Attrs{{"axis", q.axis}} : Attrs{}};
  }

  // Its kernel quantises the other operand as it runs: written to TFLite again, it is to do so again.
  static bool is_weight_of_hybrid(const Value& value, const Node& user) {
    return value.is_constant() && value.dtype() == DType::int8 && user.output() &&
           user.output()->dtype() == DType::float32;
  }

  // What the stored integers of `value` mean; made once, in front of the first node that asks.
  Value& real(Value& value, Node& user) {
    Value*& known = real_[&value];
    if (known) return *known;
    auto [inputs, attrs] = parameters(value, *quantization_of(value));
    inputs.insert(inputs.begin(), &value);
    const std::string name = value.name() + "/real";
    Node& dequantize = graph_.add_node("tflite.DequantizeLinear", inputs, attrs, {name}, name, &user);
    if (is_weight_of_hybrid(value, user)) dequantize.metadata[kDynamicRange] = "1";
    known = dequantize.output();
    known->type = Type::tensor(DType::float32, value.shape());
    known->source_name = kNoSource;
    return *known;
  }

  // The node gives real numbers; the stored integers take the place and the name that its output had.
  void store(Node& node, Value& output) {
    const auto q = quantization_of(output);
    if (!is_quantized(output, q)) return;
    auto [inputs, attrs] = parameters(output, *q);
    inputs.insert(inputs.begin(), &output);
    const std::string name = output.name();
    Node& quantize = graph_.add_node("tflite.QuantizeLinear", inputs, attrs, {""}, name, node.next());
    Value& stored = *quantize.output();
    graph_.replace_all_uses(output, stored);
    graph_.set_input(quantize, 0, &output);
    stored.type = output.type;
    set_quantization(stored, *q);
    clear_quantization(output);
    output.type = Type::tensor(DType::float32, output.shape());
    output.source_name = kNoSource;
    graph_.rename(output, name + "/real");
    graph_.rename(stored, name);
    real_.erase(&output);
  }

  Graph& graph_;
  std::unordered_map<const Value*, Value*> real_;
};

}  // namespace

void make_quantization_explicit(Graph& graph) { Explicit(graph).run(); }

}  // namespace modelconv::tflite
