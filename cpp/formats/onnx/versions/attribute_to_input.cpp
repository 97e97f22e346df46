// Operators whose parameters were attributes once and are inputs now.
#include <algorithm>

#include "base/error.h"
#include "formats/onnx/versions/axes.h"
#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

using Ints = std::vector<int64_t>;

// Attribute of integers <-> int64 vector at input `index`.
void ints_to_input(Step& step, std::string_view attribute, size_t index) {
  const auto* values = step.attrs().get<Ints>(attribute);
  if (!values) return;
  step.set_input(index, &step.ints(*values));
  step.attrs().remove(attribute);
}

void input_to_ints(Step& step, std::string_view attribute, size_t index) {
  if (!step.input(index)) return;
  step.attrs().set(attribute, step.constant_ints(index, attribute));
  step.set_input(index, nullptr);
}

void raise_axes(Step& step) { ints_to_input(step, "axes", 1); }
void lower_axes_input(Step& step) { input_to_ints(step, "axes", 1); }

// --- Split: lengths as an input since 13; since 18 either they or the number of parts must be said
void raise_split_lengths(Step& step) { ints_to_input(step, "split", 1); }
void lower_split_lengths(Step& step) { input_to_ints(step, "split", 1); }

void raise_split_parts(Step& step) {
  if (!step.input(1)) step.attrs().set("num_outputs", static_cast<int64_t>(step.node().output_count()));
}

// Before 18 the parts are equal. Since then the last one may be shorter, so that the lengths are written out where they
// are known; where not, the older operator fails when they are not equal.
void lower_split_parts(Step& step) {
  const auto* parts = step.attrs().get<int64_t>("num_outputs");
  if (!parts) return;
  const int64_t count = *parts;
  step.attrs().remove("num_outputs");
  const Shape& shape = step.required(0).shape();
  if (!shape.has_rank() || count < 1) return;
  const Dim& dim = shape[normalize_axis(step.int_or("axis", 0), shape.rank())];
  if (!dim.is_known() || dim.value() % count == 0) return;
  const int64_t length = (dim.value() + count - 1) / count;
  Ints lengths(static_cast<size_t>(count), length);
  lengths.back() = dim.value() - length * (count - 1);
  step.set_input(1, &step.ints(lengths));
}

// --- Slice: since 10 with inputs, and with steps
void raise_slice(Step& step) {
  const auto* axes = step.attrs().get<Ints>("axes");
  for (const auto& [attribute, index] : {std::pair("starts", 1), std::pair("ends", 2)}) {
    ENSURE(step.attrs().get<Ints>(attribute), MalformedModelError, "{} has no attribute '{}'",
           step.node().describe(), attribute);
    ints_to_input(step, attribute, static_cast<size_t>(index));
  }
  if (axes) ints_to_input(step, "axes", 3);
}

void lower_slice(Step& step) {
  if (step.input(4)) {
    const Ints steps = step.constant_ints(4, "steps");
    if (std::any_of(steps.begin(), steps.end(), [](int64_t by) { return by != 1; }))
      step.refuse("its steps are not all 1");
  }
  step.remove_inputs_from(4);
  input_to_ints(step, "axes", 3);
  input_to_ints(step, "ends", 2);
  input_to_ints(step, "starts", 1);
  if (step.attrs().has("axes")) lower_axes(step);
}

// --- TopK: K as an input since 10
void raise_top_k(Step& step) {
  const auto* k = step.attrs().get<int64_t>("k");
  ENSURE(k, MalformedModelError, "{} has no attribute 'k'", step.node().describe());
  step.set_input(1, &step.ints({*k}));
  step.attrs().remove("k");
}

void lower_top_k(Step& step) {
  const Ints k = step.constant_ints(1, "K");
  if (k.size() != 1) step.refuse("its K is not one number");
  step.attrs().set("k", k[0]);
  step.set_input(1, nullptr);
}

// --- Pad: pads and value as inputs since 11; axes since 18; wrapping since 19
void raise_pad(Step& step) {
  ints_to_input(step, "pads", 1);
  const auto value = step.attrs().get_or<float>("value", 0.0F);
  step.attrs().remove("value");
  if (value != 0.0F) step.set_input(2, &step.scalar(step.required(0), value));
}

void lower_pad(Step& step) {
  if (step.input(2)) {
    const std::vector<double> value = step.constant_numbers(2, "constant_value");
    if (value.size() != 1) step.refuse("its constant_value is not one number");
    step.attrs().set("value", static_cast<float>(value[0]));
    step.set_input(2, nullptr);
  }
  input_to_ints(step, "pads", 1);
}

void lower_pad_axes(Step& step) {
  if (!step.input(3)) return;
  Ints axes = step.constant_ints(3, "axes");
  const Ints pads = step.constant_ints(1, "pads");
  const size_t rank = step.rank_of(0), count = axes.size();
  count_axes_from_front(step, axes, rank);
  if (pads.size() != 2 * count) step.refuse("it has {} pads for {} axes", pads.size(), count);
  Ints all(2 * rank, 0);
  for (size_t i = 0; i < count; ++i) {
    const auto axis = static_cast<size_t>(axes[i]);
    if (axis >= rank) step.refuse("axis {} is outside rank {}", axes[i], rank);
    all[axis] = pads[i];
    all[rank + axis] = pads[count + i];
  }
  step.set_input(1, &step.ints(all));
  step.set_input(3, nullptr);
}

// Wrapping: the far end of an axis before its start, and its start behind its end.
void lower_pad_mode(Step& step) {
  if (step.attrs().get_or<std::string>("mode", "constant") != "wrap") return;
  lower_pad_axes(step);
  const Ints pads = step.constant_ints(1, "pads");
  const size_t rank = step.rank_of(0);
  if (pads.size() != 2 * rank) step.refuse("it has {} pads for rank {}", pads.size(), rank);
  Value* x = &step.required(0);
  for (size_t axis = 0; axis < rank; ++axis) {
    const int64_t before = pads[axis], after = pads[rank + axis];
    const Dim length = x->shape().has_rank() && axis < x->shape().rank() ? x->shape()[axis] : Dim();
    if (before == 0 && after == 0) continue;
    if (before < 0 || after < 0 || !length.is_known() || length.value() < std::max(before, after))
      step.refuse("mode 'wrap' came with opset 19, and its pads do not lie within the input's shape");
    const auto part = [&](int64_t first, int64_t end) {
      return &step.add("Slice",
                       {x, &step.ints({first}), &step.ints({end}), &step.ints({static_cast<int64_t>(axis)})});
    };
    std::vector<Value*> parts;
    if (before > 0) parts.push_back(part(length.value() - before, length.value()));
    parts.push_back(x);
    if (after > 0) parts.push_back(part(0, after));
    x = &step.add("Concat", parts, {{"axis", static_cast<int64_t>(axis)}});
  }
  step.replace_output(0, x == step.input(0) ? step.add("Identity", {x}) : *x);
  step.done();
}

// --- Dropout: the mask is bool since 10; ratio and training_mode are inputs since 12
void raise_dropout_mask(Step& step) {
  const DType dtype = step.required(0).dtype();
  const Value* mask = step.node().output(1);
  if (!mask || mask->is_unused()) return;
  if (dtype == DType::undefined) step.refuse("the element type of its input is not known");
  step.wrap_output(1, "Cast", {}, {{"to", static_cast<int64_t>(dtype)}});
}

void lower_dropout_mask(Step& step) {
  const Value* mask = step.node().output(1);
  if (mask && !mask->is_unused())
    step.wrap_output(1, "Cast", {}, {{"to", static_cast<int64_t>(DType::boolean)}});
}

void raise_dropout_ratio(Step& step) {
  const auto ratio = step.attrs().get_or<float>("ratio", 0.5F);
  step.attrs().remove("ratio");
  if (ratio != 0.5F) step.set_input(1, &step.constant(Tensor::scalar(ratio)));
}

void lower_dropout_ratio(Step& step) {
  if (const Value* training = step.input(2)) {
    if (!training->is_constant()) step.refuse("training_mode is computed");
    if (training->constant().size() != 1 || training->constant().to_int64()[0] != 0)
      step.refuse("it is in training mode");
  }
  if (const Value* mask = step.node().output(1); mask && !mask->is_unused()) {
    // Older definitions leave open what the mask is outside of training; now all of it is true.
    Value& x = step.required(0);
    Value& all = step.add("ConstantOfShape", {&step.add("Shape", {&x})},
                          {{"value", Tensor::filled(DType::boolean, {1}, 1)}});
    step.replace_output(0, step.add("Identity", {&x}));
    step.replace_output(1, all);
    return step.done();
  }
  if (step.input(1)) {
    const std::vector<double> ratio = step.constant_numbers(1, "ratio");
    if (ratio.size() != 1) step.refuse("its ratio is not one number");
    step.attrs().set("ratio", static_cast<float>(ratio[0]));
  }
  step.remove_inputs_from(1);
  step.attrs().remove("seed");
}

// --- DFT: the axis as an input since 20
void raise_dft(Step& step) {
  const int64_t axis = step.int_or("axis", 1);
  step.attrs().remove("axis");
  step.set_input(2, &step.constant(Tensor::scalar(axis)));
}

void lower_dft(Step& step) {
  Ints axis{-2};
  if (step.input(2)) axis = step.constant_ints(2, "axis");
  if (axis.size() != 1) step.refuse("its axis is not one number");
  count_axes_from_front(step, axis, step.rank_of(0));
  step.attrs().set("axis", axis[0]);
  step.set_input(2, nullptr);
}

}  // namespace

Boundaries attribute_to_input_boundaries() {
  return {
      {"Squeeze", 13, raise_axes, lower_axes_input},
      {"Unsqueeze", 13, raise_axes, lower_axes_input},
      {"Split", 13, raise_split_lengths, lower_split_lengths},
      {"Split", 18, raise_split_parts, lower_split_parts},
      {"Slice", 10, raise_slice, lower_slice},
      {"TopK", 10, raise_top_k, lower_top_k},
      {"Pad", 11, raise_pad, lower_pad},
      {"Pad", 18, nullptr, lower_pad_axes},
      {"Pad", 19, nullptr, lower_pad_mode},
      {"Dropout", 10, raise_dropout_mask, lower_dropout_mask},
      {"Dropout", 12, raise_dropout_ratio, lower_dropout_ratio},
      {"DFT", 20, raise_dft, lower_dft},
  };
}

}  // namespace modelconv::onnx
