// Elementwise operators: broadcasting, mixed types and comparisons that came later.
#include <algorithm>

#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

void replace(Step& step, Value& value) {
  step.replace_output(0, value);
  step.done();
}

// Max, Min, Mean and Sum broadcast since opset 8.
void lower_broadcast(Step& step) {
  const Shape& first = step.required(0).shape();
  for (size_t i = 1; i < step.node().input_count(); ++i)
    if (!step.required(i).shape().equals(first)) step.refuse("its inputs are not known to have one shape");
}

// Since 12 the exponent may have another type.
void lower_pow(Step& step) {
  if (step.required(0).dtype() == DType::undefined) step.refuse("the element type of its input is not known");
  step.set_input(1, &step.cast(step.required(1), step.required(0).dtype()));
}

// Since 28 fmod=0 takes floats too: the remainder of C, moved by y where its sign is not that of y.
void lower_mod(Step& step) {
  Value &x = step.required(0), &y = step.required(1);
  if (step.int_or("fmod", 0) != 0 || !is_float(x.dtype())) return;
  Value& rest = step.add("Mod", {&x, &y}, {{"fmod", int64_t{1}}});
  Value& zero = step.scalar(x, 0);
  Value& other_sign = step.add("Xor", {&step.add("Less", {&rest, &zero}), &step.add("Less", {&y, &zero})});
  Value& not_zero = step.add("Not", {&step.add("Equal", {&rest, &zero})});
  Value& moved = step.add("Add", {&rest, &y});
  replace(step, step.add("Where", {&step.add("And", {&other_sign, &not_zero}), &moved, &rest}));
}

void lower_or_equal(Step& step) {
  const char* strict = step.node().op().name() == "GreaterOrEqual" ? "Greater" : "Less";
  Value &a = step.required(0), &b = step.required(1);
  replace(step, step.add("Or", {&step.add(strict, {&a, &b}), &step.add("Equal", {&a, &b})}));
}

void lower_cast_like(Step& step) {
  const DType dtype = step.required(1).dtype();
  if (dtype == DType::undefined)
    step.refuse("the element type of '{}' is not known", step.required(1).name());
  Attrs attrs = step.attrs();
  attrs.set("to", static_cast<int64_t>(dtype));
  replace(step, step.add("Cast", {&step.required(0)}, attrs));
}

// Before 11 C had to be there.
void lower_gemm(Step& step) {
  if (step.input(2)) return;
  const DType dtype = step.required(0).dtype();
  if (dtype == DType::undefined) step.refuse("the element type of its input is not known");
  step.set_input(2, &step.constant(Tensor::filled(dtype, {1}, 0)));
}

}  // namespace

Boundaries elementwise_boundaries() {
  Boundaries rows{
      {"Pow", 12, nullptr, lower_pow},
      {"Pow", 13},
      {"Pow", 15},
      {"Mod", 10},
      {"Mod", 13},
      {"Mod", 28, nullptr, lower_mod},
      {"CastLike", 15, nullptr, lower_cast_like},
      {"Gemm", 9},
      {"Gemm", 11, nullptr, lower_gemm},
      {"Gemm", 13},
  };
  for (const char* op : {"Max", "Min", "Mean", "Sum"}) {
    rows.push_back({op, 8, nullptr, lower_broadcast});
    rows.push_back({op, 13});
  }
  for (const char* op : {"GreaterOrEqual", "LessOrEqual"}) {
    rows.push_back({op, 12, nullptr, lower_or_equal});
    rows.push_back({op, 16});
  }
  return rows;
}

}  // namespace modelconv::onnx
