// Normalisation by statistics of the batch, of channels, of groups, of the last axes.
#include <algorithm>
#include <limits>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

float epsilon(const Call& call) { return static_cast<float>(call.number("eps")); }

// A parameter that may be None stands for `value`, as often as `sizes` say.
Term parameter(const Call& call, std::string_view name, const Term& sizes, DType dtype, double value) {
  if (call.has(name)) return tensor(call, name);
  return filled(sizes, dtype, value);
}

// [C]: the sizes of axis 1.
Term channels(const Call& call, const Term& x) {
  for (const char* name : {"weight", "bias", "running_mean"})
    if (call.has(name)) return shape_of(tensor(call, name));
  return size_of(x, 1);
}

// [C] beside a tensor of `rank` axes.
Term beside(const Term& parameter, size_t rank) {
  std::vector<int64_t> column(rank - 1, 1);
  column[0] = -1;
  return rank == 2 ? parameter : reshape(parameter, column);
}

Term square(const Term& x) { return x * x; }

struct Moments {
  Term mean, variance;  // axes of size 1 where they were taken over
};
Moments moments_of(const Term& x, const std::vector<int64_t>& axes) {
  const Term mean = reduce("ReduceMean", x, axes, true);
  return {mean, reduce("ReduceMean", square(x - mean), axes, true)};
}

Term inverse_deviation(const Term& variance, double eps) {
  return compute("Reciprocal", {compute("Sqrt", {variance + eps})});
}

std::vector<int64_t> all_but_channels(size_t rank) {
  std::vector<int64_t> axes = all_axes(rank);
  axes.erase(axes.begin() + 1);
  return axes;
}

// By the statistics of the batch itself, as in training.
struct OfBatch {
  Term y, mean, inverse;
  Term unbiased;  // variance as running statistics count it
};
OfBatch normalize_by_batch(const Call& call, const Term& x) {
  const size_t rank = x.rank();
  const double eps = call.number("eps");
  const auto [mean, variance] = moments_of(x, all_but_channels(rank));
  const Term inverse = inverse_deviation(variance, eps);
  Term y = (x - mean) * inverse;
  if (call.has("weight")) y = y * beside(tensor(call, "weight"), rank);
  if (call.has("bias")) y = y + beside(tensor(call, "bias"), rank);
  const Term elements = compute("Size", {x}) / reshape(size_of(x, 1), std::vector<int64_t>{});
  const Term count = cast(elements, x.dtype());
  const Term column = numbers(x.translation(), {-1});
  return {y, reshape(mean, column), reshape(inverse, column),
          reshape(variance, column) * (count / (count - 1.0))};
}

Term normalize_by_running(const Call& call, const Term& x) {
  const Term mean = tensor(call, "running_mean"), variance = tensor(call, "running_var");
  const Term sizes = channels(call, x);
  return compute("BatchNormalization",
                 {x, parameter(call, "weight", sizes, mean.dtype(), 1),
                  parameter(call, "bias", sizes, mean.dtype(), 0), mean, variance},
                 {{"epsilon", epsilon(call)}});
}

Term blend(const Term& old, const Term& seen, double momentum) {
  return old * (1 - momentum) + seen * momentum;
}

// Results: the tensor; where the operator has them, mean and inverse deviation of the batch (empty at inference), and the
// running statistics afterwards.
void batch_norm(const Call& call, bool by_batch) {
  Translation& t = call.translation();
  const Term x = tensor(call, "input");
  if (!by_batch) {
    give(normalize_by_running(call, x));
    if (t.node().output_count() == 1) return;
    const Term none(t, t.constant(Tensor::filled(DType::float32, {0}, 0)));
    give(none, 1);
    give(none, 2);
    if (call.has("running_mean")) {
      give(tensor(call, "running_mean"), 3);
      give(tensor(call, "running_var"), 4);
    }
    return;
  }
  const OfBatch result = normalize_by_batch(call, x);
  give(result.y);
  if (t.node().output_count() == 1) return;
  give(result.mean, 1);
  give(result.inverse, 2);
  if (!call.has("running_mean") || t.node().output_count() < 5) return;
  give(blend(tensor(call, "running_mean"), result.mean, call.number("momentum")), 3);
  give(blend(tensor(call, "running_var"), result.unbiased, call.number("momentum")), 4);
}

void raise_batch_norm(Translation& t) {
  const Call call(t, {"input, weight=None, bias=None, running_mean=None, running_var=None, training:bool, "
                      "momentum:number, eps:number, cudnn_enabled:bool=true",
                      "input, weight=None, bias=None, training:bool, momentum:number, eps:number"});
  batch_norm(call, call.flag("training") || !call.has("running_mean"));
}

void raise_batch_norm_at_inference(Translation& t) {
  const Call call(t, "input, weight=None, bias=None, running_mean, running_var, momentum:number, eps:number");
  batch_norm(call, false);
}

void raise_instance_norm(Translation& t) {
  const Call call(t,
                  "input, weight=None, bias=None, running_mean=None, running_var=None, "
                  "use_input_stats:bool, momentum:number, eps:number, cudnn_enabled:bool=true");
  const Term x = tensor(call, "input");
  if (!call.flag("use_input_stats")) return give(normalize_by_running(call, x));
  const Term sizes = channels(call, x);
  give(compute(
      "InstanceNormalization",
      {x, parameter(call, "weight", sizes, x.dtype(), 1), parameter(call, "bias", sizes, x.dtype(), 0)},
      {{"epsilon", epsilon(call)}}));
}

// Over the last axes; `normalized_shape` says how many.
int64_t first_axis(const Call& call) { return -static_cast<int64_t>(call.raw("normalized_shape").size()); }

void raise_layer_norm(Translation& t) {
  const Call call(t,
                  "input, normalized_shape:ints, weight=None, bias=None, eps:number=1e-5, "
                  "cudnn_enable:bool=true");
  const Term x = tensor(call, "input");
  std::vector<Value*> inputs = {
      &x.value(), &parameter(call, "weight", sizes(call, "normalized_shape"), x.dtype(), 1).value()};
  if (call.has("bias")) inputs.push_back(&call.tensor("bias"));
  Node& node =
      t.add_node("LayerNormalization", inputs, {{"axis", first_axis(call)}, {"epsilon", epsilon(call)}},
                 std::min<size_t>(t.node().output_count(), 3));
  for (size_t i = 0; i < node.output_count(); ++i) give({t, *node.output(i)}, i);
}

void raise_group_norm(Translation& t) {
  const Call call(t,
                  {"input, num_groups:int, weight=None, bias=None, eps:number=1e-5, cudnn_enabled:bool=true",
                   "input, weight=None, bias=None, N:int, C:int, HxW:int, num_groups:int, eps:number"});
  const Term x = tensor(call, "input");
  const Term count = channels(call, x);
  give(compute(
      "GroupNormalization",
      {x, parameter(call, "weight", count, x.dtype(), 1), parameter(call, "bias", count, x.dtype(), 0)},
      {{"num_groups", call.integer("num_groups")}, {"epsilon", epsilon(call)}}));
  if (call.form() == 0 || !(t.wants_output(1) || t.wants_output(2))) return;
  const Term groups = reshape(x, {0, call.integer("num_groups"), -1});
  const auto [mean, variance] = moments_of(groups, {2});
  give(squeeze(mean, {2}), 1);
  give(squeeze(inverse_deviation(variance, call.number("eps")), {2}), 2);
}

// The smallest difference from 1 that the type of the accumulator shows: float32 for the halves.
double smallest_step(DType dtype) {
  return dtype == DType::float64 ? std::numeric_limits<double>::epsilon()
                                 : std::numeric_limits<float>::epsilon();
}

void raise_rms_norm(Translation& t) {
  const Call call(t, "input, normalized_shape:ints, weight=None, eps:number=None");
  const Term x = tensor(call, "input");
  const double eps = call.has("eps") ? call.number("eps") : smallest_step(x.dtype());
  const Term weight = parameter(call, "weight", sizes(call, "normalized_shape"), x.dtype(), 1);
  give(compute("RMSNormalization", {x, weight},
               {{"axis", first_axis(call)}, {"epsilon", static_cast<float>(eps)}}));
  if (!t.wants_output(1)) return;
  std::vector<int64_t> axes;
  for (int64_t axis = first_axis(call); axis < 0; ++axis) axes.push_back(axis);
  give(inverse_deviation(reduce("ReduceMean", square(x), axes, true), eps), 1);
}

// --- weights as direction times length; the length is taken over all axes but `dim`

Term length(const Term& v, double power, int64_t dim) {
  std::vector<int64_t> axes = all_axes(v.rank());
  if (dim != -1) axes.erase(axes.begin() + normal_axis(v.translation(), dim, v.rank()));
  if (power == 2) return reduce("ReduceL2", v, axes, dim != -1);
  if (power == 1) return reduce("ReduceL1", v, axes, dim != -1);
  v.translation().refuse("a norm of order {} is not supported", power);
}

void raise_weight_norm(Translation& t) {
  const Call call(t, "v, g, dim:int=0");
  const Term v = tensor(call, "v"), norm = length(v, 2, call.integer("dim"));
  give(v * (tensor(call, "g") / norm));
  if (t.node().output_count() > 1) give(norm, 1);
}

void raise_norm_except_dim(Translation& t) {
  const Call call(t, "v, pow:int=2, dim:int=0");
  give(length(tensor(call, "v"), call.number("pow"), call.integer("dim")));
}

}  // namespace

OpMappings normalization_ops() {
  OpMappings rows = {
      {"aten._fused_rms_norm", "RMSNormalization", raise_rms_norm, nullptr, ""},
      {"aten._weight_norm", "Mul", raise_weight_norm, nullptr, ""},
      {"aten._weight_norm_interface", "Mul", raise_weight_norm, nullptr, ""},
      {"aten.group_norm", "GroupNormalization", raise_group_norm, nullptr, ""},
      {"aten.instance_norm", "InstanceNormalization", raise_instance_norm, nullptr, ""},
      {"aten.layer_norm", "LayerNormalization", raise_layer_norm, nullptr, ""},
      {"aten.native_group_norm", "GroupNormalization", raise_group_norm, nullptr, ""},
      {"aten.native_layer_norm", "LayerNormalization", raise_layer_norm, nullptr, ""},
      {"aten.norm_except_dim", "ReduceL2", raise_norm_except_dim, nullptr, "orders 1 and 2"},
      {"aten.rms_norm", "RMSNormalization", raise_rms_norm, nullptr, ""},
  };
  for (const char* name : {"aten._native_batch_norm_legit", "aten._native_batch_norm_legit_functional",
                           "aten.batch_norm", "aten.cudnn_batch_norm", "aten.native_batch_norm"})
    rows.push_back({name, "BatchNormalization", raise_batch_norm, nullptr, ""});
  for (const char* name : {"aten._batch_norm_no_update", "aten._native_batch_norm_legit_no_training"})
    rows.push_back({name, "BatchNormalization", raise_batch_norm_at_inference, nullptr, ""});
  return rows;
}

}  // namespace modelconv::torch
