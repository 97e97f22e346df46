#include "ops/attributes.h"
#include "ops/axes.h"
#include "passes/layout/layout.h"
#include "passes/layout/transpose.h"

namespace modelconv {
namespace {

Outcome fuse_transposes(Node& node, Patch& patch) {
  const auto outer = permutation_of(node);
  const auto inner = node.input(0)->producer() ? permutation_of(*node.input(0)->producer()) : std::nullopt;
  if (!outer || !inner) return no_match();
  Value& x = *node.input(0)->producer()->input(0);
  const Permutation both = compose(*inner, *outer);
  if (is_identity(both)) return replace_root(patch, x);
  return replace_root(patch, patch.add("Transpose", {&x}, {{"perm", to_attribute(both)}}));
}

Outcome transpose_to_reshape(Node& node, Patch& patch) {
  const auto p = permutation_of(node);
  const Shape& shape = node.input(0)->shape();
  if (!p || !shape.has_rank()) return refuse("its input's rank is not known");
  if (!keeps_memory_order(shape, *p)) return no_match();
  std::vector<int64_t> sizes;
  int64_t inferred = 0;
  for (const size_t axis : *p) {
    // A size of 0 means "copy" in Reshape, and makes -1 ambiguous.
    if (shape[axis].equals(0)) return refuse("it has no elements");
    inferred += shape[axis].is_known() ? 0 : 1;
    sizes.push_back(shape[axis].known().value_or(-1));
  }
  if (inferred > 1) return refuse("{} sizes of {} are not known", inferred, shape.str());
  return replace_root(patch, patch.add("Reshape", {node.input(0), &patch.ints(sizes)}));
}

}  // namespace

std::optional<Permutation> permutation_of(const Node& node) {
  static const OpName kTranspose("Transpose");
  if (node.op() != kTranspose) return std::nullopt;
  if (const auto perm = optional_ints(node, "perm")) return to_permutation(*perm);
  if (!node.input(0)->shape().has_rank()) return std::nullopt;
  Permutation reversed(node.input(0)->shape().rank());
  for (size_t i = 0; i < reversed.size(); ++i) reversed[i] = reversed.size() - 1 - i;
  return reversed;
}

bool keeps_memory_order(const Shape& shape, const Permutation& p) {
  size_t last = 0;
  for (const size_t axis : p) {
    if (shape[axis].equals(1)) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

Rule fuse_transposes_rule() {
  Rule rule("fuse_transposes");
  rule.describe("two Transposes are one, or none").on({"Transpose"}, fuse_transposes);
  return rule;
}

Rule transpose_to_reshape_rule() {
  Rule rule("transpose_to_reshape");
  rule.describe("a Transpose that only moves axes of size 1 is a Reshape")
      .on({"Transpose"}, transpose_to_reshape);
  return rule;
}

}  // namespace modelconv
