// What can go into the weights of the product after or before it.
#include <cmath>

#include "ops/attributes.h"
#include "passes/fold/evaluate.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

bool is_finite(const Value& value) {
  for (const double number : value.constant().to_double())
    if (!std::isfinite(number)) return false;
  return true;
}

// One number per channel (axis 1 of `rank`) or one for all, as [groups, 1, channels / groups, 1...] beside weights in groups.
Value* per_input_channel(Patch& patch, Value& operand, int64_t groups, int64_t channels, size_t rank) {
  const Dims& dims = operand.constant().dims();
  if (dims.size() > rank) return nullptr;
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] != 1 && !(i + rank == dims.size() + 1 && dims[i] == channels)) return nullptr;
  std::vector<int64_t> shape(rank + 1, 1);
  shape[0] = groups;
  shape[2] = channels / groups;
  Value& flat = fold(patch, "Reshape", {&operand, &patch.ints({-1})});
  return &fold(patch, "Reshape",
               {&fold(patch, "Expand", {&flat, &patch.ints({channels})}), &patch.ints(shape)});
}

struct Grouped {
  Value* weights;  // [groups, M / groups, C / groups, kernel...]
  int64_t groups, channels;
  std::vector<int64_t> dims;  // of the weights as they were
};

std::optional<Grouped> grouped_weights(Patch& patch, const Node& conv) {
  Value& weights = *conv.input(1);
  const Dims& dims = weights.constant().dims();
  const int64_t groups = int_attr(conv, "group");
  if (groups <= 0 || dims.size() < 3 || dims[0] % groups != 0) return std::nullopt;
  std::vector<int64_t> shape = {groups, dims[0] / groups};
  shape.insert(shape.end(), dims.begin() + 1, dims.end());
  return Grouped{&fold(patch, "Reshape", {&weights, &patch.ints(shape)}), groups, dims[1] * groups, dims};
}

bool pads_nothing(const Node& conv) {
  const std::string mode = optional_string(conv, "auto_pad").value_or("NOTSET");
  if (mode == "VALID") return true;
  if (mode != "NOTSET") return false;
  for (const int64_t pad : optional_ints(conv, "pads").value_or(std::vector<int64_t>{}))
    if (pad != 0) return false;
  return true;
}

Outcome replace_conv(Patch& patch, const Node& conv, Value& x, const Grouped& grouped, Value& scaled,
                     Value* shift) {
  Value& weights = fold(patch, "Reshape", {&scaled, &patch.ints(grouped.dims)});
  Value* bias = conv.input(2);
  if (shift) {
    // What a constant added to every input pixel adds to every output pixel: the sum over kernel and channels.
    std::vector<int64_t> axes;
    for (size_t axis = 2; axis < grouped.weights->constant().rank(); ++axis)
      axes.push_back(static_cast<int64_t>(axis));
    Value& sums = fold(patch, "ReduceSum", {&fold(patch, "Mul", {grouped.weights, shift}), &patch.ints(axes)},
                       {{"keepdims", int64_t{0}}});
    Value& added = fold(patch, "Reshape", {&sums, &patch.ints({-1})});
    bias = bias ? &fold(patch, "Add", {bias, &added}) : &added;
  }
  return replace_root(patch, patch.add("Conv", {&x, &weights, bias}, conv.attrs, conv.name()));
}

struct Operands {
  Value* variable;
  Value* constant;  // null when neither is
};

Operands variable_and_constant(const Match& match) {
  Value *p = match["p"], *q = match["q"];
  if (q->is_constant()) return {p, q};
  return {q, p->is_constant() ? p : nullptr};
}

// A factor per channel before a convolution: padding with zeros stays zero under a finite factor.
Outcome fuse_mul_before_conv(const Match& match, Patch& patch) {
  const Node& conv = match.root();
  const auto [x, constant_operand] = variable_and_constant(match);
  if (!constant_operand) return refuse("no operand of the Mul is constant");
  Value& factor = *constant_operand;
  if (factor.dtype() != match["w"]->dtype()) return refuse("'{}' has another dtype", factor.name());
  if (!is_finite(factor)) return refuse("'{}' is not finite", factor.name());
  if (!x->shape().equals(match["m"]->shape())) return refuse("'{}' may broadcast x", factor.name());
  const auto grouped = grouped_weights(patch, conv);
  if (!grouped) return refuse("the weights have no groups");
  Value* scale = per_input_channel(patch, factor, grouped->groups, grouped->channels, grouped->dims.size());
  if (!scale) return refuse("'{}' is not one number per channel", factor.name());
  return replace_conv(patch, conv, *x, *grouped, fold(patch, "Mul", {grouped->weights, scale}), nullptr);
}

Outcome fuse_add_before_conv(const Match& match, Patch& patch) {
  const Node& conv = match.root();
  const auto [x, constant_operand] = variable_and_constant(match);
  if (!constant_operand) return refuse("no operand of the Add is constant");
  Value& term = *constant_operand;
  if (term.dtype() != match["w"]->dtype()) return refuse("'{}' has another dtype", term.name());
  if (!pads_nothing(conv)) return refuse("the convolution pads with zeros, which the sum would not be");
  if (!is_finite(term)) return refuse("'{}' is not finite", term.name());
  if (!x->shape().equals(match["m"]->shape())) return refuse("'{}' may broadcast x", term.name());
  const auto grouped = grouped_weights(patch, conv);
  if (!grouped) return refuse("the weights have no groups");
  Value* shift = per_input_channel(patch, term, grouped->groups, grouped->channels, grouped->dims.size());
  if (!shift) return refuse("'{}' is not one number per channel", term.name());
  return replace_conv(patch, conv, *x, *grouped, *grouped->weights, shift);
}

Outcome fuse_batchnorm_before_conv(const Match& match, Patch& patch) {
  const Node &norm = match.node("m"), &conv = match.root();
  if (int_attr(norm, "training_mode") != 0) return refuse("the normalisation is in training mode");
  if (!pads_nothing(conv))
    return refuse("the convolution pads with zeros, which the normalisation would shift");
  for (const char* name : {"scale", "beta", "mean", "var"})
    if (match[name]->dtype() != match["w"]->dtype()) return refuse("'{}' has another dtype", name);
  const auto grouped = grouped_weights(patch, conv);
  if (!grouped) return refuse("the weights have no groups");
  if (match["scale"]->constant().size() != grouped->channels) return refuse("the channels do not fit");
  Value& epsilon = scalar_like(patch, *match["var"], float_attr(norm, "epsilon"));
  Value& factor = fold(
      patch, "Div", {match["scale"], &fold(patch, "Sqrt", {&fold(patch, "Add", {match["var"], &epsilon})})});
  Value& term = fold(patch, "Sub", {match["beta"], &fold(patch, "Mul", {match["mean"], &factor})});
  if (!is_finite(factor) || !is_finite(term)) return refuse("a channel's scale is not finite");
  std::vector<int64_t> column(grouped->dims.size() - 1, 1);
  column[0] = -1;
  const auto along = [&](Value& vector) {
    return per_input_channel(patch, fold(patch, "Reshape", {&vector, &patch.ints(column)}), grouped->groups,
                             grouped->channels, grouped->dims.size());
  };
  Value* shift = along(term);
  return replace_conv(patch, conv, *match["x"], *grouped,
                      fold(patch, "Mul", {grouped->weights, along(factor)}), shift);
}

// A factor per column, or for all, after a product with constant weights that nobody else reads.
Outcome fuse_matmul_mul(const Match& match, Patch& patch) {
  Value &factor = *match["k"], &weights = *match["w"];
  // Narrower floats overflow: (x * w) / k may be finite where w / k is not.
  if (factor.dtype() != weights.dtype() ||
      !(weights.dtype() == DType::float32 || weights.dtype() == DType::float64))
    return refuse("dtypes differ or are not float32 or float64");
  if (!weights.has_one_use())
    return refuse("'{}' is used by others too, which need it as it is", weights.name());
  if (weights.constant().rank() != 2) return refuse("'{}' is not a matrix", weights.name());
  const Dims& dims = factor.constant().dims();
  for (size_t i = 0; i + 1 < dims.size(); ++i)
    if (dims[i] != 1) return refuse("'{}' is not one number per column", factor.name());
  const int64_t last = dims.empty() ? 1 : dims.back();
  if (last != 1 && last != weights.constant().dims()[1])
    return refuse("'{}' is not one number per column", factor.name());
  if (!match["y"]->shape().equals(match["m"]->shape()))
    return refuse("'{}' may broadcast the product", factor.name());
  if (!is_finite(factor)) return refuse("'{}' is not finite", factor.name());
  for (const double number : factor.constant().to_double())
    if (!(std::abs(number) >= 1e-6 && std::abs(number) <= 1e6)) return refuse("{} is extreme", number);
  Value& row = fold(patch, "Reshape", {&factor, &patch.ints({1, -1})});
  Value& scaled = fold(patch, match.root().op(), {&weights, &row});
  return replace_root(patch, patch.add("MatMul", {match["x"], &scaled}, {}, match.node("m").name()));
}

// A bias of zeros adds nothing: sums start from 0.0, so none of them is -0.0.
Outcome drop_zero_bias(Node& node, Patch& patch) {
  const Value* bias = node.input(2);
  if (!bias || !bias->is_constant() || bias->constant().size() > 65536 || is_complex(bias->dtype()))
    return no_match();
  for (const double number : bias->constant().to_double())
    if (number != 0) return no_match();
  Attrs attrs = node.attrs;
  attrs.remove("beta");
  return replace_root(patch,
                      patch.add(node.op(), {node.input(0), node.input(1)}, std::move(attrs), node.name()));
}

}  // namespace

Rules fuse_weight_rules() {
  return {
      Rule("fuse_mul_before_conv")
          .describe("Mul by a finite constant per channel goes into the weights of the convolution after it")
          .match("y = Conv(m = Mul(p, q), w, b?)")
          .require(single_use("m"))
          .require(constant({"w", "b"}))
          .replace(fuse_mul_before_conv),
      Rule("fuse_add_before_conv")
          .describe(
              "Add of a constant per channel goes into the bias of a convolution after it that does not pad")
          .match("y = Conv(m = Add(p, q), w, b?)")
          .require(single_use("m"))
          .require(constant({"w", "b"}))
          .replace(fuse_add_before_conv),
      Rule("fuse_batchnorm_before_conv")
          .describe("a BatchNormalization goes into the weights and bias of a convolution after it that does "
                    "not pad")
          .match("y = Conv(m = BatchNormalization(x, scale, beta, mean, var), w, b?)")
          .require(single_use("m"))
          .require(constant({"w", "b", "scale", "beta", "mean", "var"}))
          .replace(fuse_batchnorm_before_conv),
      Rule("fuse_matmul_mul")
          .describe("Mul by a constant per column goes into the constant weights of the MatMul before it")
          .match("y = Mul(m = MatMul(x, w), k)")
          .require(single_use("m"))
          .require(constant({"w", "k"}))
          .replace(fuse_matmul_mul),
      Rule("fuse_matmul_div")
          .describe("Div by a constant per column goes into the constant weights of the MatMul before it")
          .match("y = Div(m = MatMul(x, w), k)")
          .require(single_use("m"))
          .require(constant({"w", "k"}))
          .replace(fuse_matmul_mul),
      Rule("drop_zero_bias")
          .describe("a constant bias of zeros of Conv, ConvTranspose, Gemm goes")
          .on({"Conv", "ConvTranspose", "Gemm"}, drop_zero_bias),
  };
}

}  // namespace modelconv
