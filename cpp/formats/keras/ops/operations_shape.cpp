// Functions that move elements, join and take tensors apart, and matrix products.
#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/operands.h"

namespace modelconv::keras {
namespace {

constexpr int64_t kEnd = std::numeric_limits<int64_t>::max(), kFront = std::numeric_limits<int64_t>::min();

int64_t axis_setting(const Translation& t, const Value& x, int64_t fallback, size_t more = 0) {
  return axis_of(t, int_of(t, "axis", fallback), t.rank_of(x) + more);
}

std::vector<Value*> all_in_common_type(Translation& t) {
  std::vector<Value*> inputs;
  DType dtype = DType::undefined;
  for (size_t i = 0; i < t.input_count(); ++i) {
    inputs.push_back(&t.required(i));
    if (dtype == DType::undefined || (is_float(inputs[i]->dtype()) && !is_float(dtype)))
      dtype = inputs[i]->dtype();
  }
  for (Value*& input : inputs) input = &t.cast(*input, dtype);
  return inputs;
}

void raise_concatenate(Translation& t) {
  const auto inputs = all_in_common_type(t);
  ENSURE(!inputs.empty(), MalformedModelError, "{} has no input", t.node().describe());
  if (inputs.size() == 1) return t.set_output(0, *inputs[0]);
  t.set_output(0, t.add("Concat", inputs, {{"axis", axis_setting(t, *inputs[0], 0)}}));
}

void raise_stack(Translation& t) {
  std::vector<Value*> inputs = all_in_common_type(t);
  ENSURE(!inputs.empty(), MalformedModelError, "{} has no input", t.node().describe());
  const int64_t axis = axis_setting(t, *inputs[0], 0, 1);
  for (Value*& input : inputs) input = &t.add("Unsqueeze", {input, &t.ints({axis})});
  t.set_output(0, inputs.size() == 1 ? *inputs[0] : t.add("Concat", inputs, {{"axis", axis}}));
}

// A number of equal parts, or (Keras) the places of the cuts, or (TensorFlow) the sizes of the parts.
void raise_split(Translation& t) {
  Value& x = main_operand(t);
  const int64_t axis = axis_setting(t, x, 0);
  const auto cuts = ints_of(t, "indices_or_sections");
  const bool sizes = flag_of(t, "of_tensorflow", false);
  const Dim& size = x.shape()[static_cast<size_t>(axis)];
  std::vector<int64_t> parts;
  const Attribute* setting = t.node().attrs.find("indices_or_sections");
  if (setting && std::get_if<int64_t>(setting)) {
    if (!size.is_known() || cuts[0] <= 0 || size.value() % cuts[0] != 0 || cuts[0] > 65536)
      t.refuse("axis {} is not known to have a multiple of {} elements", axis, cuts[0]);
    parts.assign(static_cast<size_t>(cuts[0]), size.value() / cuts[0]);
  } else if (sizes) {
    parts = cuts;
  } else {
    if (!size.is_known()) t.refuse("the size of axis {} is not known", axis);
    int64_t last = 0;
    for (const int64_t cut : cuts) parts.push_back(cut - std::exchange(last, cut));
    parts.push_back(size.value() - last);
  }
  if (parts.size() != t.node().output_count()) t.refuse("it has {} parts", parts.size());
  Node& node = t.add_node("Split", {&x, &t.ints(parts)}, {{"axis", axis}}, parts.size());
  for (size_t i = 0; i < parts.size(); ++i) t.set_output(i, *node.output(i));
}

void raise_unstack(Translation& t) {
  Value& x = main_operand(t);
  const int64_t axis = axis_setting(t, x, 0);
  const auto count = static_cast<int64_t>(t.node().output_count());
  for (int64_t i = 0; i < count; ++i)
    t.set_output(static_cast<size_t>(i),
                 t.add("Gather", {&x, &t.scalar(DType::int64, static_cast<double>(i))}, {{"axis", axis}}));
}

// -1 is inferred; a 0 would be a size, not "as it is".
void raise_reshape(Translation& t) {
  Value& x = main_operand(t);
  if (Value* shape = argument(t, "newshape"))
    return t.set_output(0,
                        t.add("Reshape", {&x, &t.cast(*shape, DType::int64)}, {{"allowzero", int64_t{1}}}));
  std::vector<int64_t> shape = ints_of(t, "newshape");
  // A size that was unknown when the model was built stands as -1 in the place of the batch; a second one is a mistake.
  t.set_output(0, t.add("Reshape", {&x, &t.ints(shape)}));
}

void raise_transpose(Translation& t) {
  Value& x = main_operand(t);
  const size_t rank = t.rank_of(x);
  std::vector<int64_t> perm = ints_of(t, "axes");
  if (!has(t, "axes")) {
    perm = axes_up_to(rank);
    std::reverse(perm.begin(), perm.end());
  }
  ENSURE(perm.size() == rank, MalformedModelError, "{}: {} axes are named, the input has {}",
         t.node().describe(), perm.size(), rank);
  for (int64_t& axis : perm) axis = axis_of(t, axis, rank);
  t.set_output(0, t.transpose(x, perm));
}

void raise_swap_axes(Translation& t) {
  Value& x = main_operand(t);
  const size_t rank = t.rank_of(x);
  std::vector<int64_t> perm = axes_up_to(rank);
  std::swap(perm[static_cast<size_t>(axis_of(t, int_of(t, "axis1", 0), rank))],
            perm[static_cast<size_t>(axis_of(t, int_of(t, "axis2", 0), rank))]);
  t.set_output(0, t.transpose(x, perm));
}

void raise_expand_dims(Translation& t) {
  Value& x = main_operand(t);
  std::vector<int64_t> axes = ints_of(t, "axis");
  for (int64_t& axis : axes) axis = axis_of(t, axis, t.rank_of(x) + axes.size());
  t.set_output(0, t.add("Unsqueeze", {&x, &t.ints(axes)}));
}

void raise_squeeze(Translation& t) {
  Value& x = main_operand(t);
  if (has(t, "axis") && !ints_of(t, "axis").empty())
    return t.set_output(0, t.add("Squeeze", {&x, &t.ints(reduced_axes(t, x))}));
  std::vector<int64_t> axes;
  for (size_t i = 0; i < t.rank_of(x); ++i)
    if (x.shape()[i].equals(1)) axes.push_back(static_cast<int64_t>(i));
  t.set_output(0, axes.empty() ? x : t.add("Squeeze", {&x, &t.ints(axes)}));
}

void raise_tile(Translation& t) {
  Value* x = &main_operand(t);
  std::vector<int64_t> repeats = ints_of(t, "repeats");
  const size_t rank = t.rank_of(*x);
  while (repeats.size() < rank) repeats.insert(repeats.begin(), 1);
  std::vector<int64_t> front = axes_up_to(repeats.size() - rank);
  if (!front.empty()) x = &t.add("Unsqueeze", {x, &t.ints(front)});
  t.set_output(0, t.add("Tile", {x, &t.ints(repeats)}));
}

void raise_repeat(Translation& t) {
  Value& x = main_operand(t);
  const auto repeats = ints_of(t, "repeats");
  if (!has(t, "axis") || repeats.size() != 1) t.refuse("it repeats other than along one axis, evenly");
  const int64_t axis = axis_setting(t, x, 0);
  const Dim& size = x.shape()[static_cast<size_t>(axis)];
  if (!size.is_known() || size.value() * repeats[0] > (1 << 24))
    t.refuse("the size of axis {} is not known", axis);
  std::vector<int64_t> places;
  for (int64_t i = 0; i < size.value(); ++i) places.insert(places.end(), static_cast<size_t>(repeats[0]), i);
  t.set_output(0, t.add("Gather", {&x, &t.ints(places)}, {{"axis", axis}}));
}

void raise_broadcast_to(Translation& t) {
  t.set_output(0, t.add("Expand", {&main_operand(t), &t.ints(ints_of(t, "shape"))}));
}

void raise_flip(Translation& t) {
  Value& x = main_operand(t);
  const auto axes = reduced_axes(t, x);
  const std::vector<int64_t> back(axes.size(), -1), ends(axes.size(), kFront);
  t.set_output(0, t.add("Slice", {&x, &t.ints(back), &t.ints(ends), &t.ints(axes), &t.ints(back)}));
}

void raise_take(Translation& t) {
  Value& x = main_operand(t);
  Value* indices = argument(t, "indices");
  if (!indices) indices = &t.scalar(DType::int64, static_cast<double>(int_of(t, "indices", 0)));
  if (!has(t, "axis") && t.rank_of(x) != 1) t.refuse("it takes from all axes together");
  Value& whole = is_integer(element_type(t, *indices)) ? *indices : t.cast(*indices, DType::int64);
  t.set_output(0, t.add("Gather", {&x, &whole}, {{"axis", axis_setting(t, x, 0)}}));
}

void raise_shape(Translation& t) {
  t.set_output(0, t.cast(t.add("Shape", {&main_operand(t)}), DType::int32));
}

void raise_one_hot(Translation& t) {
  const int64_t depth = sizes_of(t, "num_classes", 1, 0)[0];
  Value& indices = t.cast(main_operand(t), DType::int64);
  t.set_output(0, t.add("OneHot", {&indices, &t.ints({depth}), &t.constant(Tensor::vector<float>({0, 1}))},
                        {{"axis", int_of(t, "axis", -1)}}));
}

void raise_pad(Translation& t) {
  Value& x = main_operand(t);
  const auto pairs = ints_of(t, "pad_width");
  const size_t rank = t.rank_of(x);
  if (pairs.size() != 2 * rank) t.refuse("pad_width has {} entries for {} axes", pairs.size(), rank);
  std::string mode = string_of(t, "mode", "constant");
  std::transform(mode.begin(), mode.end(), mode.begin(), [](unsigned char c) { return std::tolower(c); });
  if (mode != "constant" && mode != "reflect") t.refuse("the padding mode '{}' is not read", mode);
  std::vector<int64_t> pads(2 * rank);
  for (size_t i = 0; i < rank; ++i) {
    pads[i] = pairs[2 * i];
    pads[rank + i] = pairs[2 * i + 1];
  }
  Value* value = has(t, "constant_values") ? &operand(t, "constant_values", x) : nullptr;
  t.set_output(0, t.add("Pad", {&x, &t.ints(pads), value}, {{"mode", mode}}));
}

// --- x[...]: entries of five numbers each, (kind, start, stop, step, which of them are given); see keras_operations.py.

enum class Index : uint8_t { slice = 0, number = 1, new_axis = 2, ellipsis = 3 };
constexpr int64_t kHasStart = 1, kHasStop = 2;

void raise_get_item(Translation& t) {
  const auto key = ints_of(t, "key");
  Value* x = &main_operand(t);
  const size_t rank = t.rank_of(*x), entries = key.size() / 5;
  if (key.size() % 5 != 0) t.refuse("its key is not read");
  size_t taken = 0;
  for (size_t i = 0; i < entries; ++i) taken += key[5 * i] <= 1 ? 1 : 0;
  ENSURE(taken <= rank, MalformedModelError, "{}: {} indices for {} axes", t.node().describe(), taken, rank);
  std::vector<int64_t> starts, ends, steps, axes, squeezed, added;
  int64_t axis = 0, place = 0;  // in the input, in the result
  for (size_t i = 0; i < entries; ++i) {
    const int64_t* entry = &key[5 * i];
    switch (static_cast<Index>(entry[0])) {
      case Index::ellipsis:
        axis += static_cast<int64_t>(rank - taken);
        place += static_cast<int64_t>(rank - taken);
        break;
      case Index::new_axis: added.push_back(place++); break;
      case Index::number:
        starts.push_back(entry[1]);
        ends.push_back(entry[1] == -1 ? kEnd : entry[1] + 1);
        steps.push_back(1);
        axes.push_back(axis);
        squeezed.push_back(axis++);
        break;
      case Index::slice:
        if (entry[3] != 1 || (entry[4] & (kHasStart | kHasStop))) {
          starts.push_back(entry[4] & kHasStart ? entry[1] : entry[3] > 0 ? 0 : kEnd);
          ends.push_back(entry[4] & kHasStop ? entry[2] : entry[3] > 0 ? kEnd : kFront);
          steps.push_back(entry[3]);
          axes.push_back(axis);
        }
        ++axis;
        ++place;
        break;
    }
  }
  if (!axes.empty()) x = &t.add("Slice", {x, &t.ints(starts), &t.ints(ends), &t.ints(axes), &t.ints(steps)});
  if (!squeezed.empty()) x = &t.add("Squeeze", {x, &t.ints(squeezed)});
  if (!added.empty()) x = &t.add("Unsqueeze", {x, &t.ints(added)});
  t.set_output(0, *x);
}

// --- products

Value& maybe_transposed(Translation& t, Value& x, std::string_view flag) {
  if (!flag_of(t, flag, false)) return x;
  std::vector<int64_t> perm = axes_up_to(t.rank_of(x));
  if (perm.size() > 1) std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return t.transpose(x, perm);
}

void raise_matmul(Translation& t) {
  const auto [a, b] = common_operands(t, "x1", "x2");
  t.set_output(
      0, t.add("MatMul", {&maybe_transposed(t, *a, "transpose_a"), &maybe_transposed(t, *b, "transpose_b")}));
}

void raise_einsum(Translation& t) {
  std::string equation = string_of(t, "subscripts", "");
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  t.set_output(0, t.add("Einsum", all_in_common_type(t), {{"equation", equation}}));
}

}  // namespace

OpMappings shape_operations() {
  return {
      {"keras.broadcast_to", "Expand", raise_broadcast_to, nullptr, "known shape"},
      {"keras.concatenate", "Concat", raise_concatenate, nullptr, ""},
      {"keras.einsum", "Einsum", raise_einsum, nullptr, ""},
      {"keras.expand_dims", "Unsqueeze", raise_expand_dims, nullptr, ""},
      {"keras.flip", "Slice", raise_flip, nullptr, ""},
      {"keras.get_item", "Slice", raise_get_item, nullptr, "numbers, slices, new axes, ellipsis"},
      {"keras.matmul", "MatMul", raise_matmul, nullptr, ""},
      {"keras.one_hot", "OneHot", raise_one_hot, nullptr, ""},
      {"keras.pad", "Pad", raise_pad, nullptr, "constant, reflect"},
      {"keras.repeat", "Gather", raise_repeat, nullptr, "along one axis of known size"},
      {"keras.reshape", "Reshape", raise_reshape, nullptr, ""},
      {"keras.shape", "Shape", raise_shape, nullptr, ""},
      {"keras.split", "Split", raise_split, nullptr, ""},
      {"keras.squeeze", "Squeeze", raise_squeeze, nullptr, ""},
      {"keras.stack", "Concat", raise_stack, nullptr, ""},
      {"keras.swapaxes", "Transpose", raise_swap_axes, nullptr, ""},
      {"keras.take", "Gather", raise_take, nullptr, "along one axis"},
      {"keras.tile", "Tile", raise_tile, nullptr, ""},
      {"keras.transpose", "Transpose", raise_transpose, nullptr, ""},
      {"keras.unstack", "Gather", raise_unstack, nullptr, ""},
  };
}

}  // namespace modelconv::keras
