// Normalisations. Keras's default epsilon is 1e-3.
#include <algorithm>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/arguments.h"

namespace modelconv::keras {
namespace {

constexpr float kEpsilon = 1e-3F;

std::vector<int64_t> normalized_axes(const Translation& t, size_t rank) {
  std::vector<int64_t> axes = ints_of(t, "axis", {-1});
  for (int64_t& axis : axes) axis = axis_of(t, axis, rank);
  std::sort(axes.begin(), axes.end());
  return axes;
}

Value& filled_like(Translation& t, const Value& weight, double value) {
  return t.constant(Tensor::filled(weight.dtype(), dims_of(weight), value));
}

// The weight, or what it is when the layer does without.
Value& weight_or(Translation& t, std::string_view name, const Value& like, double value) {
  Value* given = argument(t, name);
  return given ? *given : filled_like(t, like, value);
}

// The channel axis goes to place 1 and back.
void raise_batch_normalization(Translation& t) {
  Value& x = t.required(0);
  const size_t rank = t.rank(0);
  const auto axes = normalized_axes(t, rank);
  if (axes.size() != 1 || axes[0] == 0) t.refuse("it normalises over axes {}", to_string(axes));
  Value& mean = weight(t, "moving_mean", 1);
  Value& variance = weight(t, "moving_variance", 1);
  std::vector<int64_t> perm = {0, axes[0]};
  for (int64_t axis = 1; axis < static_cast<int64_t>(rank); ++axis)
    if (axis != axes[0]) perm.push_back(axis);
  Value& y = t.add("BatchNormalization",
                   {&t.transpose(x, perm), &weight_or(t, "gamma", mean, 1), &weight_or(t, "beta", mean, 0),
                    &mean, &variance},
                   {{"epsilon", float_of(t, "epsilon", kEpsilon)}});
  t.set_output(0, t.transpose(y, inverse_of(perm)));
}

// LayerNormalization(rms_scaling=True) divides by the deviation from the mean, but leaves the mean in:
// x / sqrt(variance + epsilon) * gamma.
void raise_deviation_scaling(Translation& t, const std::vector<int64_t>& axes) {
  Value& x = t.required(0);
  const Attrs keep = {{"keepdims", int64_t{1}}};
  Value& centered = t.add("Sub", {&x, &t.add("ReduceMean", {&x, &t.ints(axes)}, keep)});
  Value& variance = t.add("ReduceMean", {&t.add("Mul", {&centered, &centered}), &t.ints(axes)}, keep);
  Value& epsilon = t.scalar_like(x, float_of(t, "epsilon", kEpsilon));
  Value& y = t.add("Div", {&x, &t.add("Sqrt", {&t.add("Add", {&variance, &epsilon})})});
  // One number for each element of the normalised axes, which need not be the last ones.
  std::vector<int64_t> others;
  for (int64_t axis = axes.front(); axis < static_cast<int64_t>(t.rank(0)); ++axis)
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) others.push_back(axis - axes.front());
  Value* gamma = &need_argument(t, "gamma");
  if (!others.empty()) gamma = &t.add("Unsqueeze", {gamma, &t.ints(others)});
  t.set_output(0, t.add("Mul", {&y, gamma}));
}

// The operator normalises over the last axes: others are moved there and back.
void raise_layer_normalization(Translation& t) {
  Value& x = t.required(0);
  const size_t rank = t.rank(0);
  const auto axes = normalized_axes(t, rank);
  if (flag_of(t, "rms_scaling", false)) return raise_deviation_scaling(t, axes);
  const auto perm = axes_to_the_end(axes, rank);
  const auto first = static_cast<int64_t>(rank - axes.size());
  Value* gamma = argument(t, "gamma");
  Value* beta = argument(t, "beta");
  if (!gamma && beta) gamma = &filled_like(t, *beta, 1);
  if (!gamma) {
    Dims dims;
    for (const int64_t axis : axes) {
      const Dim& size = x.shape()[static_cast<size_t>(axis)];
      if (!size.is_known()) t.refuse("the size of axis {} is not known", axis);
      dims.push_back(size.value());
    }
    gamma = &t.constant(Tensor::filled(element_type(t, x), dims, 1));
  }
  Value& y = t.add("LayerNormalization", {&t.transpose(x, perm), gamma, beta},
                   {{"axis", first}, {"epsilon", float_of(t, "epsilon", kEpsilon)}});
  t.set_output(0, t.transpose(y, inverse_of(perm)));
}

// x / sqrt(mean(x^2) + epsilon) * scale
void raise_rms_normalization(Translation& t) {
  Value& x = t.required(0);
  const size_t rank = t.rank(0);
  const auto axes = normalized_axes(t, rank);
  Value& square = t.add("ReduceMean", {&t.add("Mul", {&x, &x}), &t.ints(axes)}, {{"keepdims", int64_t{1}}});
  Value& root = t.add("Sqrt", {&t.add("Add", {&square, &t.scalar_like(x, float_of(t, "epsilon", 1e-6F))})});
  Value* scale = argument(t, "scale");
  Value& y = t.add("Div", {&x, &root});
  if (!scale) return t.set_output(0, y);
  std::vector<int64_t> inner;
  for (int64_t axis = axes.back() + 1; axis < static_cast<int64_t>(rank); ++axis)
    inner.push_back(axis - axes.back());
  if (!inner.empty()) scale = &t.add("Unsqueeze", {scale, &t.ints(inner)});
  t.set_output(0, t.add("Mul", {&y, scale}));
}

// Channels first, [N, groups, rest] through InstanceNormalization, and back.
void raise_group_normalization(Translation& t) {
  Value& x = t.required(0);
  const size_t rank = t.rank(0);
  const int64_t axis = axis_of(t, int_of(t, "axis", -1), rank);
  std::vector<int64_t> perm = {0, axis};
  for (int64_t i = 1; i < static_cast<int64_t>(rank); ++i)
    if (i != axis) perm.push_back(i);
  Value& moved = t.transpose(x, perm);
  int64_t groups = int_of(t, "groups", 32);
  if (groups == -1) {
    if (!moved.shape()[1].is_known()) t.refuse("the number of channels is not known");
    groups = moved.shape()[1].value();
  }
  ENSURE(groups > 0 && groups < (int64_t{1} << 31), MalformedModelError, "it has {} groups", groups);
  Value& grouped = t.add("Reshape", {&moved, &t.ints({0, groups, -1})});
  const DType dtype = element_type(t, x);
  Value& normal = t.add("InstanceNormalization",
                        {&grouped, &t.constant(Tensor::filled(dtype, {groups}, 1)),
                         &t.constant(Tensor::filled(dtype, {groups}, 0))},
                        {{"epsilon", float_of(t, "epsilon", kEpsilon)}});
  Value* y = &t.add("Reshape", {&normal, &t.shape_of(moved)});
  std::vector<int64_t> inner;
  for (size_t i = 2; i < rank; ++i) inner.push_back(static_cast<int64_t>(i) - 1);
  for (const auto& [name, op] : {std::pair("gamma", "Mul"), std::pair("beta", "Add")}) {
    Value* parameter = argument(t, name);
    if (!parameter) continue;
    if (!inner.empty()) parameter = &t.add("Unsqueeze", {parameter, &t.ints(inner)});
    y = &t.add(op, {y, parameter});
  }
  t.set_output(0, t.transpose(*y, inverse_of(perm)));
}

// x / max(||x||, 1e-6) over the axes. Keras: square_sum clipped at epsilon^2 before the root.
void raise_unit_normalization(Translation& t) {
  Value& x = t.required(0);
  const auto axes = normalized_axes(t, t.rank(0));
  Value& square = t.add("ReduceSum", {&t.add("Mul", {&x, &x}), &t.ints(axes)}, {{"keepdims", int64_t{1}}});
  Value& root = t.add("Sqrt", {&t.add("Max", {&square, &t.scalar_like(x, 1e-12)})});
  t.set_output(0, t.add("Div", {&x, &root}));
}

}  // namespace

OpMappings normalization_ops() {
  return {
      {"keras.BatchNormalization", "BatchNormalization", raise_batch_normalization, nullptr, "over one axis"},
      {"keras.GroupNormalization", "InstanceNormalization", raise_group_normalization, nullptr, ""},
      {"keras.LayerNormalization", "LayerNormalization", raise_layer_normalization, nullptr, ""},
      {"keras.RMSNormalization", "RMSNormalization", raise_rms_normalization, nullptr, ""},
      {"keras.UnitNormalization", "Div", raise_unit_normalization, nullptr, ""},
  };
}

}  // namespace modelconv::keras
