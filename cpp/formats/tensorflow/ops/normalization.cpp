// Batch normalisation, bias, local response normalisation.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/layout.h"

namespace modelconv::tensorflow {
namespace {

size_t spatial_rank_of(const Translation& t) {
  const std::string format = string_of(t, "data_format", "NHWC");
  return format.size() >= 4 && format.size() <= 5 ? format.size() - 2 : 2;
}

// Statistics of the batch itself, as in training: frozen graphs have it where the flag was forgotten.
void raise_with_batch_statistics(Translation& t, size_t spatial_rank, float epsilon) {
  Value& x = to_channels_first(t, t.required(0), spatial_rank);
  std::vector<int64_t> axes = {0}, inner;
  for (size_t i = 0; i < spatial_rank; ++i) {
    axes.push_back(static_cast<int64_t>(i) + 2);
    inner.push_back(static_cast<int64_t>(i) + 1);
  }
  Value& mean = t.add("ReduceMean", {&x, &t.ints(axes)}, {{"keepdims", int64_t{1}}});
  Value& centred = t.add("Sub", {&x, &mean});
  Value& variance =
      t.add("ReduceMean", {&t.add("Mul", {&centred, &centred}), &t.ints(axes)}, {{"keepdims", int64_t{1}}});
  Value& deviation = t.add("Sqrt", {&t.add("Add", {&variance, &t.scalar_like(x, double{epsilon})})});
  Value& scale = t.add("Unsqueeze", {&t.required(1), &t.ints(inner)});
  Value& offset = t.add("Unsqueeze", {&t.required(2), &t.ints(inner)});
  Value& scaled = t.add("Mul", {&t.add("Div", {&centred, &deviation}), &scale});
  t.set_output(0, from_channels_first(t, t.add("Add", {&scaled, &offset}), spatial_rank));
}

void raise_fused_batch_norm(Translation& t) {
  const size_t spatial_rank = spatial_rank_of(t);
  const float epsilon = float_of(t, "epsilon", 1e-4F);
  if (flag_of(t, "is_training", true)) {
    for (size_t i = 1; i < t.node().output_count(); ++i)
      if (t.wants_output(i)) t.refuse("is_training is set, and its statistics are used");
    return raise_with_batch_statistics(t, spatial_rank, epsilon);
  }
  Value& x = to_channels_first(t, t.required(0), spatial_rank);
  Value& y = t.add("BatchNormalization", {&x, &t.required(1), &t.required(2), &t.required(3), &t.required(4)},
                   {{"epsilon", epsilon}});
  t.set_output(0, from_channels_first(t, y, spatial_rank));
  t.set_output(1, t.required(3));
  t.set_output(2, t.required(4));
  for (size_t i = 3; i < t.node().output_count(); ++i)
    if (t.wants_output(i)) t.refuse("its reserved output {} is used", i);
}

void raise_bias_add(Translation& t) {
  Value& x = t.required(0);
  Value* bias = &t.required(1);
  if (is_channels_first(t) && t.rank(0) > 2) {
    std::vector<int64_t> axes;
    for (size_t axis = 1; axis + 1 < t.rank(0); ++axis) axes.push_back(static_cast<int64_t>(axis));
    bias = &t.add("Unsqueeze", {bias, &t.ints(axes)});
  }
  t.set_output(0, t.add("Add", {&x, bias}));
}

// TensorFlow sums over the 2 * radius + 1 channels, ONNX takes their mean.
void raise_lrn(Translation& t) {
  const int64_t size = 2 * int_of(t, "depth_radius", 5) + 1;
  if (size < 1 || size > 1'000'000) t.refuse("depth_radius is {}", int_of(t, "depth_radius", 5));
  Attrs attrs = {{"size", size},
                 {"alpha", float_of(t, "alpha", 1) * static_cast<float>(size)},
                 {"beta", float_of(t, "beta", 0.5F)},
                 {"bias", float_of(t, "bias", 1)}};
  Value& y = t.add("LRN", {&to_channels_first(t, t.required(0), 2)}, attrs);
  t.set_output(0, from_channels_first(t, y, 2));
}

void raise_l2_loss(Translation& t) {
  Value& x = t.required(0);
  Value& sum = t.add("ReduceSum", {&t.add("Mul", {&x, &x})}, {{"keepdims", int64_t{0}}});
  t.set_output(0, t.add("Mul", {&sum, &t.scalar(element_type(t), 0.5)}));
}

}  // namespace

OpMappings normalization_ops() {
  return {
      {"tf.BiasAdd", "Add", raise_bias_add, nullptr, ""},
      {"tf.BiasAddV1", "Add", raise_bias_add, nullptr, ""},
      {"tf.FusedBatchNorm", "BatchNormalization", raise_fused_batch_norm, nullptr, ""},
      {"tf.FusedBatchNormV2", "BatchNormalization", raise_fused_batch_norm, nullptr, ""},
      {"tf.FusedBatchNormV3", "BatchNormalization", raise_fused_batch_norm, nullptr, ""},
      {"tf.L2Loss", "ReduceSum", raise_l2_loss, nullptr, ""},
      {"tf.LRN", "LRN", raise_lrn, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
