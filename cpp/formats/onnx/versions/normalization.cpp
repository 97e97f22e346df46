// BatchNormalization and the normalisations over other axes.
#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

constexpr auto kFloat32 = static_cast<int64_t>(DType::float32);

// --- BatchNormalization: non-spatial statistics until 9; until 14 the number of outputs says whether it trains
void raise_spatial(Step& step) {
  if (step.int_or("spatial", 1) == 0) step.refuse("statistics per position (spatial=0) went with opset 9");
  step.attrs().remove("spatial");
}

void raise_training_outputs(Step& step) {
  Node& node = step.node();
  for (const size_t saved : {size_t{3}, size_t{4}})
    if (const Value* output = node.output(saved); output && !output->is_unused())
      step.refuse("its output '{}' (saved_mean, saved_var) went with opset 14", output->name());
  bool trains = false;
  for (size_t i = 1; i < node.output_count(); ++i) trains = trains || node.output(i);
  for (size_t i = 3; i < node.output_count(); ++i) step.graph().drop_output(node, i);
  if (!trains) return;
  step.attrs().set("training_mode", int64_t{1});
  while (node.output_count() < 3) step.graph().append_output(node, "");
}

// Training has all five outputs, used or not.
void lower_training_mode(Step& step) {
  Node& node = step.node();
  const bool trains = step.int_or("training_mode", 0) != 0;
  step.attrs().remove("training_mode");
  if (!trains) return;
  const std::vector<Value*> outputs(node.outputs().begin(), node.outputs().end());
  for (size_t i = 1; i < outputs.size(); ++i)
    if (!outputs[i]) step.refuse("its output {} is left out", i);
  while (node.output_count() < 5) step.graph().append_output(node, "");
}

// --- GroupNormalization: scale and bias per group with opset 18, per channel since 21
Value& per_channel(Step& step, Value& per_group, Value& group_size) {
  Value& column = step.add("Reshape", {&per_group, &step.ints({-1, 1})});
  Value& groups = step.ints({step.int_or("num_groups", 1)});
  Value& spread =
      step.add("Expand", {&column, &step.add("Concat", {&groups, &group_size}, {{"axis", int64_t{0}}})});
  return step.add("Reshape", {&spread, &step.ints({-1})});
}

void raise_group_parameters(Step& step) {
  Value& channels = step.add("Shape", {&step.required(0)}, {{"start", int64_t{1}}, {"end", int64_t{2}}});
  Value& group_size = step.add("Div", {&channels, &step.ints({step.int_or("num_groups", 1)})});
  step.set_input(1, &per_channel(step, step.required(1), group_size));
  step.set_input(2, &per_channel(step, step.required(2), group_size));
}

// Each group as one channel of an InstanceNormalization; then scale and bias.
void lower_to_instance_normalization(Step& step) {
  Value& x = step.required(0);
  const size_t rank = step.rank_of(0);
  if (rank < 2) step.refuse("its input has rank {}", rank);
  const DType dtype = x.dtype(), inner = step.int_or("stash_type", 1) == kFloat32 ? DType::float32 : dtype;
  if (dtype == DType::undefined) step.refuse("the element type of its input is not known");
  const int64_t groups = step.int_or("num_groups", 1);
  Value& grouped = step.add("Reshape", {&step.cast(x, inner), &step.ints({0, groups, -1})});
  Value& ones = step.constant(Tensor::filled(inner, {groups}, 1));
  Value& zeros = step.constant(Tensor::filled(inner, {groups}, 0));
  Value& normal = step.add("InstanceNormalization", {&grouped, &ones, &zeros},
                           {{"epsilon", step.attrs().get_or<float>("epsilon", 1e-5F)}});
  Value& restored = step.cast(step.add("Reshape", {&normal, &step.add("Shape", {&x})}), dtype);
  std::vector<int64_t> column(rank - 1, 1);
  column[0] = -1;
  Value& scale = step.add("Reshape", {&step.required(1), &step.ints(column)});
  Value& bias = step.add("Reshape", {&step.required(2), &step.ints(column)});
  step.replace_output(0, step.add("Add", {&step.add("Mul", {&restored, &scale}), &bias}));
  step.done();
}

// --- LayerNormalization (17) and RMSNormalization (23) as their definitions
struct LayerParts {
  Value* axes;
  DType dtype, inner;  // of the input, and that of the first stage
};

LayerParts layer_parts(Step& step) {
  const size_t rank = step.rank_of(0);
  const DType dtype = step.required(0).dtype();
  if (dtype == DType::undefined) step.refuse("the element type of its input is not known");
  std::vector<int64_t> axes;
  for (size_t axis = normalize_axis(step.int_or("axis", -1), rank); axis < rank; ++axis)
    axes.push_back(static_cast<int64_t>(axis));
  return {&step.ints(axes), dtype, static_cast<DType>(step.int_or("stash_type", kFloat32))};
}

Value& inverse_root(Step& step, Value& variance) {
  Value& epsilon = step.scalar(variance, step.attrs().get_or<float>("epsilon", 1e-5F));
  return step.add("Reciprocal", {&step.add("Sqrt", {&step.add("Add", {&variance, &epsilon})})});
}

void lower_layer_normalization(Step& step) {
  const LayerParts parts = layer_parts(step);
  Value& x = step.cast(step.required(0), parts.inner);
  Value& mean = step.add("ReduceMean", {&x, parts.axes});
  Value& centered = step.add("Sub", {&x, &mean});
  Value& variance = step.add("ReduceMean", {&step.add("Mul", {&centered, &centered}), parts.axes});
  Value& inverse = inverse_root(step, variance);
  Value& normal = step.cast(step.add("Mul", {&centered, &inverse}), parts.dtype);
  Value& scaled = step.add("Mul", {&normal, &step.required(1)});
  step.replace_output(0, step.input(2) ? step.add("Add", {&scaled, step.input(2)}) : scaled);
  if (const Value* output = step.node().output(1); output && !output->is_unused())
    step.replace_output(1, mean);
  if (const Value* output = step.node().output(2); output && !output->is_unused())
    step.replace_output(2, inverse);
  step.done();
}

void lower_rms_normalization(Step& step) {
  const LayerParts parts = layer_parts(step);
  Value& x = step.cast(step.required(0), parts.inner);
  Value& inverse = inverse_root(step, step.add("ReduceMean", {&step.add("Mul", {&x, &x}), parts.axes}));
  Value& normal = step.cast(step.add("Mul", {&x, &inverse}), parts.dtype);
  Value& scale = step.required(1);
  // The scale may be of another type than the input; the result has the scale's.
  step.replace_output(0, step.add("Mul", {&step.cast(normal, scale.dtype()), &scale}));
  step.done();
}

}  // namespace

Boundaries normalization_boundaries() {
  return {
      {"BatchNormalization", 9, raise_spatial},
      {"BatchNormalization", 14, raise_training_outputs, lower_training_mode},
      {"BatchNormalization", 15},
      {"GroupNormalization", 18},
      {"GroupNormalization", 21, raise_group_parameters, lower_to_instance_normalization},
      {"LayerNormalization", 17, nullptr, lower_layer_normalization},
      {"RMSNormalization", 23, nullptr, lower_rms_normalization},
      {"InstanceNormalization", 22},
      {"MeanVarianceNormalization", 9},
      {"MeanVarianceNormalization", 13},
      {"LpNormalization", 22},
      {"LRN", 13},
  };
}

}  // namespace modelconv::onnx
