// ReduceX: axes became an input with opset 18, for ReduceSum already with 13; negative axes came with 11.
#include "formats/onnx/versions/axes.h"
#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

void raise_axes(Step& step) {
  const auto* axes = step.attrs().get<std::vector<int64_t>>("axes");
  if (!axes) return;
  step.set_input(1, &step.ints(*axes));
  step.attrs().remove("axes");
}

// What a reduction over no axes leaves: the operator's work on single elements.
void replace_by_elementwise(Step& step) {
  Value& x = step.required(0);
  const std::string op = step.node().op().name();
  if (op == "ReduceL1" || op == "ReduceL2")
    step.replace_output(0, step.add("Abs", {&x}));
  else if (op == "ReduceSumSquare")
    step.replace_output(0, step.add("Mul", {&x, &x}));
  else if (op == "ReduceLogSum")
    step.replace_output(0, step.add("Log", {&x}));
  else
    step.replace_output(0, step.add("Identity", {&x}));
  step.done();
}

void lower_axes_input(Step& step) {
  const bool keep_all = step.int_or("noop_with_empty_axes", 0) != 0;
  step.attrs().remove("noop_with_empty_axes");
  std::vector<int64_t> axes;
  if (step.input(1)) axes = step.constant_ints(1, "axes");
  if (axes.empty() && keep_all) return replace_by_elementwise(step);
  step.set_input(1, nullptr);
  if (!axes.empty()) step.attrs().set("axes", axes);  // none: all
}

// Opset 28 takes integers away, where the result was hardly meaningful.
void raise_integers_through_double(Step& step) {
  const DType dtype = step.required(0).dtype();
  if (!is_integer(dtype)) return;
  step.set_input(0, &step.cast(step.required(0), DType::float64));
  step.wrap_output(0, "Cast", {}, {{"to", static_cast<int64_t>(dtype)}});
}

}  // namespace

Boundaries reduction_boundaries() {
  Boundaries rows{{"ReduceSum", 13, raise_axes, lower_axes_input},
                  {"ReduceLogSum", 28, raise_integers_through_double},
                  {"ReduceLogSumExp", 28, raise_integers_through_double},
                  {"Erf", 13, raise_integers_through_double}};
  for (const char* op : {"ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
                         "ReduceMin", "ReduceProd", "ReduceSumSquare"}) {
    rows.push_back({op, 18, raise_axes, lower_axes_input});
    rows.push_back({op, 13});
    rows.push_back({op, 11, nullptr, lower_axes});
  }
  rows.push_back({"ReduceSum", 11, nullptr, lower_axes});
  for (const char* op : {"ReduceMax", "ReduceMin"}) {
    rows.push_back({op, 12});
    rows.push_back({op, 20});
  }
  return rows;
}

}  // namespace modelconv::onnx
