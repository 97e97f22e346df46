// Negative axes: allowed since opset 11 by the operators that had axes before.
#include "formats/onnx/versions/axes.h"

#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {

namespace {

void lower_axis(Step& step) {
  const auto* axis = step.attrs().get<int64_t>("axis");
  if (!axis || *axis >= 0) return;
  std::vector<int64_t> axes{*axis};
  count_axes_from_front(step, axes, step.rank_of(0));
  step.attrs().set("axis", axes[0]);
}

// The newest TopK counts from the back when it has no axis, older ones too: -1 is the default of all.
void lower_axis_of_top_k(Step& step) {
  step.attrs().set("axis", step.int_or("axis", -1));
  lower_axis(step);
}

}  // namespace

void lower_axes(Step& step) {
  const auto* given = step.attrs().get<std::vector<int64_t>>("axes");
  if (!given) return;
  std::vector<int64_t> axes = *given;
  bool all_from_front = true;
  for (const int64_t axis : axes) all_from_front = all_from_front && axis >= 0;
  if (all_from_front) return;
  const size_t added = step.node().op().name() == "Unsqueeze" ? axes.size() : 0;
  count_axes_from_front(step, axes, step.rank_of(0) + added);
  step.attrs().set("axes", axes);
}

Boundaries axis_boundaries() {
  Boundaries rows;
  for (const char* op : {"ArgMax", "ArgMin", "Compress", "Concat", "Flatten", "Gather", "Split"})
    rows.push_back({op, 11, nullptr, lower_axis});
  for (const char* op : {"Squeeze", "Unsqueeze"}) rows.push_back({op, 11, nullptr, lower_axes});
  rows.push_back({"TopK", 11, nullptr, lower_axis_of_top_k});
  return rows;
}

}  // namespace modelconv::onnx
