// Normalisations written out: (x - mean) / sqrt(variance + epsilon), and what scales and shifts them.
#include <algorithm>
#include <cmath>

#include "ops/attributes.h"
#include "passes/fold/evaluate.h"
#include "passes/recover/polynomial.h"
#include "passes/recover/recover.h"

namespace modelconv {
namespace {

const Node* producer_of(const Value* value, OpName op) {
  const Node* node = value ? value->producer() : nullptr;
  return node && node->op() == op ? node : nullptr;
}

// The axes of a ReduceMean that keeps them, from the front.
std::optional<std::vector<int64_t>> mean_axes(const Node& mean) {
  const Value* axes = mean.input(1);
  const Shape& shape = mean.input(0)->shape();
  if (int_attr(mean, "keepdims") != 1 || !axes || !axes->is_constant() || !shape.has_rank())
    return std::nullopt;
  std::vector<int64_t> result;
  for (const int64_t axis : axes->constant().to_int64())
    result.push_back(static_cast<int64_t>(normalize_axis(axis, shape.rank())));
  std::sort(result.begin(), result.end());
  return result;
}

// a, when `value` is a * a or a ** 2.
Value* squared(const Value* value) {
  if (const Node* mul = producer_of(value, "Mul"))
    return mul->input(0) == mul->input(1) ? mul->input(0) : nullptr;
  const Node* pow = producer_of(value, "Pow");
  return pow && number_in(pow->input(1)) == 2.0 ? pow->input(0) : nullptr;
}

struct MeanSquare {
  Value* of;  // the value whose squares are averaged
  std::vector<int64_t> axes;
  double epsilon;
};

// sqrt(mean(a^2) + epsilon)
std::optional<MeanSquare> root_mean_square(const Value* value) {
  const Node* sqrt = producer_of(value, "Sqrt");
  const Node* add = sqrt && value->has_one_use() ? producer_of(sqrt->input(0), "Add") : nullptr;
  if (!add) return std::nullopt;
  for (size_t i = 0; i < 2; ++i) {
    const auto epsilon = number_in(add->input(i));
    const Node* mean = producer_of(add->input(1 - i), "ReduceMean");
    if (!epsilon || !mean || !(*epsilon >= 0)) continue;
    const auto axes = mean_axes(*mean);
    Value* of = squared(mean->input(0));
    if (axes && of) return MeanSquare{of, *axes, *epsilon};
  }
  return std::nullopt;
}

// 1 / sqrt(mean(a^2) + epsilon), in its three spellings.
std::optional<MeanSquare> inverse_root_mean_square(const Value* value) {
  if (const Node* reciprocal = producer_of(value, "Reciprocal"))
    return root_mean_square(reciprocal->input(0));
  if (const Node* div = producer_of(value, "Div"); div && number_in(div->input(0)) == 1.0)
    return root_mean_square(div->input(1));
  return std::nullopt;
}

struct Normalized {
  Value* numerator;
  MeanSquare square;
};

// numerator / rms(...) as a Div, or as a Mul with the inverse.
std::optional<Normalized> quotient(const Node& root) {
  if (root.op() == OpName("Div")) {
    if (auto square = root_mean_square(root.input(1))) return Normalized{root.input(0), *square};
    return std::nullopt;
  }
  for (size_t i = 0; i < 2; ++i)
    if (auto square = inverse_root_mean_square(root.input(i))) return Normalized{root.input(1 - i), *square};
  return std::nullopt;
}

// x, when `centered` is x - mean(x) over these axes.
Value* centered_around_mean(const Value& centered, const std::vector<int64_t>& axes) {
  const Node* sub = producer_of(&centered, "Sub");
  const Node* mean = sub ? producer_of(sub->input(1), "ReduceMean") : nullptr;
  return mean && mean->input(0) == sub->input(0) && mean_axes(*mean) == axes ? sub->input(0) : nullptr;
}

bool are_last(const std::vector<int64_t>& axes, size_t rank) {
  if (axes.empty()) return false;
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i] != static_cast<int64_t>(rank - axes.size() + i)) return false;
  return true;
}

bool are_spatial(const std::vector<int64_t>& axes, size_t rank) {
  return rank >= 3 && axes.size() == rank - 2 && axes[0] == 2 && are_last(axes, rank);
}

// A scale of ones is written into the file, so it must be small.
constexpr int64_t kMostOnes = 16384;

// The sizes of the last axes, when they are known and few.
std::optional<Dims> normalized_dims(const Value& x, const std::vector<int64_t>& axes) {
  Dims dims;
  for (const int64_t axis : axes) {
    const auto size = x.shape()[static_cast<size_t>(axis)].known();
    if (!size || *size == 0) return std::nullopt;
    dims.push_back(*size);
  }
  return element_count(dims) <= kMostOnes ? std::optional(dims) : std::nullopt;
}

// LayerNormalization computes its first stage in float32, whatever the dtype; only float32 itself stays the same by that.
std::optional<std::string> wrong_dtype(const Value& x) {
  if (x.dtype() == DType::float32) return std::nullopt;
  return fmt::format("'{}' is {}: rounding and overflow in between would differ", x.name(),
                     name_of(x.dtype()));
}

Attrs normalization_attrs(const std::vector<int64_t>& axes, double epsilon) {
  return {{"axis", axes[0]}, {"epsilon", static_cast<float>(epsilon)}};
}

Outcome recover_layer_norm(Node& root, Patch& patch) {
  const auto normalized = quotient(root);
  if (!normalized || normalized->numerator != normalized->square.of) return no_match();
  const std::vector<int64_t>& axes = normalized->square.axes;
  Value* x = centered_around_mean(*normalized->numerator, axes);
  if (!x) return no_match();
  if (!are_last(axes, x->shape().rank())) return refuse("it does not normalise the last axes");
  if (x->shape().rank() >= 4 && are_spatial(axes, x->shape().rank())) return no_match();
  const auto dims = normalized_dims(*x, axes);
  if (!dims) return refuse("the normalised sizes of {} are not known, or large", x->shape().str());
  if (const auto reason = wrong_dtype(*x)) return refuse("{}", *reason);
  Value& ones = patch.constant(Tensor::filled(x->dtype(), *dims, 1));
  return replace_root(patch, patch.add("LayerNormalization", {x, &ones},
                                       normalization_attrs(axes, normalized->square.epsilon)));
}

Outcome recover_rms_norm(Node& root, Patch& patch) {
  const auto normalized = quotient(root);
  if (!normalized || normalized->numerator != normalized->square.of) return no_match();
  Value& x = *normalized->numerator;
  const std::vector<int64_t>& axes = normalized->square.axes;
  if (centered_around_mean(x, axes)) return no_match();
  if (!are_last(axes, x.shape().rank())) return refuse("it does not normalise the last axes");
  const auto dims = normalized_dims(x, axes);
  if (!dims) return refuse("the normalised sizes of {} are not known, or large", x.shape().str());
  if (const auto reason = wrong_dtype(x)) return refuse("{}", *reason);
  Value& ones = patch.constant(Tensor::filled(x.dtype(), *dims, 1));
  return replace_root(patch, patch.add("RMSNormalization", {&x, &ones},
                                       normalization_attrs(axes, normalized->square.epsilon)));
}

Outcome recover_instance_norm(Node& root, Patch& patch) {
  const auto normalized = quotient(root);
  if (!normalized || normalized->numerator != normalized->square.of) return no_match();
  const std::vector<int64_t>& axes = normalized->square.axes;
  Value* x = centered_around_mean(*normalized->numerator, axes);
  if (!x || x->shape().rank() < 4 || !are_spatial(axes, x->shape().rank())) return no_match();
  const auto channels = x->shape()[1].known();
  if (!channels || *channels == 0) return refuse("the number of channels is not known");
  if (const auto reason = wrong_dtype(*x)) return refuse("{}", *reason);
  Value& ones = patch.constant(Tensor::filled(x->dtype(), {*channels}, 1));
  Value& zeros = patch.constant(Tensor::filled(x->dtype(), {*channels}, 0));
  return replace_root(patch, patch.add("InstanceNormalization", {x, &ones, &zeros},
                                       {{"epsilon", static_cast<float>(normalized->square.epsilon)}}));
}

// The constant without leading axes of size 1.
Dims without_leading_ones(const Dims& dims) {
  auto first = dims.begin();
  while (first != dims.end() && *first == 1) ++first;
  return {first, dims.end()};
}

// `operand` as a constant of shape `dims`, when it broadcasts to that and to nothing larger.
Value* expanded_to(Patch& patch, Value& operand, const Dims& dims) {
  const Dims trimmed = without_leading_ones(operand.constant().dims());
  if (trimmed.size() > dims.size()) return nullptr;
  for (size_t i = 1; i <= trimmed.size(); ++i)
    if (trimmed[trimmed.size() - i] != 1 && trimmed[trimmed.size() - i] != dims[dims.size() - i])
      return nullptr;
  Value& flat = fold(patch, "Reshape", {&operand, &patch.ints(trimmed)}, {{"allowzero", int64_t{1}}});
  return &fold(patch, "Expand", {&flat, &patch.ints(dims)});
}

// [C, 1, ...] or [1, C, 1, ...] as [C], for a result of `rank` axes.
Value* per_channel(Patch& patch, Value& operand, int64_t channels, size_t rank) {
  const Dims& dims = operand.constant().dims();
  if (dims.size() > rank) return nullptr;
  for (size_t i = 0; i < dims.size(); ++i)
    if (const bool is_channel = i + rank == dims.size() + 1;
        dims[i] != 1 && !(is_channel && dims[i] == channels))
      return nullptr;
  Value& flat = fold(patch, "Reshape", {&operand, &patch.ints({-1})});
  return &fold(patch, "Expand", {&flat, &patch.ints({channels})});
}

Value* fitted(Patch& patch, const Node& norm, Value& operand) {
  const Dims& dims = norm.input(1)->constant().dims();
  if (operand.dtype() != norm.input(1)->dtype() || !norm.output()->shape().has_rank()) return nullptr;
  if (norm.op() == OpName("InstanceNormalization"))
    return per_channel(patch, operand, dims.at(0), norm.output()->shape().rank());
  return operand.constant().rank() <= norm.output()->shape().rank() ? expanded_to(patch, operand, dims)
                                                                    : nullptr;
}

bool has_only_first_output(const Node& node) {
  for (size_t i = 1; i < node.output_count(); ++i)
    if (node.output(i) && !node.output(i)->is_unused()) return false;
  return true;
}

Outcome fuse_norm_scale(const Match& match, Patch& patch) {
  const Node& norm = match.node("n");
  if (!has_only_first_output(norm)) return refuse("its statistics are used");
  Value* scale = fitted(patch, norm, *match["k"]);
  if (!scale) return refuse("'{}' is not one number per normalised element or channel", match["k"]->name());
  std::vector<Value*> inputs = {norm.input(0), &fold(patch, "Mul", {norm.input(1), scale})};
  if (Value* bias = norm.input(2)) inputs.push_back(&fold(patch, "Mul", {bias, scale}));
  return replace_root(patch, patch.add(norm.op(), std::move(inputs), norm.attrs, norm.name()));
}

Outcome fuse_norm_bias(const Match& match, Patch& patch) {
  const Node& norm = match.node("n");
  if (!has_only_first_output(norm)) return refuse("its statistics are used");
  Value* bias = fitted(patch, norm, *match["k"]);
  if (!bias) return refuse("'{}' is not one number per normalised element or channel", match["k"]->name());
  if (norm.input(2)) bias = &fold(patch, "Add", {norm.input(2), bias});
  return replace_root(patch,
                      patch.add(norm.op(), {norm.input(0), norm.input(1), bias}, norm.attrs, norm.name()));
}

// beta - mean * inv, as TensorFlow and Keras write it: also -mean * inv + beta, or without beta.
struct Shift {
  const Node* product;
  bool is_negated;  // the product is of -mean
  Value* beta;      // null: none
};

std::optional<Shift> shift_in(const Value* value) {
  if (const Node* sub = producer_of(value, "Sub")) {
    const Node* product = producer_of(sub->input(1), "Mul");
    if (product && sub->input(0)->is_constant()) return Shift{product, false, sub->input(0)};
  }
  if (const Node* add = producer_of(value, "Add"))
    for (size_t i = 0; i < 2; ++i)
      if (const Node* product = producer_of(add->input(i), "Mul");
          product && add->input(1 - i)->is_constant())
        return Shift{product, true, add->input(1 - i)};
  const Node* product = producer_of(value, "Mul");
  return product ? std::optional(Shift{product, true, nullptr}) : std::nullopt;
}

// The ReduceMean whose result the shift multiplies with `inverse`.
const Node* mean_in(const Shift& shift, const Value* inverse) {
  for (size_t i = 0; i < 2; ++i) {
    if (shift.product->input(i) != inverse) continue;
    const Value* mean = shift.product->input(1 - i);
    const Node* negated = shift.is_negated ? producer_of(mean, "Neg") : nullptr;
    if (shift.is_negated) mean = negated ? negated->input(0) : nullptr;
    return producer_of(mean, "ReduceMean");
  }
  return nullptr;
}

// gamma / sqrt(variance + epsilon); gamma is null where there is none.
struct Inverse {
  MeanSquare square;
  Value* gamma;
};

std::optional<Inverse> inverse_in(const Value* value) {
  if (const auto square = inverse_root_mean_square(value)) return Inverse{*square, nullptr};
  const Node* product = producer_of(value, "Mul");
  for (size_t i = 0; product && i < 2; ++i)
    if (const auto square = inverse_root_mean_square(product->input(1 - i)))
      if (product->input(i)->is_constant()) return Inverse{*square, product->input(i)};
  return std::nullopt;
}

// x * inv + (beta - mean * inv), with inv = gamma / sqrt(variance + epsilon): how TensorFlow writes it.
Outcome recover_shifted_layer_norm(Node& root, Patch& patch) {
  for (size_t i = 0; i < 4; ++i) {
    const Node* scaled = producer_of(root.input(i / 2), "Mul");
    const auto shift = shift_in(root.input(1 - i / 2));
    if (!scaled || !shift) continue;
    Value *x = scaled->input(i % 2), *factor = scaled->input(1 - i % 2);
    const Node* mean = mean_in(*shift, factor);
    const auto inverse = mean && mean->input(0) == x ? inverse_in(factor) : std::nullopt;
    if (!inverse) continue;
    const std::vector<int64_t>& axes = inverse->square.axes;
    if (mean_axes(*mean) != axes || centered_around_mean(*inverse->square.of, axes) != x) continue;
    if (!are_last(axes, x->shape().rank())) return refuse("it does not normalise the last axes");
    const auto dims = normalized_dims(*x, axes);
    if (!dims) return refuse("the normalised sizes of {} are not known, or large", x->shape().str());
    if (const auto reason = wrong_dtype(*x)) return refuse("{}", *reason);
    const auto operand = [&](Value* given, double neutral) {
      return given ? expanded_to(patch, *given, *dims)
                   : &patch.constant(Tensor::filled(x->dtype(), *dims, neutral));
    };
    Value *scale = operand(inverse->gamma, 1), *bias = operand(shift->beta, 0);
    if (!scale || !bias) return refuse("scale and bias are not one number per normalised element");
    return replace_root(patch, patch.add("LayerNormalization", {x, scale, bias},
                                         normalization_attrs(axes, inverse->square.epsilon)));
  }
  return no_match();
}

// Reshape(x, [0, groups, -1]) -> InstanceNormalization -> Reshape back. Scale and bias of the groups must be neutral.
Outcome recover_group_norm(Node& root, Patch& patch) {
  const Node* norm = producer_of(root.input(0), "InstanceNormalization");
  const Node* grouping = norm ? producer_of(norm->input(0), "Reshape") : nullptr;
  if (!grouping) return no_match();
  Value& x = *grouping->input(0);
  const Shape& grouped = norm->input(0)->shape();
  if (!root.output()->shape().equals(x.shape()) || x.shape().rank() < 3) return no_match();
  if (!grouped.has_rank() || grouped.rank() != 3 || !grouped[1].is_known() || !x.shape()[1].is_known())
    return refuse("the number of groups or channels is not known");
  const int64_t groups = grouped[1].value(), channels = x.shape()[1].value();
  if (!(grouped[0] == x.shape()[0]) || groups == 0 || channels % groups != 0)
    return refuse("{} are no groups of the channels of {}", grouped.str(), x.shape().str());
  if (!norm->input(1)->is_constant() || !norm->input(2)->is_constant())
    return refuse("its scale is not constant");
  for (const double scale : norm->input(1)->constant().to_double())
    if (scale != 1) return refuse("the groups are scaled");
  for (const double bias : norm->input(2)->constant().to_double())
    if (bias != 0) return refuse("the groups are shifted");
  if (const auto reason = wrong_dtype(x)) return refuse("{}", *reason);
  Value& ones = patch.constant(Tensor::filled(x.dtype(), {channels}, 1));
  Value& zeros = patch.constant(Tensor::filled(x.dtype(), {channels}, 0));
  return replace_root(patch, patch.add("GroupNormalization", {&x, &ones, &zeros},
                                       {{"num_groups", groups}, {"epsilon", float_attr(*norm, "epsilon")}}));
}

// A mean over all spatial axes that keeps them. The dtypes are those that GlobalAveragePool takes.
Outcome recover_global_average_pool(Node& root, Patch& patch) {
  const auto axes = mean_axes(root);
  Value& x = *root.input(0);
  if (!axes || !are_spatial(*axes, x.shape().rank()) || x.shape().rank() < 4) return no_match();
  if (!is_float(x.dtype())) return refuse("'{}' is {}", x.name(), name_of(x.dtype()));
  return replace_root(patch, patch.add("GlobalAveragePool", {&x}));
}

}  // namespace

std::vector<RecoveryRule> recover_normalization_rules() {
  const auto affine = [](const char* name, const char* what, const char* pattern, auto build) {
    return Rule(name)
        .describe(what)
        .match(pattern)
        .require(single_use("n"))
        .require(constant({"s", "b", "k"}))
        .replace(build);
  };
  const char* kScale = "y = Mul(n = LayerNormalization|InstanceNormalization|RMSNormalization(x, s, b?), k)";
  const char* kBias = "y = Add(n = LayerNormalization|InstanceNormalization(x, s, b?), k)";
  return {
      {17, Rule("recover_layer_norm")
               .describe("(x - mean) / sqrt(variance + epsilon) over the last axes is LayerNormalization")
               .on({"Div", "Mul"}, recover_layer_norm)},
      {17, Rule("recover_shifted_layer_norm")
               .describe("x inv + (beta - mean inv), the same with scale and bias multiplied out")
               .on({"Add"}, recover_shifted_layer_norm)},
      {23, Rule("recover_rms_norm")
               .describe("x / sqrt(mean(x^2) + epsilon) over the last axes is RMSNormalization")
               .on({"Div", "Mul"}, recover_rms_norm)},
      {1,
       Rule("recover_instance_norm")
           .describe("(x - mean) / sqrt(variance + epsilon) over all spatial axes is InstanceNormalization")
           .on({"Div", "Mul"}, recover_instance_norm)},
      {1, affine("fuse_norm_scale",
                 "Mul by constants per element or channel goes into the scale of a normalisation", kScale,
                 fuse_norm_scale)},
      {1, affine("fuse_norm_bias",
                 "Add of constants per element or channel goes into the bias of a normalisation", kBias,
                 fuse_norm_bias)},
  };
}

std::vector<RecoveryRule> recover_pool_rules() {
  return {{1, Rule("recover_global_average_pool")
                  .describe("a ReduceMean over all spatial axes of an image is GlobalAveragePool")
                  .on({"ReduceMean"}, recover_global_average_pool)}};
}

RecoveryRule recover_group_norm_rule() {
  return {21, Rule("recover_group_norm")
                  .describe("InstanceNormalization of channels in groups is GroupNormalization")
                  .on({"Reshape"}, recover_group_norm)};
}

}  // namespace modelconv
