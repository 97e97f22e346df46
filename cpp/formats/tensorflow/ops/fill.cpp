// Tensors made of one value, of a range, by repeating, by padding.
#include <algorithm>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void raise_fill(Translation& t) {
  t.set_output(0, t.add("Expand", {&t.required(1), &as_int64(t, t.required(0))}));
}

void raise_broadcast_to(Translation& t) {
  t.set_output(0, t.add("Expand", {&t.required(0), &as_int64(t, t.required(1))}));
}

void raise_like(Translation& t, double value) {
  Value& x = t.required(0);
  const DType dtype = element_type(t);
  t.set_output(0, t.add("ConstantOfShape", {&t.shape_of(x)}, {{"value", Tensor::filled(dtype, {1}, value)}}));
}

void raise_zeros_like(Translation& t) { raise_like(t, 0); }
void raise_ones_like(Translation& t) { raise_like(t, 1); }

void raise_range(Translation& t) {
  t.set_output(0, t.add("Range", {&t.required(0), &t.required(1), &t.required(2)}));
}

void raise_tile(Translation& t) {
  t.set_output(0, t.add("Tile", {&t.required(0), &as_int64(t, t.required(1))}));
}

// TensorFlow: [rank, 2], (before, after) per axis. ONNX: all befores, then all afters.
Value& pads_of(Translation& t) {
  if (const auto known = t.known_ints(1)) {
    ENSURE(known->size() % 2 == 0, MalformedModelError, "there are {} paddings", known->size());
    const size_t rank = known->size() / 2;
    std::vector<int64_t> pads(2 * rank);
    for (size_t axis = 0; axis < rank; ++axis) {
      pads[axis] = (*known)[2 * axis];
      pads[rank + axis] = (*known)[2 * axis + 1];
    }
    return t.ints(pads);
  }
  Value& columns = t.transpose(as_int64(t, t.required(1)), {1, 0});
  return t.add("Reshape", {&columns, &t.ints({-1})});
}

void raise_pad(Translation& t) {
  std::vector<Value*> inputs = {&t.required(0), &pads_of(t)};
  if (t.input_count() > 2) inputs.push_back(&t.required(2));
  t.set_output(0, t.add("Pad", inputs, {{"mode", std::string("constant")}}));
}

// SYMMETRIC repeats the border itself. For one pixel that is ONNX's "edge"; for more, pixels are picked axis by axis: -1 - i in
// front, 2 * size - 1 - i behind.
void pad_symmetrically(Translation& t) {
  const auto pads = t.constant_ints(1, "SYMMETRIC paddings");
  Term x = input(t, 0);
  for (size_t axis = 0; 2 * axis + 1 < pads.size(); ++axis) {
    const int64_t before = pads[2 * axis], after = pads[2 * axis + 1];
    if (before == 0 && after == 0) continue;
    ENSURE(before >= 0 && after >= 0, MalformedModelError, "a padding is negative");
    const Term size = size_of(x, static_cast<int64_t>(axis));
    const Term place = range(size + static_cast<double>(before + after)) - static_cast<double>(before);
    const Term mirrored = where(place < 0.0, -1.0 - place, size * 2.0 - 1.0 - place);
    const Term is_inside = both(negated(place < 0.0), place < size);
    x = gather(x, where(is_inside, place, mirrored), static_cast<int64_t>(axis));
  }
  set_output(t, 0, x);
}

void raise_mirror_pad(Translation& t) {
  std::string mode = "reflect";
  if (string_of(t, "mode", "") == "SYMMETRIC") {
    const auto pads = t.constant_ints(1, "SYMMETRIC paddings");
    if (std::any_of(pads.begin(), pads.end(), [](int64_t pad) { return pad > 1; }))
      return pad_symmetrically(t);
    mode = "edge";
  }
  t.set_output(0, t.add("Pad", {&t.required(0), &pads_of(t)}, {{"mode", mode}}));
}

}  // namespace

OpMappings fill_ops() {
  return {
      {"tf.BroadcastTo", "Expand", raise_broadcast_to, nullptr, ""},
      {"tf.Fill", "Expand", raise_fill, nullptr, ""},
      {"tf.MirrorPad", "Pad", raise_mirror_pad, nullptr, "SYMMETRIC with constant paddings"},
      {"tf.OnesLike", "ConstantOfShape", raise_ones_like, nullptr, ""},
      {"tf.Pad", "Pad", raise_pad, nullptr, ""},
      {"tf.PadV2", "Pad", raise_pad, nullptr, ""},
      {"tf.Range", "Range", raise_range, nullptr, ""},
      {"tf.Tile", "Tile", raise_tile, nullptr, ""},
      {"tf.ZerosLike", "ConstantOfShape", raise_zeros_like, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
