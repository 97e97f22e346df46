// Layers that join several tensors. Tensors of lower rank get axes of size 1 behind the batch.
#include <algorithm>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/arguments.h"

namespace modelconv::keras {
namespace {

std::vector<Value*> inputs_of_one_rank(Translation& t) {
  std::vector<Value*> inputs;
  size_t rank = 0;
  for (size_t i = 0; i < t.input_count(); ++i) {
    inputs.push_back(&t.required(i));
    rank = std::max(rank, t.rank(i));
  }
  for (Value*& x : inputs) {
    const size_t missing = rank - t.rank_of(*x);
    std::vector<int64_t> axes;
    for (size_t i = 0; i < missing; ++i) axes.push_back(static_cast<int64_t>(i) + 1);
    if (missing) x = &t.add("Unsqueeze", {x, &t.ints(axes)});
  }
  return inputs;
}

Value& fold_inputs(Translation& t, OpName op) {
  const std::vector<Value*> inputs = inputs_of_one_rank(t);
  ENSURE(!inputs.empty(), MalformedModelError, "{} has no input", t.node().describe());
  Value* result = inputs[0];
  for (size_t i = 1; i < inputs.size(); ++i) result = &t.add(op, {result, inputs[i]});
  return *result;
}

void raise_merge(Translation& t) { t.set_output(0, fold_inputs(t, t.target())); }

void raise_average(Translation& t) {
  Value& sum = fold_inputs(t, "Add");
  t.set_output(0, t.add("Div", {&sum, &t.scalar_like(sum, static_cast<double>(t.input_count()))}));
}

void raise_concatenate(Translation& t) {
  std::vector<Value*> inputs;
  for (size_t i = 0; i < t.input_count(); ++i) inputs.push_back(&t.required(i));
  if (inputs.size() == 1) return t.set_output(0, *inputs[0]);
  t.set_output(0, t.add("Concat", inputs, {{"axis", axis_of(t, int_of(t, "axis", -1), t.rank(0))}}));
}

// A residual connection; of keras.applications' InceptionResNet.
void raise_scaled_sum(Translation& t) {
  Value& branch = t.required(1);
  Value& scaled = t.add("Mul", {&branch, &t.scalar_like(branch, float_of(t, "scale", 1))});
  t.set_output(0, t.add("Add", {&t.required(0), &scaled}));
}

Value& normalized(Translation& t, Value& x, int64_t axis) {
  Value& square = t.add("ReduceSum", {&t.add("Mul", {&x, &x}), &t.ints({axis})}, {{"keepdims", int64_t{1}}});
  return t.add("Div", {&x, &t.add("Sqrt", {&t.add("Max", {&square, &t.scalar_like(x, 1e-12)})})});
}

// Sums over one axis of each; the batch stays, what is left of the first precedes what is left of the second.
void raise_dot(Translation& t) {
  Value *a = &t.required(0), *b = &t.required(1);
  std::vector<int64_t> axes = ints_of(t, "axes", {-1});
  if (axes.size() == 1) axes.resize(2, axes[0]);
  if (axes.size() != 2) t.refuse("it sums over axes {}", to_string(axes));
  const size_t rank_a = t.rank(0), rank_b = t.rank(1);
  const int64_t axis_a = axis_of(t, axes[0], rank_a), axis_b = axis_of(t, axes[1], rank_b);
  if (flag_of(t, "normalize", false)) {
    a = &normalized(t, *a, axis_a);
    b = &normalized(t, *b, axis_b);
  }
  if (rank_a + rank_b > 20 || axis_a == 0 || axis_b == 0) t.refuse("it sums over axes {}", to_string(axes));
  std::string left = "z", right = "z", result = "z";  // z: the batch, y: what is summed over
  char next = 'a';
  for (int64_t axis = 1; axis < static_cast<int64_t>(rank_a); ++axis) left += axis == axis_a ? 'y' : next++;
  for (int64_t axis = 1; axis < static_cast<int64_t>(rank_b); ++axis) right += axis == axis_b ? 'y' : next++;
  for (const char letter : left.substr(1) + right.substr(1))
    if (letter != 'y') result += letter;
  Value& y = t.add("Einsum", {a, b}, {{"equation", left + "," + right + "->" + result}});
  // Two vectors give a column.
  t.set_output(0, result.size() == 1 ? t.add("Unsqueeze", {&y, &t.ints({1})}) : y);
}

// Masks: a step passes when it does in every input that has a mask.
void raise_all_masks(Translation& t) { t.set_output(0, fold_inputs(t, "And")); }

void raise_any_masks(Translation& t) { t.set_output(0, fold_inputs(t, "Or")); }

// The mask of a sequence without one: every step passes.
void raise_ones_mask(Translation& t) {
  Value& sizes = t.add("Slice", {&t.shape_of(t.required(0)), &t.ints({0}), &t.ints({2})});
  t.set_output(0, t.add("ConstantOfShape", {&sizes},
                        {{"value", Tensor::of<uint8_t>({1}, {1}).with_dtype(DType::boolean)}}));
}

}  // namespace

OpMappings merge_ops() {
  return {
      {"keras.Add", "Add", raise_merge, nullptr, ""},
      {"keras.Average", "Div", raise_average, nullptr, ""},
      {"keras.Concatenate", "Concat", raise_concatenate, nullptr, ""},
      {"keras.CustomScaleLayer", "Add", raise_scaled_sum, nullptr, "of keras.applications"},
      {"keras.Dot", "Einsum", raise_dot, nullptr, ""},
      {"keras.Maximum", "Max", raise_merge, nullptr, ""},
      {"keras.Minimum", "Min", raise_merge, nullptr, ""},
      {"keras.Multiply", "Mul", raise_merge, nullptr, ""},
      {"keras.Subtract", "Sub", raise_merge, nullptr, ""},
      {"keras.all_masks", "And", raise_all_masks, nullptr, "the mask of a merging layer"},
      {"keras.any_masks", "Or", raise_any_masks, nullptr, "the mask of a merging layer"},
      {"keras.ones_mask", "ConstantOfShape", raise_ones_mask, nullptr, "the mask of a merging layer"},
  };
}

}  // namespace modelconv::keras
