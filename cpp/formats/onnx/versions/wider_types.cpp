// Element types that operators got later: computed in a type that the older version has.
#include <limits>

#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

void replace(Step& step, Value& value) {
  step.replace_output(0, value);
  step.done();
}

bool is_narrow_integer(DType dtype) { return is_integer(dtype) && bit_width(dtype) <= 16; }

// Sums, products and quotients of integers of 8 and 16 bits fit into 64; the way back wraps as the operator does.
void lower_narrow_arithmetic(Step& step) {
  const DType dtype = step.required(0).dtype();
  if (!is_narrow_integer(dtype)) return;
  Value& a = step.cast(step.required(0), DType::int64);
  Value& b = step.cast(step.required(1), DType::int64);
  replace(step, step.cast(step.add(step.node().op(), {&a, &b}), dtype));
}

// Integers are compared since 9 and chosen by Where.
void lower_integer_extreme(Step& step) {
  const DType dtype = step.required(0).dtype();
  if (!is_integer(dtype)) return;
  const char* wins = step.node().op().name() == "Max" ? "Greater" : "Less";
  Value* best = &step.required(0);
  for (size_t i = 1; i < step.node().input_count(); ++i) {
    Value& next = step.required(i);
    best = &step.add("Where", {&step.add(wins, {best, &next}), best, &next});
  }
  replace(step, step.node().input_count() > 1 ? *best : step.add("Identity", {best}));
}

// Before 11 bool, int32 and int64 only. NaN is neither less nor greater than anything, and not equal either.
void lower_equal(Step& step) {
  const DType dtype = step.required(0).dtype();
  Value &a = step.required(0), &b = step.required(1);
  if (is_narrow_integer(dtype) || dtype == DType::uint32)
    return replace(step, step.add("Equal", {&step.cast(a, DType::int64), &step.cast(b, DType::int64)}));
  if (!is_float(dtype)) return;
  Value& differs = step.add("Or", {&step.add("Less", {&a, &b}), &step.add("Greater", {&a, &b})});
  Value& unordered = step.add("Or", {&step.add("IsNaN", {&a}), &step.add("IsNaN", {&b})});
  replace(step, step.add("Not", {&step.add("Or", {&differs, &unordered})}));
}

void clip_by_choice(Step& step) {
  Value* x = &step.required(0);
  for (const auto& [index, beyond] : {std::pair(size_t{1}, "Less"), std::pair(size_t{2}, "Greater")})
    if (Value* limit = step.input(index)) x = &step.add("Where", {&step.add(beyond, {x, limit}), limit, x});
  replace(step, x == step.input(0) ? step.add("Identity", {x}) : *x);
}

void lower_integer_clip(Step& step) {
  if (is_integer(step.required(0).dtype())) clip_by_choice(step);
}

// Limits as inputs came with 11; then computed ones are chosen.
void lower_clip(Step& step) {
  for (const size_t index : {size_t{1}, size_t{2}})
    if (const Value* limit = step.input(index); limit && !limit->is_constant()) return clip_by_choice(step);
  for (const auto& [attribute, index] : {std::pair("min", size_t{1}), std::pair("max", size_t{2})}) {
    if (!step.input(index)) continue;
    const std::vector<double> limit = step.constant_numbers(index, attribute);
    if (limit.size() != 1) step.refuse("its {} is not one number", attribute);
    step.attrs().set(attribute, static_cast<float>(limit[0]));
  }
  step.remove_inputs_from(1);
}

void raise_clip(Step& step) {
  const float lowest = std::numeric_limits<float>::lowest(), highest = std::numeric_limits<float>::max();
  const auto min = step.attrs().get_or<float>("min", lowest),
             max = step.attrs().get_or<float>("max", highest);
  step.attrs().remove("min");
  step.attrs().remove("max");
  if (min != lowest) step.set_input(1, &step.scalar(step.required(0), min));
  if (max != highest) step.set_input(2, &step.scalar(step.required(0), max));
}

// Before 20 float and double only; numbers of the half types are floats, infinities too.
void lower_half_test(Step& step) {
  const DType dtype = step.required(0).dtype();
  if (dtype == DType::float16 || dtype == DType::bfloat16)
    step.set_input(0, &step.cast(step.required(0), DType::float32));
}

// Of the newest versions of the two: the one that stands last, or first.
void lower_last_index(Step& step) {
  if (step.int_or("select_last_index", 0) == 0) return;
  Value& x = step.required(0);
  const size_t rank = step.rank_of(0);
  const auto axis = static_cast<int64_t>(normalize_axis(step.int_or("axis", 0), rank));
  const Dim& length = x.shape()[static_cast<size_t>(axis)];
  if (!length.is_known()) step.refuse("the last index is wanted of an axis whose length is not known");
  Value& backwards =
      step.add("Slice", {&x, &step.ints({-1}), &step.ints({std::numeric_limits<int64_t>::min()}),
                         &step.ints({axis}), &step.ints({-1})});
  Attrs attrs{{"axis", axis}, {"keepdims", step.int_or("keepdims", 1)}};
  Value& index = step.add(step.node().op(), {&backwards}, std::move(attrs));
  replace(step, step.add("Sub", {&step.constant(Tensor::scalar(length.value() - 1)), &index}));
}

// Before 10 nothing is greater than a threshold but by comparison.
void lower_thresholded_relu(Step& step) {
  Value& x = step.required(0);
  Value& above = step.add("Greater", {&x, &step.scalar(x, step.attrs().get_or<float>("alpha", 1.0F))});
  replace(step, step.add("Where", {&above, &x, &step.scalar(x, 0)}));
}

}  // namespace

Boundaries wider_type_boundaries() {
  Boundaries rows{
      {"Equal", 11, nullptr, lower_equal},       {"Clip", 11, raise_clip, lower_clip},
      {"Clip", 12, nullptr, lower_integer_clip}, {"IsInf", 20, nullptr, lower_half_test},
      {"IsNaN", 20, nullptr, lower_half_test},   {"ThresholdedRelu", 10, nullptr, lower_thresholded_relu},
  };
  for (const char* op : {"Add", "Sub", "Mul", "Div"})
    rows.push_back({op, 14, nullptr, lower_narrow_arithmetic});
  for (const char* op : {"Max", "Min"}) rows.push_back({op, 12, nullptr, lower_integer_extreme});
  for (const char* op : {"ArgMax", "ArgMin"}) rows.push_back({op, 12, nullptr, lower_last_index});
  return rows;
}

}  // namespace modelconv::onnx
