// Non-maximum suppression.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {
namespace {

// ONNX works on batches and classes and answers with rows (batch, class, box): here both have the number 0.
// Inputs: boxes [n, 4], scores [n], most boxes, overlap, and from version 3 on the lowest score.
Value& suppress(Translation& t) {
  Value& boxes = t.add("Unsqueeze", {&t.cast(t.required(0), DType::float32), &t.ints({0})});
  Value& scores = t.add("Unsqueeze", {&t.cast(t.required(1), DType::float32), &t.ints({0, 1})});
  const auto as_float_vector = [&](Value& x) -> Value& {
    return t.add("Reshape", {&t.cast(x, DType::float32), &t.ints({1})});
  };
  std::vector<Value*> inputs = {&boxes, &scores, &as_int64_vector(t, t.required(2))};
  if (t.input_count() > 3)
    inputs.push_back(&as_float_vector(t.required(3)));
  else
    inputs.push_back(&as_float_vector(t.scalar(DType::float32, double{float_of(t, "iou_threshold", 0.5F)})));
  if (t.input_count() > 4) inputs.push_back(&as_float_vector(t.required(4)));
  Value& rows = t.add("NonMaxSuppression", inputs, {{"center_point_box", int64_t{0}}});
  return t.add("Squeeze", {&t.add("Slice", {&rows, &t.ints({2}), &t.ints({3}), &t.ints({1})}), &t.ints({1})});
}

Value& count_of(Translation& t, Value& indices) {
  return t.cast(t.add("Squeeze", {&t.add("Shape", {&indices}), &t.ints({0})}), DType::int32);
}

// Filled up with zeros to the largest number of boxes, where pad_to_max_output_size asks for it.
Value& padded(Translation& t, Value& values, Value& count) {
  if (!flag_of(t, "pad_to_max_output_size", false)) return values;
  Value& missing = t.add("Sub", {&as_int64_vector(t, t.required(2)), &as_int64_vector(t, count)});
  return t.add("Pad", {&values, &t.add("Concat", {&t.ints({0}), &missing}, {{"axis", int64_t{0}}})});
}

void raise_suppression(Translation& t) { t.set_output(0, t.cast(suppress(t), DType::int32)); }

void raise_suppression_v4(Translation& t) {
  Value& indices = suppress(t);
  Value& count = count_of(t, indices);
  t.set_output(0, t.cast(padded(t, indices, count), DType::int32));
  t.set_output(1, count);
}

void raise_suppression_v5(Translation& t) {
  const Tensor& sigma = t.constant(5, "soft_nms_sigma");
  if (sigma.size() != 1 || sigma.to_double()[0] != 0) t.refuse("soft suppression has no ONNX form");
  Value& indices = suppress(t);
  Value& count = count_of(t, indices);
  Value& scores = t.add("Gather", {&t.required(1), &indices}, {{"axis", int64_t{0}}});
  t.set_output(0, t.cast(padded(t, indices, count), DType::int32));
  t.set_output(1, padded(t, scores, count));
  t.set_output(2, count);
}

}  // namespace

OpMappings detection_ops() {
  return {
      {"tf.NonMaxSuppression", "NonMaxSuppression", raise_suppression, nullptr, ""},
      {"tf.NonMaxSuppressionV2", "NonMaxSuppression", raise_suppression, nullptr, ""},
      {"tf.NonMaxSuppressionV3", "NonMaxSuppression", raise_suppression, nullptr, ""},
      {"tf.NonMaxSuppressionV4", "NonMaxSuppression", raise_suppression_v4, nullptr, ""},
      {"tf.NonMaxSuppressionV5", "NonMaxSuppression", raise_suppression_v5, nullptr, "soft_nms_sigma 0"},
  };
}

}  // namespace modelconv::tensorflow
