// Pooling: dilations came later, and are left out again where they are all 1.
#include <algorithm>

#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

void lower_dilations(Step& step) {
  const auto* dilations = step.attrs().get<std::vector<int64_t>>("dilations");
  if (!dilations) return;
  if (std::any_of(dilations->begin(), dilations->end(), [](int64_t by) { return by != 1; }))
    step.refuse("it has dilations");
  step.attrs().remove("dilations");
}

// An output that nobody reads is no reason to refuse.
void lower_indices(Step& step) {
  if (const Value* indices = step.node().output(1); indices && indices->is_unused())
    step.graph().drop_output(step.node(), 1);
}

}  // namespace

Boundaries pooling_boundaries() {
  return {
      {"AveragePool", 10},
      {"AveragePool", 11},
      {"AveragePool", 19, nullptr, lower_dilations},
      {"AveragePool", 22},
      {"LpPool", 11},
      {"LpPool", 18, nullptr, lower_dilations},
      {"LpPool", 22},
      {"MaxPool", 8, nullptr, lower_indices},
      {"MaxPool", 10, nullptr, lower_dilations},
      {"MaxPool", 11},
      {"MaxPool", 12},
      {"MaxPool", 22},
      {"MaxUnpool", 9},
      {"MaxUnpool", 11},
      {"MaxUnpool", 22},
      {"MaxRoiPool", 22},
      {"GlobalAveragePool", 22},
      {"GlobalLpPool", 22},
      {"GlobalMaxPool", 22},
  };
}

}  // namespace modelconv::onnx
