// Parts of tensors, padding, joining.
#include <algorithm>
#include <limits>
#include <numeric>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

// STRIDED_SLICE takes so many axes at most.
constexpr size_t kMostSlicedAxes = 5;

struct SliceAxis {
  int64_t begin = 0, end = 0, step = 1;
  bool whole = true;
};

void emit_strided_slice(Translation& t, const std::vector<SliceAxis>& axes) {
  std::vector<int64_t> begin, end, steps;
  int64_t whole = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    begin.push_back(axes[i].begin);
    end.push_back(axes[i].end);
    steps.push_back(axes[i].step);
    if (axes[i].whole) whole |= int64_t{1} << i;
  }
  // A negative step down to the first element ends in front of it, which no number says: the mask does.
  int64_t end_mask = whole;
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i].step < 0 && axes[i].end == std::numeric_limits<int32_t>::min()) end_mask |= int64_t{1} << i;
  finish(t, "STRIDED_SLICE", {t.input(0), &int32s(t, begin), &int32s(t, end), &int32s(t, steps)},
         {{"begin_mask", whole}, {"end_mask", end_mask}});
}

void lower_computed_slice(Translation& t, const std::vector<int64_t>& axes);

void lower_slice(Translation& t) {
  const size_t rank = t.rank(0);
  if (rank > kMostSlicedAxes) t.refuse("slices of {} axes", rank);
  std::vector<int64_t> axes;
  if (t.input(3)) {
    axes = t.constant_ints(3, "the list of axes");
  } else {
    const Shape& count = t.required(1).shape();
    if (!count.has_rank() || !count[0].is_known()) t.refuse("the number of axes is not known");
    for (int64_t axis = 0; axis < count[0].value(); ++axis) axes.push_back(axis);
  }
  const auto starts = t.known_ints(1), ends = t.known_ints(2);
  const auto steps = t.input(4) ? t.known_ints(4) : std::vector<int64_t>(axes.size(), 1);
  if (!starts || !ends || !steps) return lower_computed_slice(t, axes);
  std::vector<SliceAxis> plan(rank);
  for (size_t i = 0; i < axes.size(); ++i) {
    const size_t axis = normalize_axis(axes[i], rank);
    const Dim& size = t.input(0)->shape()[axis];
    SliceAxis slice{(*starts)[i], (*ends)[i], (*steps)[i], false};
    if (size.is_known()) {  // as ONNX clamps them
      const int64_t n = size.value();
      const auto absolute = [n](int64_t at) { return at < 0 ? at + n : at; };
      const bool down = slice.step < 0;
      slice.begin = std::clamp<int64_t>(absolute(slice.begin), 0, down ? n - 1 : n);
      slice.end = std::clamp<int64_t>(absolute(slice.end), down ? -1 : 0, n);
      if (slice.end == -1) slice.end = std::numeric_limits<int32_t>::min();
      if (!down && slice.begin >= slice.end) slice.end = slice.begin;
    } else if (slice.step < 0 && slice.end < -std::numeric_limits<int32_t>::max()) {
      slice.end = std::numeric_limits<int32_t>::min();
    }
    plan[axis] = slice;
  }
  emit_strided_slice(t, plan);
}

// Starts and ends that the graph computes: those of the other axes are put in between.
void lower_computed_slice(Translation& t, const std::vector<int64_t>& axes) {
  const size_t rank = t.rank(0);
  std::vector<Value*> begin, end, steps;
  int64_t whole = 0;
  const auto element = [&](size_t input, size_t index) -> Value& {
    const auto at = static_cast<int64_t>(index);
    return t.add("Slice", {t.input(input), &t.ints({at}), &t.ints({at + 1})});
  };
  for (size_t axis = 0; axis < rank; ++axis) {
    const auto place = std::find_if(axes.begin(), axes.end(),
                                    [&](int64_t each) { return normalize_axis(each, rank) == axis; });
    if (place == axes.end()) {
      whole |= int64_t{1} << axis;
      for (auto* parts : {&begin, &end}) parts->push_back(&t.ints({0}));
      steps.push_back(&t.ints({1}));
      continue;
    }
    const auto index = static_cast<size_t>(place - axes.begin());
    begin.push_back(&element(1, index));
    end.push_back(&element(2, index));
    steps.push_back(t.input(4) ? &element(4, index) : &t.ints({1}));
  }
  const auto joined = [&](const std::vector<Value*>& parts) -> Value* {
    std::vector<Value*> wide;
    for (Value* part : parts) wide.push_back(&t.cast(*part, DType::int64));
    // Ends may be as far as 64 bits reach.
    Value& all = t.add("Concat", wide, {{"axis", int64_t{0}}});
    Value& limited = t.add("Min", {&all, &t.scalar(DType::int64, 2147483647)});
    return &as_int32(t, t.add("Max", {&limited, &t.scalar(DType::int64, -2147483647)}));
  };
  finish(t, "STRIDED_SLICE", {t.input(0), joined(begin), joined(end), joined(steps)},
         {{"begin_mask", whole}, {"end_mask", whole}});
}

void lower_split(Translation& t) {
  const auto axis = static_cast<int64_t>(normalize_axis(int_attr(t.node(), "axis"), t.rank(0)));
  std::vector<int64_t> sizes;
  for (const Value* output : t.node().outputs()) {
    if (!output || !output->shape().has_rank() || !output->shape()[static_cast<size_t>(axis)].is_known())
      t.refuse("the sizes of the parts are not known");
    sizes.push_back(output->shape()[static_cast<size_t>(axis)].value());
  }
  Node& split = t.add_node("tflite.SPLIT_V", {t.input(0), &int32s(t, sizes), &int32_scalar(t, axis)},
                           {{"num_splits", static_cast<int64_t>(sizes.size())}}, sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    split.output(i)->type = t.node().output(i)->type;
    t.set_output(i, *split.output(i));
  }
}

void lower_concat(Translation& t) {
  std::vector<Value*> inputs(t.node().inputs().begin(), t.node().inputs().end());
  if (inputs.size() == 1) return t.set_output(0, *inputs[0]);
  finish(t, "CONCATENATION", inputs,
         {{"axis", static_cast<int64_t>(normalize_axis(int_attr(t.node(), "axis"), t.rank(0)))}});
}

// Pads that the graph computes for some axes, with zeros for the others.
Value& pads_of_all_axes(Translation& t, const std::vector<int64_t>& axes) {
  const size_t rank = t.rank(0);
  std::vector<Value*> parts(2 * rank, &t.ints({0}));
  for (size_t i = 0; i < axes.size(); ++i)
    for (const size_t side : {size_t{0}, size_t{1}}) {
      const auto at = static_cast<int64_t>(i + side * axes.size());
      parts[normalize_axis(axes[i], rank) + side * rank] =
          &t.add("Slice", {t.input(1), &t.ints({at}), &t.ints({at + 1})});
    }
  return t.add("Concat", parts, {{"axis", int64_t{0}}});
}

// Pads for every axis as [rank, 2].
Value& pads_by_axis(Translation& t) {
  const size_t rank = t.rank(0);
  if (const auto pads = t.known_ints(1)) {
    std::vector<int64_t> axes;
    if (t.input(3))
      axes = t.constant_ints(3, "the list of axes");
    else
      for (size_t axis = 0; axis < rank; ++axis) axes.push_back(static_cast<int64_t>(axis));
    std::vector<int32_t> table(2 * rank, 0);
    for (size_t i = 0; i < axes.size(); ++i) {
      const size_t axis = normalize_axis(axes[i], rank);
      table[2 * axis] = static_cast<int32_t>((*pads)[i]);
      table[2 * axis + 1] = static_cast<int32_t>((*pads)[i + axes.size()]);
    }
    return t.constant(Tensor::of<int32_t>({static_cast<int64_t>(rank), 2}, table));
  }
  Value* pads = t.input(1);
  if (t.input(3)) pads = &pads_of_all_axes(t, t.constant_ints(3, "the list of axes"));
  Value& rows = reshaped(t, *pads, {2, static_cast<int64_t>(rank)});
  return as_int32(t, t.add("Transpose", {&rows}, {{"perm", std::vector<int64_t>{1, 0}}}));
}

// Negative pads cut off.
bool cut_off(Translation& t) {
  const auto pads = t.known_ints(1);
  if (!pads || std::all_of(pads->begin(), pads->end(), [](int64_t pad) { return pad >= 0; })) return false;
  const size_t count = pads->size() / 2;
  std::vector<int64_t> starts, ends, rest;
  for (size_t i = 0; i < count; ++i) {
    starts.push_back(std::max<int64_t>(0, -(*pads)[i]));
    const int64_t end = std::max<int64_t>(0, -(*pads)[i + count]);
    ends.push_back(end == 0 ? std::numeric_limits<int32_t>::max() : -end);
  }
  for (const int64_t pad : *pads) rest.push_back(std::max<int64_t>(0, pad));
  std::vector<Value*> slice{t.input(0), &t.ints(starts), &t.ints(ends)};
  if (t.input(3)) slice.push_back(t.input(3));
  std::vector<Value*> inputs(t.node().inputs().begin(), t.node().inputs().end());
  inputs[0] = &t.add("Slice", slice);
  inputs[1] = &t.ints(rest);
  t.set_output(0, t.add("Pad", inputs, t.node().attrs));
  return true;
}

// Pads made of the image: each padded axis is gathered from the places that its elements come from.
void gather_pads(Translation& t, bool wraps) {
  const auto pads = t.known_ints(1);
  if (!pads) t.refuse("mode '{}' with pads that the graph computes", wraps ? "wrap" : "edge");
  std::vector<int64_t> axes(pads->size() / 2);
  std::iota(axes.begin(), axes.end(), int64_t{0});
  if (t.input(3)) axes = t.constant_ints(3, "the list of axes");
  Value* y = &t.required(0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t begin = (*pads)[i], end = (*pads)[i + axes.size()];
    if (begin == 0 && end == 0) continue;
    const size_t axis = normalize_axis(axes[i], t.rank(0));
    const int64_t size = static_dim(t, t.required(0), axis);
    if (size == 0) t.refuse("pads of nothing");
    std::vector<int64_t> places;
    for (int64_t at = -begin; at < size + end; ++at)
      places.push_back(wraps ? (at % size + size) % size : std::clamp<int64_t>(at, 0, size - 1));
    y = &t.add("Gather", {y, &t.ints(places)}, {{"axis", static_cast<int64_t>(axis)}});
  }
  t.set_output(0, y == t.input(0) ? t.add("Identity", {y}) : *y);
}

void lower_pad(Translation& t) {
  const std::string mode = string_attr(t.node(), "mode");
  if (mode == "edge" || mode == "wrap") return gather_pads(t, mode == "wrap");
  if (t.rank(0) > kMostSlicedAxes) t.refuse("pads of {} axes", t.rank(0));
  if (cut_off(t)) return;
  Value& pads = pads_by_axis(t);
  if (mode == "reflect")
    return finish(t, "MIRROR_PAD", {t.input(0), &pads}, {{"mode", std::string("REFLECT")}});
  Value* value = t.input(2);
  const bool with_zeros = !value || (value->is_constant() && value->constant().size() == 1 &&
                                     value->constant().to_double()[0] == 0);
  // PAD writes what stands for the number 0 into quantised integers, which is not the integer 0.
  const DType dtype = t.required(0).dtype();
  const bool may_be_quantized = dtype == DType::int8 || dtype == DType::int16 || dtype == DType::uint8;
  if (with_zeros && !may_be_quantized) return finish(t, "PAD", {t.input(0), &pads});
  Value& number = value ? reshaped(t, *value, {}) : t.scalar(dtype, 0);
  finish(t, "PADV2", {t.input(0), &pads, &number});
}

// --- parts of matrices

void lower_eye_like(Translation& t) {
  const Dims dims = static_dims(t, t.required(0));
  const int64_t k = int_attr(t.node(), "k");
  std::vector<float> eye;
  for (int64_t i = 0; i < dims[0]; ++i)
    for (int64_t j = 0; j < dims[1]; ++j) eye.push_back(j - i == k ? 1.0f : 0.0f);
  t.set_output(0, t.cast(t.constant(Tensor::of<float>(dims, eye)), t.node().output()->dtype()));
}

}  // namespace

OpMappings lower_slices() {
  return {
      {"tflite.CAST", "EyeLike", nullptr, lower_eye_like, "known sizes"},
      {"tflite.STRIDED_SLICE", "Slice", nullptr, lower_slice, "up to five axes"},
      {"tflite.SPLIT_V", "Split", nullptr, lower_split, ""},
      {"tflite.CONCATENATION", "Concat", nullptr, lower_concat, ""},
      {"tflite.PADV2", "Pad", nullptr, lower_pad, "up to five axes; edge and wrap as GATHER"},
  };
}

}  // namespace modelconv::tflite
