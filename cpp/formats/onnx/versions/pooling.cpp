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

// Since 22 windows that would start in the padding behind the data are left out when sizes are rounded up.
void lower_ceil_mode(Step& step) {
  const auto* kernel = step.attrs().get<std::vector<int64_t>>("kernel_shape");
  const auto dims = step.required(0).shape().static_dims();
  const auto out = step.node().output() ? step.node().output()->shape().static_dims() : std::nullopt;
  const auto auto_pad = step.attrs().get_or<std::string>("auto_pad", "NOTSET");
  if (step.int_or("ceil_mode", 0) == 0 || auto_pad != "NOTSET" || !kernel || !dims || !out) return;
  const size_t axes = kernel->size();
  if (dims->size() != axes + 2 || out->size() != axes + 2) return;
  const auto per_axis = [&](const char* name, size_t count, int64_t fallback) {
    const auto* values = step.attrs().get<std::vector<int64_t>>(name);
    return values && values->size() == count ? *values : std::vector<int64_t>(count, fallback);
  };
  const auto strides = per_axis("strides", axes, 1), dilations = per_axis("dilations", axes, 1),
             pads = per_axis("pads", 2 * axes, 0);
  for (size_t i = 0; i < axes; ++i) {
    if (strides[i] < 1) step.refuse("a stride is {}", strides[i]);
    const int64_t room = (*dims)[i + 2] + pads[i] + pads[axes + i] - (dilations[i] * ((*kernel)[i] - 1) + 1);
    if ((room + strides[i] - 1) / strides[i] + 1 != (*out)[i + 2])
      step.refuse("with ceil_mode, windows that start in the padding are left out since opset 22 only");
  }
}

}  // namespace

Boundaries pooling_boundaries() {
  return {
      {"AveragePool", 10},
      {"AveragePool", 11},
      {"AveragePool", 19, nullptr, lower_dilations},
      {"AveragePool", 22, nullptr, lower_ceil_mode},
      {"LpPool", 11},
      {"LpPool", 18, nullptr, lower_dilations},
      {"LpPool", 22},
      {"MaxPool", 8, nullptr, lower_indices},
      {"MaxPool", 10, nullptr, lower_dilations},
      {"MaxPool", 11},
      {"MaxPool", 12},
      {"MaxPool", 22, nullptr, lower_ceil_mode},
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
