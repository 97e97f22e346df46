// Shapes: asking for them and changing them without moving elements; Transpose.
#include <algorithm>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {
namespace {

// In ONNX a 0 in the new shape means "as in the input" unless allowzero is set, in TensorFlow it is a size.
void raise_reshape(Translation& t) {
  if (is_complex(element_type(t))) {  // the parts' axis stays
    Value& shape = t.add("Concat", {&as_int64(t, t.required(1)), &t.ints({2})}, {{"axis", int64_t{0}}});
    return t.set_output(0, t.add("Reshape", {&t.required(0), &shape}, {{"allowzero", int64_t{1}}}));
  }
  const auto known = t.known_ints(1);
  const bool has_no_zero = known && std::find(known->begin(), known->end(), 0) == known->end();
  Attrs attrs;
  if (!has_no_zero) attrs.set("allowzero", int64_t{1});
  t.set_output(0, t.add("Reshape", {&t.required(0), &as_int64(t, t.required(1))}, attrs));
}

void raise_shape(Translation& t) {
  const DType type = type_of(t, "out_type", DType::int32);
  for (size_t i = 0; i < t.node().output_count() && i < t.input_count(); ++i)
    t.set_output(i, t.cast(t.shape_of(t.required(i)), type));
}

void raise_size(Translation& t) {
  t.set_output(0, t.cast(t.add("Size", {&t.required(0)}), type_of(t, "out_type", DType::int32)));
}

void raise_rank(Translation& t) {
  Value& x = t.required(0);
  if (x.shape().has_rank())
    return t.set_output(0, t.scalar(DType::int32, static_cast<double>(x.shape().rank())));
  t.set_output(0, t.cast(t.add("Size", {&t.add("Shape", {&x})}), DType::int32));
}

void raise_squeeze(Translation& t) {
  std::vector<int64_t> axes = ints_of(t, "squeeze_dims");
  if (axes.empty()) axes = ints_of(t, "axis");
  Value* axes_input = axes.empty() ? nullptr : &t.ints(axes);
  std::vector<Value*> inputs = {&t.required(0)};
  if (axes_input) inputs.push_back(axes_input);
  t.set_output(0, t.add("Squeeze", inputs));
}

void raise_expand_dims(Translation& t) {
  t.set_output(0, t.add("Unsqueeze", {&t.required(0), &as_int64_vector(t, t.required(1))}));
}

void raise_transpose(Translation& t) {
  auto perm = t.constant_ints(1, "the permutation");
  if (is_complex(element_type(t))) perm.push_back(static_cast<int64_t>(perm.size()));
  // No shortcut for the identity here: the value keeps a node, and so its name.
  t.set_output(0, t.add("Transpose", {&t.required(0)}, {{"perm", perm}}));
}

}  // namespace

OpMappings shape_ops() {
  return {
      {"tf.ExpandDims", "Unsqueeze", raise_expand_dims, nullptr, ""},
      {"tf.Rank", "Size", raise_rank, nullptr, ""},
      {"tf.Reshape", "Reshape", raise_reshape, nullptr, ""},
      {"tf.Shape", "Shape", raise_shape, nullptr, ""},
      {"tf.ShapeN", "Shape", raise_shape, nullptr, ""},
      {"tf.Size", "Size", raise_size, nullptr, ""},
      {"tf.Squeeze", "Squeeze", raise_squeeze, nullptr, ""},
      {"tf.Transpose", "Transpose", raise_transpose, nullptr, "constant permutation"},
  };
}

}  // namespace modelconv::tensorflow
