// Operators that move elements, and those that compute with shapes.
#include <algorithm>

#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

// Since 14 a zero in the shape can mean zero elements; before it always means "as in the input". Shapes that are computed
// from sizes are taken as not zero: of an empty tensor, the size that the zero stands for is zero as well.
void lower_allowzero(Step& step) {
  if (step.int_or("allowzero", 0) == 0) return;
  const Value& shape = step.required(1);
  const bool computed = !shape.is_constant() && shape.elements;
  std::vector<Dim> sizes;
  if (computed)
    sizes = *shape.elements;
  else
    for (const int64_t size : step.constant_ints(1, "shape")) sizes.emplace_back(size);
  for (const Dim& size : sizes)
    if (size.equals(0) || size.is_unknown())
      step.refuse("its new shape holds, or may hold, a zero (allowzero=1)");
  step.attrs().remove("allowzero");
}

// Since 15 Shape can give some of the dimensions.
void lower_shape_range(Step& step) {
  const auto* end = step.attrs().get<int64_t>("end");
  const int64_t start = step.int_or("start", 0);
  if (start == 0 && !end) return step.attrs().remove("start");
  Value& all = step.add("Shape", {&step.required(0)});
  Value& last = step.ints({end ? *end : INT64_MAX});
  step.replace_output(0, step.add("Slice", {&all, &step.ints({start}), &last, &step.ints({0})}));
  step.done();
}

void raise_scatter(Step& step) { step.set_op("ScatterElements"); }

void lower_to_scatter(Step& step) {
  if (const auto* axis = step.attrs().get<int64_t>("axis"); axis && *axis < 0)
    step.attrs().set("axis", *axis + static_cast<int64_t>(step.rank_of(0)));
  step.set_op("Scatter");
}

void lower_reduction(Step& step) {
  const auto reduction = step.attrs().get_or<std::string>("reduction", "none");
  if (reduction == "max" || reduction == "min") step.refuse("reduction '{}' came with opset 18", reduction);
}

// Before 11 both branches of an If give the same shapes.
void lower_branches(Step& step) {
  const std::vector<Graph*> branches = step.node().subgraphs();
  if (branches.size() != 2) return;
  for (size_t i = 0; i < step.node().output_count(); ++i) {
    if (i >= branches[0]->outputs().size() || i >= branches[1]->outputs().size()) return;
    const Type &one = branches[0]->outputs()[i].value->type, &other = branches[1]->outputs()[i].value->type;
    if (!one.compatible_with(other))
      step.refuse("its branches give {} and {}, which opset 11 was the first to allow", one.str(),
                  other.str());
  }
}

// Since 28 in two orders, as DepthToSpace: b, c, h, w -> [b, c, h/k, k, w/k, k] -> [b, c, k, k, h/k, w/k].
void lower_space_to_depth(Step& step) {
  if (step.attrs().get_or<std::string>("mode", "DCR") == "DCR") return;
  const auto dims = step.required(0).shape().static_dims();
  const int64_t k = step.int_or("blocksize", 1);
  if (!dims || dims->size() != 4 || k < 1)
    step.refuse("mode CRD came with opset 28, and its input's shape is not known");
  const int64_t n = (*dims)[0], c = (*dims)[1], h = (*dims)[2] / k, w = (*dims)[3] / k;
  Value& blocks = step.add("Reshape", {&step.required(0), &step.ints({n, c, h, k, w, k})});
  Value& moved = step.add("Transpose", {&blocks}, {{"perm", std::vector<int64_t>{0, 1, 3, 5, 2, 4}}});
  step.replace_output(0, step.add("Reshape", {&moved, &step.ints({n, c * k * k, h, w})}));
  step.done();
}

}  // namespace

Boundaries shape_boundaries() {
  return {
      {"If", 11, nullptr, lower_branches},
      {"Reshape", 13},
      {"Reshape", 14, nullptr, lower_allowzero},
      {"Shape", 13},
      {"Shape", 15, nullptr, lower_shape_range},
      {"Scatter", 9},
      {"Scatter", 11, raise_scatter},
      {"ScatterElements", 11, nullptr, lower_to_scatter},
      {"ScatterElements", 13},
      {"ScatterElements", 16},
      {"ScatterElements", 18, nullptr, lower_reduction},
      {"ScatterND", 11},
      {"ScatterND", 13},
      {"ScatterND", 16},
      {"ScatterND", 18, nullptr, lower_reduction},
      {"SpaceToDepth", 13},
      {"SpaceToDepth", 28, nullptr, lower_space_to_depth},
  };
}

}  // namespace modelconv::onnx
