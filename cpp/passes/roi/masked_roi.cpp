#include <algorithm>

#include "ops/attributes.h"
#include "passes/fold/evaluate.h"
#include "passes/fuse/parameters.h"
#include "passes/roi/roi.h"

namespace modelconv {
namespace {

// The NonZero of a mask of one axis behind `indices`, which are its result with axes of size 1 put in or taken out.
const Node* nonzero_behind(const Value* indices) {
  static const std::vector<OpName> kForms = {"Squeeze",   "Unsqueeze", "Reshape",
                                             "Transpose", "Flatten",   "Identity"};
  const Node* node = indices ? indices->producer() : nullptr;
  while (node && std::find(kForms.begin(), kForms.end(), node->op()) != kForms.end())
    node = node->input(0)->producer();
  if (!node || node->op() != OpName("NonZero")) return nullptr;
  const Shape& mask = node->input(0)->shape();
  return mask.has_rank() && mask.rank() == 1 ? node : nullptr;
}

bool is_first_axis(const Node& node) { return int_attr(node, "axis") == 0; }

// Operators that treat every row by itself, so that choosing rows may come after them.
bool is_row_wise(const Node& node) {
  const Shape& shape = node.input(0)->shape();
  if (!shape.has_rank()) return false;
  if (node.op() == OpName("Cast")) return true;
  if (node.op() == OpName("Gather")) return normalize_axis(int_attr(node, "axis"), shape.rank()) != 0;
  const size_t axes = node.op() == OpName("Slice") ? 3 : 1;
  if (node.op() != OpName("Slice") && node.op() != OpName("Squeeze")) return false;
  const auto named = constant_axes(node, axes, shape.rank());
  return named && std::find(named->begin(), named->end(), 0) == named->end();
}

// `value` as it would be for all rows, where it is computed row by row from those that `chosen` names.
Value* for_all_rows(Patch& patch, Value& value, const Node& chosen, int depth = 0) {
  const Node* node = value.producer();
  if (!node || depth > 8) return nullptr;
  if (node->op() == OpName("Gather") && is_first_axis(*node) && nonzero_behind(node->input(1)) == &chosen)
    return node->input(0);
  if (!is_row_wise(*node)) return nullptr;
  Value* source = for_all_rows(patch, *node->input(0), chosen, depth + 1);
  if (!source) return nullptr;
  std::vector<Value*> inputs(node->inputs().begin(), node->inputs().end());
  inputs[0] = source;
  return &patch.add(node->op(), std::move(inputs), node->attrs);
}

// The numbers of rows that a scatter writes whole: [k, 1] for ScatterND, [k, 1, 1, 1] expanded for ScatterElements.
const Node* scattered_rows(const Node& scatter) {
  const Value* indices = scatter.input(1);
  if (scatter.op() == OpName("ScatterND")) {
    const Shape& shape = indices->shape();
    return shape.has_rank() && shape.rank() == 2 && shape[1].equals(1) ? nonzero_behind(indices) : nullptr;
  }
  const Node* expand = indices->producer();
  const Shape& data = scatter.input(0)->shape();
  if (!expand || expand->op() != OpName("Expand") || !data.has_rank() || !is_first_axis(scatter))
    return nullptr;
  const Shape &column = expand->input(0)->shape(), &written = scatter.input(2)->shape();
  if (!column.has_rank() || column.rank() != data.rank() || !written.has_rank()) return nullptr;
  for (size_t axis = 1; axis < data.rank(); ++axis)
    if (!column[axis].equals(1) || !(written[axis] == data[axis])) return nullptr;
  return nonzero_behind(expand->input(0));
}

Outcome mask_scattered_rois(Node& node, Patch& patch) {
  const Node* roi = node.input(2)->producer();
  if (!roi || roi->op() != OpName("RoiAlign")) return no_match();
  const std::string reduction = string_attr(node, "reduction");
  if (reduction != "none" && reduction != "add") return refuse("reduction is {}", reduction);
  const Node* chosen = scattered_rows(node);
  if (!chosen) return refuse("it does not write whole rows that a NonZero names");
  Value* rois = for_all_rows(patch, *roi->input(1), *chosen);
  Value* batch = for_all_rows(patch, *roi->input(2), *chosen);
  if (!rois || !batch) return refuse("the proposals are not those that the NonZero names");
  Value& all = patch.add("RoiAlign", {roi->input(0), rois, batch}, roi->attrs, roi->name());
  Value& column = patch.add("Reshape", {chosen->input(0), &patch.ints({-1, 1, 1, 1})});
  Value& mask = column.dtype() == DType::boolean
                    ? column
                    : patch.add("Cast", {&column}, {{"to", static_cast<int64_t>(DType::boolean)}});
  Value& data = *node.input(0);
  Value& result =
      reduction == "none"
          ? patch.add("Where", {&mask, &all, &data})
          : patch.add("Add", {&data, &patch.add("Where", {&mask, &all, &scalar_like(patch, data, 0)})});
  if (!result.shape().equals(node.output()->shape()))
    return refuse("there is not provably one row of {} for each proposal", data.shape().str());
  return replace_root(patch, result);
}

}  // namespace

Rules masked_roi_rules() {
  return {
      Rule("mask_scattered_rois")
          .describe(
              "RoiAlign of the proposals that NonZero names, scattered into all, becomes RoiAlign of all and "
              "Where")
          .on({"ScatterND", "ScatterElements"}, mask_scattered_rois)};
}

}  // namespace modelconv
