#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

// Over all axes from `axis` on, times a coefficient.
void raise_reduction(Translation& t) {
  const Term x = bottom(t, 0);
  const std::string operation = enum_of(t, "operation", {"SUM", "ASUM", "SUMSQ", "MEAN"}, 1, "SUM");
  std::vector<int64_t> axes;
  for (int64_t axis = axis_of(t, x, "axis", 0); axis < static_cast<int64_t>(x.rank()); ++axis)
    axes.push_back(axis);
  const char* op = operation == "SUM"     ? "ReduceSum"
                   : operation == "ASUM"  ? "ReduceL1"
                   : operation == "SUMSQ" ? "ReduceSumSquare"
                                          : "ReduceMean";
  const Term y = reduce(op, x, axes);
  const float factor = float_of(t, "coeff", 1);
  set_output(t, 0, factor == 1 ? y : y * factor);
}

void raise_softmax(Translation& t) {
  const Term x = bottom(t, 0);
  set_output(t, 0, compute("Softmax", {x}, {{"axis", axis_of(t, x, "axis", 1)}}));
}

// Indices as floats: along an axis; or of each image as one vector, [N, 1, k], with the values [N, 2, k].
void raise_arg_max(Translation& t) {
  Term x = bottom(t, 0);
  const bool by_axis = t.node().attrs.has("axis"), values = flag_of(t, "out_max_val", false);
  if (!by_axis) x = compute("Flatten", {x}, {{"axis", int64_t{1}}});
  const int64_t axis = by_axis ? axis_of(t, x, "axis", 1) : 1;
  const int64_t count = int_of(t, "top_k", 1);
  if (count < 1) fail(t, "top_k is {}", count);
  Node& best = t.add_node("TopK", {&x.value(), &numbers(t, {count}).value()}, {{"axis", axis}}, 2);
  const Term value = {t, *best.output(0)}, index = cast({t, *best.output(1)}, DType::float32);
  if (by_axis) return set_output(t, 0, values ? compute("Identity", {value}) : index);
  const Term row = unsqueeze(index, {1});
  set_output(t, 0, values ? concat({row, unsqueeze(value, {1})}, 1) : row);
}

}  // namespace

OpMappings reduction_ops() {
  return {
      {"caffe.ArgMax", "TopK", raise_arg_max, nullptr, ""},
      {"caffe.Reduction", "ReduceSum", raise_reduction, nullptr, ""},
      {"caffe.Softmax", "Softmax", raise_softmax, nullptr, ""},
  };
}

}  // namespace modelconv::caffe
