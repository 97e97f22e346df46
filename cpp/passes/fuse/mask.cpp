// x[mask] as exporters write it: NonZero of the mask, and a Gather of what it gives. Compress does both at once.
#include "ops/attributes.h"
#include "passes/fuse/fuse.h"
#include "passes/fuse/parameters.h"

namespace modelconv {
namespace {

// The mask, when `indices` is NonZero(mask) with its axes swapped or flattened to what the user wants.
Value* mask_behind(const Value& indices, const char* form, size_t rank) {
  const Node* node = indices.producer();
  if (!node || node->op() != OpName(form) || !indices.has_one_use()) return nullptr;
  const Node* nonzero = node->input(0)->producer();
  if (!nonzero || nonzero->op() != OpName("NonZero") || !node->input(0)->has_one_use()) return nullptr;
  Value& mask = *nonzero->input(0);
  if (mask.dtype() != DType::boolean || !mask.shape().has_rank() || mask.shape().rank() != rank)
    return nullptr;
  return &mask;
}

// Gather(x, Squeeze|Reshape(NonZero(mask))): one row for each element of a mask of one axis.
Outcome gather_nonzero(Node& node, Patch& patch) {
  const Shape& indices = node.input(1)->shape();
  if (!indices.has_rank() || indices.rank() != 1 || !node.input(0)->shape().has_rank()) return no_match();
  Value* mask = nullptr;
  for (const char* form : {"Squeeze", "Reshape", "Flatten"})
    if (!mask) mask = mask_behind(*node.input(1), form, 1);
  if (!mask) return no_match();
  const size_t axis = normalize_axis(int_attr(node, "axis"), node.input(0)->shape().rank());
  return replace_root(patch,
                      patch.add("Compress", {node.input(0), mask}, {{"axis", static_cast<int64_t>(axis)}}));
}

// GatherND(x, Transpose(NonZero(mask))).
Outcome gather_nd_nonzero(Node& node, Patch& patch) {
  if (int_attr(node, "batch_dims") != 0 || !node.input(0)->shape().has_rank()) return no_match();
  const Shape& x = node.input(0)->shape();
  const Node* transpose = node.input(1)->producer();
  if (!transpose || transpose->op() != OpName("Transpose")) return no_match();
  if (Value* mask = mask_behind(*node.input(1), "Transpose", 1))
    return replace_root(patch, patch.add("Compress", {node.input(0), mask}, {{"axis", int64_t{0}}}));
  // A mask of x's own shape: the elements of both in one row.
  Value* mask = mask_behind(*node.input(1), "Transpose", x.rank());
  if (!mask || x.rank() < 2) return no_match();
  if (!mask->shape().equals(x))
    return refuse("the mask is not provably of the shape of what it selects from");
  Value& flat = patch.add("Reshape", {mask, &patch.ints({-1})});
  return replace_root(patch, patch.add("Compress", {node.input(0), &flat}));
}

}  // namespace

Rules fuse_mask_rules() {
  return {
      Rule("gather_nonzero_to_compress")
          .describe("a Gather by the NonZero of a bool mask of one axis is Compress")
          .on({"Gather"}, gather_nonzero),
      Rule("gather_nd_nonzero_to_compress")
          .describe("a GatherND by the NonZero of a bool mask of one axis, or of x's shape, is Compress")
          .on({"GatherND"}, gather_nd_nonzero),
  };
}

}  // namespace modelconv
