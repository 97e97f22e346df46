// Shapes: asking for them and changing them without moving elements; Transpose.
#include <algorithm>

#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

// In ONNX a 0 in the new shape means "as in the input" unless allowzero is set, here it is a size. Old files give the
// shape as an option only.
void raise_reshape(Translation& t) {
  if (!t.input(1)) return set_output(t, 0, reshape(input(t, 0), ints_of(t, "new_shape")));
  const auto known = t.known_ints(1);
  const bool has_no_zero = known && std::find(known->begin(), known->end(), 0) == known->end();
  Attrs attrs;
  if (!has_no_zero) attrs.set("allowzero", int64_t{1});
  set_output(t, 0, compute("Reshape", {input(t, 0), {t, as_vector(t, 1)}}, attrs));
}

void raise_shape(Translation& t) { set_output(t, 0, cast(shape_of(input(t, 0)), dtype_of(t, "out_type"))); }

void raise_rank(Translation& t) {
  const Value& x = t.required(0);
  if (x.shape().has_rank())
    return set_output(t, 0, number(t, DType::int32, static_cast<double>(x.shape().rank())));
  set_output(t, 0, cast(compute("Size", {shape_of(input(t, 0))}), DType::int32));
}

void raise_squeeze(Translation& t) {
  const auto axes = ints_of(t, "squeeze_dims");
  set_output(t, 0, axes.empty() ? compute("Squeeze", {input(t, 0)}) : squeeze(input(t, 0), axes));
}

void raise_expand_dims(Translation& t) {
  set_output(t, 0, compute("Unsqueeze", {input(t, 0), {t, as_vector(t, 1)}}));
}

void raise_transpose(Translation& t) {
  // No shortcut for the identity here: the value keeps a node, and so its name.
  set_output(t, 0, compute("Transpose", {input(t, 0)}, {{"perm", t.constant_ints(1, "the permutation")}}));
}

void raise_broadcast_to(Translation& t) { set_output(t, 0, expand(input(t, 0), index_input(t, 1))); }

// The shape that two shapes broadcast to: filled up with ones in front, then the larger size, but 0 where one is 0.
void raise_broadcast_args(Translation& t) {
  const Term a = index_input(t, 0), b = index_input(t, 1);
  const auto zeros = [&](const Term& shape) { return filled(shape, DType::int64, 0); };
  const Term sum = compute("Shape", {compute("Add", {zeros(a), zeros(b)})});
  set_output(t, 0, cast(sum, t.required(0).dtype()));
}

}  // namespace

OpMappings shape_ops() {
  return {
      {"tflite.BROADCAST_ARGS", "Shape", raise_broadcast_args, nullptr, ""},
      {"tflite.BROADCAST_TO", "Expand", raise_broadcast_to, nullptr, ""},
      {"tflite.EXPAND_DIMS", "Unsqueeze", raise_expand_dims, nullptr, ""},
      {"tflite.RANK", "Size", raise_rank, nullptr, ""},
      {"tflite.RESHAPE", "Reshape", raise_reshape, nullptr, ""},
      {"tflite.SHAPE", "Shape", raise_shape, nullptr, ""},
      {"tflite.SQUEEZE", "Squeeze", raise_squeeze, nullptr, ""},
      {"tflite.TRANSPOSE", "Transpose", raise_transpose, nullptr, "constant permutation"},
  };
}

}  // namespace modelconv::tflite
