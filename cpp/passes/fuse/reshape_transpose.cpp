// A Transpose between two Reshapes, where the first only merges neighbouring axes: exporters write the transposed keys of
// batched attention as Reshape to three axes, Transpose of the last two, Reshape back to four.
#include <algorithm>

#include "ops/attributes.h"
#include "passes/fuse/fuse.h"
#include "passes/layout/transpose.h"

namespace modelconv {
namespace {

using Groups = std::vector<std::vector<size_t>>;

// Which neighbouring axes of `from` each axis of `to` consists of; nothing when `to` does more than merge axes.
std::optional<Groups> merged_axes(const Shape& from, const Shape& to) {
  Groups groups;
  size_t next = 0;
  for (size_t axis = 0; axis < to.rank(); ++axis) {
    std::vector<size_t> group;
    Dim product = 1;
    if (to[axis].equals(1) && next < from.rank() && from[next].equals(1)) group.push_back(next++);
    while (!(product == to[axis])) {
      if (next == from.rank()) return std::nullopt;
      product = product * from[next];
      group.push_back(next++);
    }
    groups.push_back(std::move(group));
  }
  // Axes of size 1 at the end belong to the last one.
  for (; next < from.rank(); ++next) {
    if (!from[next].equals(1) || groups.empty()) return std::nullopt;
    groups.back().push_back(next);
  }
  return groups;
}

bool is_reshaping(const Node* node) {
  static const std::vector<OpName> ops = {"Reshape", "Flatten", "Squeeze", "Unsqueeze"};
  return node && std::find(ops.begin(), ops.end(), node->op()) != ops.end();
}

Outcome fuse_reshape_transpose(Node& node, Patch& patch) {
  const Node* transpose = node.input(0)->producer();
  const auto p = transpose ? permutation_of(*transpose) : std::nullopt;
  if (!p || &transpose->graph() != &node.graph()) return no_match();
  const Node* first = transpose->input(0)->producer();
  if (!is_reshaping(first) || &first->graph() != &node.graph()) return no_match();
  if (!transpose->output()->has_one_use())
    return refuse("the transposed '{}' has other uses", transpose->output()->name());
  Value& x = *first->input(0);
  const Shape &from = x.shape(), &merged = first->output()->shape(), &result = node.output()->shape();
  if (!from.has_rank() || !merged.has_rank() || !result.has_rank()) return refuse("a rank is not known");
  const auto groups = merged_axes(from, merged);
  if (!groups) return refuse("{} to {} does more than merge axes", from.str(), merged.str());
  Permutation whole;
  for (const size_t axis : *p) whole.insert(whole.end(), (*groups)[axis].begin(), (*groups)[axis].end());
  if (!permuted(from, whole).equals(result))
    return refuse("the result {} is not {} with its axes moved", result.str(), from.str());
  if (is_identity(whole)) return replace_root(patch, x);
  return replace_root(patch, patch.add("Transpose", {&x}, {{"perm", to_attribute(whole)}}));
}

}  // namespace

Rules fuse_reshape_transpose_rules() {
  return {
      Rule("fuse_reshape_transpose_reshape")
          .describe(
              "Reshape, Transpose, Reshape are one Transpose where the first only merges axes that the last "
              "splits again")
          .on({"Reshape", "Flatten", "Squeeze", "Unsqueeze"}, fuse_reshape_transpose)};
}

}  // namespace modelconv
