#include <algorithm>
#include <cmath>

#include "ops/attributes.h"
#include "passes/fold/evaluate.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

struct Range {
  double low = -INFINITY, high = INFINITY;
};

// The constant bounds of a Clip or Relu.
std::optional<Range> range_of(const Node& node) {
  if (node.op() == OpName("Relu")) return Range{0, INFINITY};
  if (node.op() != OpName("Clip")) return std::nullopt;
  Range range;
  for (size_t i = 1; i < 3; ++i) {
    const Value* bound = node.input(i);
    if (!bound) continue;
    if (!bound->is_constant() || bound->constant().size() != 1) return std::nullopt;
    (i == 1 ? range.low : range.high) = bound->constant().to_double()[0];
  }
  return range;
}

// Clip(Clip(x)): applying the inner bounds and then the outer ones is one Clip with each inner bound clipped by the outer.
Outcome fuse_clips(Node& node, Patch& patch) {
  const Node* inner = node.input(0)->producer();
  const auto outer_range = range_of(node);
  const auto inner_range = inner ? range_of(*inner) : std::nullopt;
  if (!outer_range || !inner_range) return no_match();
  if (!is_float(node.output()->dtype())) return refuse("bounds of integers are left as they are");
  // Written so that a NaN bound is refused too.
  if (!(outer_range->low <= outer_range->high && inner_range->low <= inner_range->high))
    return refuse("bounds are crossed or NaN");
  // One number for every x, but Clip to [0.0, 0.0] leaves a -0.0 as it is.
  if (inner_range->low > outer_range->high || inner_range->high < outer_range->low)
    return refuse("the two ranges do not overlap");
  const double low = std::clamp(inner_range->low, outer_range->low, outer_range->high);
  const double high = std::clamp(inner_range->high, outer_range->low, outer_range->high);
  Value& x = *inner->input(0);
  // Relu gives 0.0 where Clip gives its bound, -0.0.
  if (low == 0 && !std::signbit(low) && high == INFINITY) return replace_root(patch, patch.add("Relu", {&x}));
  Value* low_bound = low == -INFINITY ? nullptr : &scalar_like(patch, x, low);
  Value* high_bound = high == INFINITY ? nullptr : &scalar_like(patch, x, high);
  return replace_root(patch, patch.add("Clip", {&x, low_bound, high_bound}));
}

}  // namespace

Rules fuse_clip_rules() {
  return {Rule("fuse_clips")
              .describe("chains of Clip and Relu are one Clip or Relu")
              .on({"Clip", "Relu"}, fuse_clips)};
}

}  // namespace modelconv
