// The same elements in another shape, order or number.
#include <algorithm>

#include "formats/hetu/ops/all_ops.h"
#include "formats/hetu/ops/settings.h"

namespace modelconv::hetu {
namespace {

void raise_reshape(Translation& t) {
  t.set_output(0, t.add("Reshape", {&t.required(0), &t.ints(need_ints(t, "output_shape"))}));
}

void raise_reshape_to(Translation& t) {
  t.set_output(0, t.add("Reshape", {&t.required(0), &t.shape_of(t.required(1))}));
}

void raise_transpose(Translation& t) {
  Value& x = t.required(0);
  const auto perm = ints_of(t, "perm");
  if (!perm) return t.set_output(0, t.add("Transpose", {&x}));  // the default: all axes reversed
  ENSURE(!x.shape().has_rank() || t.rank(0) == perm->size(), MalformedModelError,
         "{}: {} axes are named, the input has {}", t.node().describe(), perm->size(), t.rank(0));
  t.set_output(0, t.add("Transpose", {&x}, {{"perm", axes_of(t, *perm, x)}}));
}

void raise_broadcast_to(Translation& t) {
  t.set_output(0, t.add("Expand", {&t.required(0), &t.shape_of(t.required(1))}));
}

// The axes add_axes of the result are new; without them, axes are added in front. -1 keeps a size.
void raise_broadcast_shape(Translation& t) {
  Value* x = &t.required(0);
  std::vector<int64_t> shape = need_ints(t, "target_shape");
  const std::vector<int64_t> added = ints_of(t, "add_axes").value_or(std::vector<int64_t>());
  const bool is_scalar = t.rank(0) == 1 && x->shape()[0].is_known() && x->shape()[0].value() == 1;
  if (!added.empty() && !is_scalar) x = &t.add("Unsqueeze", {x, &t.ints(added)});
  std::ranges::replace(shape, -1, 1);  // to Expand, 1 is what -1 is to Hetu
  t.set_output(0, t.add("Expand", {x, &t.ints(shape)}));
}

void raise_concat(Translation& t) {
  std::vector<Value*> parts(t.node().inputs().begin(), t.node().inputs().end());
  t.set_output(0, t.add("Concat", parts, {{"axis", int_of(t, "axis")}}));
}

// Repeats as numpy.tile: missing numbers in front are 1, missing axes too.
void raise_tile(Translation& t) {
  Value* x = &t.required(0);
  std::vector<int64_t> repeats = need_ints(t, "reps");
  const size_t rank = t.rank(0);
  if (repeats.size() < rank) repeats.insert(repeats.begin(), rank - repeats.size(), 1);
  if (repeats.size() > rank) {
    std::vector<int64_t> axes;
    for (size_t axis = 0; axis < repeats.size() - rank; ++axis) axes.push_back(static_cast<int64_t>(axis));
    x = &t.add("Unsqueeze", {x, &t.ints(axes)});
  }
  t.set_output(0, t.add("Tile", {x, &t.ints(repeats)}));
}

// The reader flattens [[before, after], ...]; they are for the last axes.
void raise_pad(Translation& t) {
  const std::vector<int64_t> given = need_ints(t, "paddings");
  const size_t rank = t.rank(0), named = given.size() / 2;
  ENSURE(given.size() % 2 == 0 && named <= rank, MalformedModelError, "{}: paddings for {} axes of {}",
         t.node().describe(), named, rank);
  std::vector<int64_t> pads(2 * rank, 0);
  for (size_t i = 0; i < named; ++i) {
    pads[rank - named + i] = given[2 * i];
    pads[2 * rank - named + i] = given[2 * i + 1];
  }
  std::string mode = text_of(t, "mode", "CONSTANT");
  std::ranges::transform(mode, mode.begin(), [](unsigned char c) { return std::tolower(c); });
  if (mode != "constant" && mode != "reflect") t.refuse("padding of mode {} has no twin in ONNX", mode);
  const double value = t.node().attrs.has("constant_values") ? number_of(t, "constant_values") : 0;
  t.set_output(0, t.add("Pad", {&t.required(0), &t.ints(pads), &t.scalar_like(t.required(0), value)},
                        {{"mode", mode}}));
}

void raise_flip(Translation& t) {
  Value& x = t.required(0);
  const std::vector<int64_t> axes = axes_of(t, need_ints(t, "dims"), x);
  const size_t count = axes.size();
  t.set_output(0, t.add("Slice", {&x, &t.ints(std::vector<int64_t>(count, -1)),
                                  &t.ints(std::vector<int64_t>(count, INT64_MIN)), &t.ints(axes),
                                  &t.ints(std::vector<int64_t>(count, -1))}));
}

}  // namespace

OpMappings shape_ops() {
  return {
      {"hetu.Array_Reshape", "Reshape", raise_reshape, nullptr, ""},
      {"hetu.BroadcastShape", "Expand", raise_broadcast_shape, nullptr, ""},
      {"hetu.BroadcastTo", "Expand", raise_broadcast_to, nullptr, ""},
      {"hetu.Concat", "Concat", raise_concat, nullptr, ""},
      {"hetu.Concatenate", "Concat", raise_concat, nullptr, ""},
      {"hetu.Flip", "Slice", raise_flip, nullptr, ""},
      {"hetu.Pad", "Pad", raise_pad, nullptr, "modes CONSTANT and REFLECT"},
      {"hetu.Repeat", "Tile", raise_tile, nullptr, ""},
      {"hetu.ReshapeTo", "Reshape", raise_reshape_to, nullptr, ""},
      {"hetu.Tile", "Tile", raise_tile, nullptr, ""},
      {"hetu.Transpose", "Transpose", raise_transpose, nullptr, ""},
  };
}

}  // namespace modelconv::hetu
