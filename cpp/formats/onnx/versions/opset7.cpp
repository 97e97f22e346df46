// Opset 6, as old exporters wrote it: broadcasting had to be asked for, inference mode was an attribute.
#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

// `value` with ones behind it, so that its axes lie on those of `like` from `axis` on.
Value& align(Step& step, Value& value, const Value& like, int64_t axis) {
  if (!like.shape().has_rank() || !value.shape().has_rank())
    step.refuse("the ranks of its inputs are not known");
  const auto rank = static_cast<int64_t>(like.shape().rank()),
             own = static_cast<int64_t>(value.shape().rank());
  const int64_t behind = rank - own - (axis < 0 ? axis + rank : axis);
  if (behind < 0) step.refuse("axis {} does not fit ranks {} and {}", axis, rank, own);
  if (behind == 0) return value;
  std::vector<int64_t> axes;
  for (int64_t i = 0; i < behind; ++i) axes.push_back(own + i);
  return step.add("Unsqueeze", {&value, &step.ints(axes)});
}

void raise_broadcast(Step& step) {
  const auto* axis = step.attrs().get<int64_t>("axis");
  if (step.int_or("broadcast", 0) != 0 && axis)
    step.set_input(1, &align(step, step.required(1), step.required(0), *axis));
  for (const char* name : {"broadcast", "axis", "consumed_inputs"}) step.attrs().remove(name);
}

// A slope per channel, where it is no single number.
void raise_prelu(Step& step) {
  Value& slope = step.required(1);
  const Shape& shape = slope.shape();
  step.attrs().remove("consumed_inputs");
  if (!shape.has_rank()) step.refuse("the rank of its slope is not known");
  if (shape.rank() == 1 && !shape[0].equals(1)) step.set_input(1, &align(step, slope, step.required(0), 1));
}

void raise_gemm(Step& step) { step.attrs().remove("broadcast"); }

void raise_inference_mode(Step& step) {
  const bool inference = step.int_or("is_test", 0) != 0;
  bool one_output = true;
  for (size_t i = 1; i < step.node().output_count(); ++i) one_output = one_output && !step.node().output(i);
  if (!inference && !one_output) step.refuse("training (is_test=0) of opset 6 is not read");
  for (const char* name : {"is_test", "consumed_inputs"}) step.attrs().remove(name);
}

}  // namespace

Boundaries opset7_boundaries() {
  Boundaries rows{
      {"PRelu", 7, raise_prelu},
      {"Gemm", 7, raise_gemm},
      {"BatchNormalization", 7, raise_inference_mode},
      {"Dropout", 7, raise_inference_mode},
      {"AveragePool", 7},
  };
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less"})
    rows.push_back({op, 7, raise_broadcast});
  return rows;
}

}  // namespace modelconv::onnx
