#include "passes/quantize/quantize.h"

#include <algorithm>

#include "base/error.h"
#include "ops/attributes.h"
#include "ops/infer.h"
#include "passes/quantize/parameters.h"
#include "passes/quantize/plan.h"

namespace modelconv {
namespace {

class Quantizer {
 public:
  Quantizer(Graph& graph, const Ranges& ranges, const QuantizeOptions& options)
      : graph_(graph), ranges_(ranges), options_(options), plan_(plan_quantization(graph, options)) {
    ENSURE(!plan_.nodes.empty(), BadArgument, "the model has no operator that can be quantized");
    find_parameters();
  }

  std::vector<QuantizedValue> run() {
    // Operands first, while their producers still stand for what they were.
    for (Node* node : plan_.nodes) quantize_parameters(*node, *quantizable(*node));
    std::vector<QuantizedValue> done;
    for (Value* value : plan_.values) done.push_back(quantize_value(*value));
    return done;
  }

 private:
  DType activation_type() const { return options_.int16_activations ? DType::int16 : DType::int8; }

  Range range_for(const Value& value) const {
    if (value.is_constant()) return range_of(value.constant());
    const auto range = ranges_.find(value.name());
    ENSURE(range != ranges_.end(), BadArgument, "no range was observed for '{}'", value.name());
    return range->second;
  }

  void find_parameters() {
    std::unordered_map<const Value*, Range> groups;
    for (const Value* value : plan_.values) {
      const Range range = range_for(*value);
      const auto [known, is_new] = groups.try_emplace(&plan_.group_of(*value), range);
      if (!is_new)
        known->second = {std::min(known->second.low, range.low), std::max(known->second.high, range.high)};
    }
    for (const Value* value : plan_.values)
      parameters_[value] =
          activation_parameters(groups.at(&plan_.group_of(*value)), options_.int16_activations);
    for (const Node* node : plan_.nodes) {
      const QuantizableOp& op = *quantizable(*node);
      if (op.kind != QuantizableOp::Kind::fixed) continue;
      const ActivationParameters fixed =
          fixed_parameters(op.fixed_low, op.fixed_high, options_.int16_activations);
      const Value* output = node->output();
      const bool alone = std::none_of(plan_.values.begin(), plan_.values.end(), [&](const Value* other) {
        return other != output && &plan_.group_of(*other) == &plan_.group_of(*output);
      });
      if (alone)
        parameters_[output] = fixed;
      else
        fixed_first_[output] = fixed;  // and then those of the group
    }
  }

  Node* after(const Value& value) const {
    return value.producer() ? value.producer()->next() : graph_.nodes().front().get();
  }

  // value -> QuantizeLinear -> DequantizeLinear in front of `before`; the dequantised value.
  Value& round_trip(Value& value, const ActivationParameters& p, const std::string& name, Node* before) {
    Value& scale = graph_.add_constant(Tensor::scalar(p.scale), name + "_scale");
    Value& zero = graph_.add_constant(
        Tensor::filled(activation_type(), {}, static_cast<double>(p.zero_point)), name + "_zero_point");
    Node& quantize =
        graph_.add_node("QuantizeLinear", {&value, &scale, &zero}, {}, {name + "_quantized"}, "", before);
    infer_node(quantize);
    Node& dequantize = graph_.add_node("DequantizeLinear", {quantize.output(), &scale, &zero}, {},
                                       {name + "_dequantized"}, "", before);
    infer_node(dequantize);
    return *dequantize.output();
  }

  QuantizedValue quantize_value(Value& value) {
    const ActivationParameters p = parameters_.at(&value);
    QuantizedValue done{value.name(), "", value.producer() ? value.producer()->describe() : value.name(),
                        p.scale, p.zero_point};
    Node* before = after(value);
    Value& placeholder = graph_.add_constant(Tensor::scalar(0.0f), value.name() + "_placeholder");
    graph_.replace_all_uses(value, placeholder);
    Value* from = &value;
    if (const auto fixed = fixed_first_.find(&value); fixed != fixed_first_.end())
      from = &round_trip(value, fixed->second, value.name() + "_fixed", before);
    Value& result = value.is_constant() ? stored(value.constant(), p, value.name(), before)
                                        : round_trip(*from, p, value.name(), before);
    graph_.replace_all_uses(placeholder, result);
    graph_.remove_constant(placeholder);
    if (value.is_constant() && value.is_unused()) graph_.remove_constant(value);
    done.dequantized = result.name();
    return done;
  }

  // A constant operand as integers.
  Value& stored(const Tensor& tensor, const ActivationParameters& p, const std::string& name, Node* before) {
    const Tensor aligned = tensor.aligned();
    Tensor values = Tensor::allocate(activation_type(), tensor.dims());
    const double low = options_.int16_activations ? -32768 : -128, high = -low - 1;
    const std::span<const float> from = aligned.data<float>();
    for (size_t i = 0; i < from.size(); ++i) {
      const double steps = std::clamp(
          std::nearbyint(static_cast<double>(from[i] / p.scale)) + static_cast<double>(p.zero_point), low,
          high);
      if (options_.int16_activations)
        values.mutable_data<int16_t>()[i] = static_cast<int16_t>(steps);
      else
        values.mutable_data<int8_t>()[i] = static_cast<int8_t>(steps);
    }
    Value& scale = graph_.add_constant(Tensor::scalar(p.scale), name + "_scale");
    Value& zero = graph_.add_constant(
        Tensor::filled(activation_type(), {}, static_cast<double>(p.zero_point)), name + "_zero_point");
    return dequantized(values, scale, &zero, 0, name, before);
  }

  Value& dequantized(const Tensor& values, Value& scale, Value* zero, size_t axis, const std::string& name,
                     Node* before) {
    std::vector<Value*> inputs{&graph_.add_constant(values, name + "_quantized"), &scale};
    if (zero) inputs.push_back(zero);
    Attrs attrs;
    if (scale.shape().rank() == 1) attrs.set("axis", static_cast<int64_t>(axis));
    Node& node = graph_.add_node("DequantizeLinear", inputs, attrs, {name + "_dequantized"}, "", before);
    infer_node(node);
    return *node.output();
  }

  Value& scales_constant(const std::vector<float>& scales, const std::string& name) {
    return graph_.add_constant(scales.size() == 1 ? Tensor::scalar(scales[0]) : Tensor::vector(scales),
                               name + "_scale");
  }

  void quantize_parameters(Node& node, const QuantizableOp& op) {
    if (!op.weights) return;
    Value* weights = node.input(*op.weights);
    if (!weights || !weights->is_constant()) return;
    const auto axis = options_.per_channel ? channel_axis(node) : std::nullopt;
    const QuantizedWeights quantized = quantize_weights(weights->constant(), axis);
    const std::string name = weights->name();
    Value& scale = scales_constant(quantized.scales, name);
    graph_.set_input(node, *op.weights,
                     &dequantized(quantized.values, scale, nullptr, axis.value_or(0), name, &node));
    if (weights->is_unused()) graph_.remove_constant(*weights);
    if (op.bias) quantize_bias_of(node, *op.bias, quantized.scales);
  }

  // The bias of 16-bit activations has 64 bits in TFLite, which DequantizeLinear does not take: it stays as it is here.
  void quantize_bias_of(Node& node, size_t index, const std::vector<float>& weight_scales) {
    Value* bias = node.input(index);
    if (!bias || !bias->is_constant() || bias->shape().rank() != 1 || options_.int16_activations) return;
    const float input_scale = parameters_.at(node.input(0)).scale;
    std::vector<float> scales;
    for (const float each : weight_scales) scales.push_back(each * input_scale);
    const std::string name = bias->name();
    Value& scale = scales_constant(scales, name);
    graph_.set_input(node, index,
                     &dequantized(quantize_bias(bias->constant(), scales), scale, nullptr, 0, name, &node));
    if (bias->is_unused()) graph_.remove_constant(*bias);
  }

  Graph& graph_;
  const Ranges& ranges_;
  const QuantizeOptions& options_;
  QuantizePlan plan_;
  std::unordered_map<const Value*, ActivationParameters> parameters_, fixed_first_;
};

}  // namespace

std::vector<QuantizedValue> quantize(Graph& graph, const Ranges& ranges, const QuantizeOptions& options) {
  std::vector<QuantizedValue> done = Quantizer(graph, ranges, options).run();
  graph.verify();
  return done;
}

}  // namespace modelconv
