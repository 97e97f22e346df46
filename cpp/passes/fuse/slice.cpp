#include <set>

#include "ops/attributes.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

struct SliceParts {
  std::vector<int64_t> starts, ends, axes, steps;
};

std::optional<std::vector<int64_t>> constant_ints(const Node& node, size_t index) {
  const Value* value = node.input(index);
  if (!value || !value->is_constant()) return std::nullopt;
  return value->constant().to_int64();
}

// All parameters of a Slice, when they are constant; axes counted from the front.
std::optional<SliceParts> parts_of(const Node& slice) {
  const auto starts = constant_ints(slice, 1), ends = constant_ints(slice, 2);
  const Shape& shape = slice.input(0)->shape();
  if (!starts || !ends || !shape.has_rank()) return std::nullopt;
  SliceParts parts{*starts, *ends, {}, {}};
  for (size_t i = 0; i < starts->size(); ++i) {
    parts.axes.push_back(static_cast<int64_t>(i));
    parts.steps.push_back(1);
  }
  if (slice.input(3)) {
    const auto axes = constant_ints(slice, 3);
    if (!axes || axes->size() != starts->size()) return std::nullopt;
    for (size_t i = 0; i < axes->size(); ++i)
      parts.axes[i] = static_cast<int64_t>(normalize_axis((*axes)[i], shape.rank()));
  }
  if (slice.input(4)) {
    const auto steps = constant_ints(slice, 4);
    if (!steps || steps->size() != starts->size()) return std::nullopt;
    parts.steps = *steps;
  }
  return parts;
}

// Slices of different axes do not see each other and are one Slice.
Outcome fuse_slices(Node& node, Patch& patch) {
  const Node* inner = node.input(0)->producer();
  if (!inner || inner->op() != OpName("Slice")) return no_match();
  if (!node.input(0)->has_one_use()) return refuse("'{}' has other uses", node.input(0)->name());
  const auto first = parts_of(*inner), second = parts_of(node);
  if (!first || !second) return refuse("starts, ends, axes or steps are not constant");
  SliceParts both = *first;
  const std::set<int64_t> taken(first->axes.begin(), first->axes.end());
  for (size_t i = 0; i < second->axes.size(); ++i) {
    if (taken.contains(second->axes[i])) return refuse("both slice axis {}", second->axes[i]);
    both.starts.push_back(second->starts[i]);
    both.ends.push_back(second->ends[i]);
    both.axes.push_back(second->axes[i]);
    both.steps.push_back(second->steps[i]);
  }
  return replace_root(patch,
                      patch.add("Slice", {inner->input(0), &patch.ints(both.starts), &patch.ints(both.ends),
                                          &patch.ints(both.axes), &patch.ints(both.steps)}));
}

}  // namespace

Rules fuse_slice_rules() {
  return {Rule("fuse_slices").describe("Slices of different axes are one Slice").on({"Slice"}, fuse_slices)};
}

}  // namespace modelconv
