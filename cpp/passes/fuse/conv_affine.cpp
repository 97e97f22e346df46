// y = a * conv(x) + c per channel, with constant a and c, is another convolution.
#include "ops/attributes.h"
#include "passes/fold/evaluate.h"
#include "passes/fuse/batchnorm.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

const OpName kConvTranspose("ConvTranspose");

int64_t group_of(const Node& conv) { return int_attr(conv, "group"); }

// Number of output channels: weights are [M, C/group, ...] for Conv and [C, M/group, ...] for ConvTranspose.
int64_t output_channels(const Node& conv) {
  const Dims& weights = conv.input(1)->constant().dims();
  return conv.op() == kConvTranspose ? weights.at(1) * group_of(conv) : weights.at(0);
}

// Weights with output channel m multiplied by scale[m]. For ConvTranspose the output channels of group g are
// g * M/group ... and stand in axis 1 of the rows that belong to g, so the group gets an axis of its own meanwhile.
Value& scaled_weights(Patch& patch, const Node& conv, Value& scale) {
  Value& weights = *conv.input(1);
  const Dims& dims = weights.constant().dims();
  if (conv.op() != kConvTranspose) {
    std::vector<int64_t> per_channel(dims.size(), 1);
    per_channel[0] = -1;
    return fold(patch, "Mul", {&weights, &fold(patch, "Reshape", {&scale, &patch.ints(per_channel)})});
  }
  const int64_t group = group_of(conv);
  std::vector<int64_t> grouped = {group, dims[0] / group, dims[1]};
  grouped.insert(grouped.end(), dims.begin() + 2, dims.end());
  std::vector<int64_t> per_channel(grouped.size(), 1);
  per_channel[0] = group;
  per_channel[2] = dims[1];
  Value& split = fold(patch, "Reshape", {&weights, &patch.ints(grouped)});
  Value& scaled = fold(patch, "Mul", {&split, &fold(patch, "Reshape", {&scale, &patch.ints(per_channel)})});
  return fold(patch, "Reshape", {&scaled, &patch.ints(dims)});
}

// conv(x) * scale + shift, both [M]; either may be null.
Outcome replace_conv(Patch& patch, const Node& conv, Value* scale, Value* shift) {
  for (const Value* part : {scale, shift})
    if (part && !all_finite(*part)) return refuse("'{}' is not finite everywhere", part->name());
  Value* weights = conv.input(1);
  Value* bias = conv.input(2);
  if (scale) {
    weights = &scaled_weights(patch, conv, *scale);
    if (bias) bias = &fold(patch, "Mul", {bias, scale});
  }
  if (shift) bias = bias ? &fold(patch, "Add", {bias, shift}) : shift;
  return replace_root(patch, patch.add(conv.op(), {conv.input(0), weights, bias}, conv.attrs, conv.name()));
}

Outcome fuse_batchnorm(const Match& match, Patch& patch) {
  const auto affine = affine_of_batchnorm(match, patch);
  if (const auto* refusal = std::get_if<Outcome>(&affine)) return *refusal;
  const auto [scale, shift] = std::get<Affine>(affine);
  return replace_conv(patch, match.node("c"), scale, shift);
}

// `operand` as a vector [M] when it acts on each output channel alone: a scalar, or of size M along axis 1 and 1 elsewhere.
std::optional<std::vector<int64_t>> channel_vector_shape(const Value& operand, const Node& conv) {
  const Dims& dims = operand.constant().dims();
  const size_t rank = conv.input(1)->constant().rank();
  if (operand.constant().size() == 1 && dims.size() <= rank) return std::vector<int64_t>{1};
  if (dims.size() > rank || dims.size() + 1 < rank) return std::nullopt;
  const size_t channel = dims.size() + 1 - rank;  // axis 1 of the convolution's output, counted in `operand`
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (axis != channel && dims[axis] != 1) return std::nullopt;
  if (dims[channel] != output_channels(conv)) return std::nullopt;
  return std::vector<int64_t>{output_channels(conv)};
}

Outcome fuse_arithmetic(const Match& match, Patch& patch) {
  const Node& conv = match.node("c");
  Value& operand = *match["k"];
  if (operand.dtype() != match["w"]->dtype())
    return refuse("'{}' has another dtype than the weights", operand.name());
  const auto shape = channel_vector_shape(operand, conv);
  if (!shape) return refuse("'{}' {} is not one number per channel", operand.name(), operand.shape().str());
  Value& flat = fold(patch, "Reshape", {&operand, &patch.ints(*shape)});
  Value& vector = fold(patch, "Expand", {&flat, &patch.ints({output_channels(conv)})});
  const std::string& op = match.root().op().name();
  if (op == "Mul") return replace_conv(patch, conv, &vector, nullptr);
  if (op == "Add") return replace_conv(patch, conv, nullptr, &vector);
  if (op == "Sub") return replace_conv(patch, conv, nullptr, &fold(patch, "Neg", {&vector}));
  return replace_conv(patch, conv, &fold(patch, "Reciprocal", {&vector}), nullptr);
}

Rule arithmetic_rule(const std::string& name, const std::string& op) {
  return Rule("fuse_conv_" + name)
      .describe(op + " by a constant per channel goes into the weights and bias of the convolution before it")
      .match("y = " + op + "(c = Conv|ConvTranspose(x, w, b?), k)")
      .require(single_use("c"))
      .require(constant({"w", "b", "k"}))
      .replace(fuse_arithmetic);
}

}  // namespace

Rules fuse_affine_rules() {
  return {Rule("fuse_conv_batchnorm")
              .describe("a BatchNormalization goes into the weights and bias of the convolution before it")
              .match("y = BatchNormalization(c = Conv|ConvTranspose(x, w, b?), scale, beta, mean, var)")
              .require(single_use("c"))
              .require(constant({"w", "b", "scale", "beta", "mean", "var"}))
              .replace(fuse_batchnorm),
          arithmetic_rule("mul", "Mul"), arithmetic_rule("add", "Add"), arithmetic_rule("sub", "Sub"),
          arithmetic_rule("div", "Div")};
}

}  // namespace modelconv
