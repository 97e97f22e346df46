// Chains of operators that only change the shape, and shapes that are computed at run time although they are known.
#include "ops/attributes.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

const std::vector<OpName>& reshaping_ops() {
  static const std::vector<OpName> ops = {"Reshape", "Flatten", "Squeeze", "Unsqueeze"};
  return ops;
}

bool is_reshaping(const Node* node) {
  return node &&
         std::find(reshaping_ops().begin(), reshaping_ops().end(), node->op()) != reshaping_ops().end();
}

// A constant second input of Reshape that gives `target` from any x whose sizes agree with `source`: numbers where they
// are known, 0 where axis i of x has that very size, -1 at most once. Nothing when that cannot say it.
//
// A -1 next to a size that may be 0 at run time cannot be inferred from the element count, so it is not used then.
std::optional<std::vector<int64_t>> constant_shape(const Shape& target, const Shape& source) {
  if (!target.has_rank()) return std::nullopt;
  std::vector<int64_t> sizes;
  size_t inferred = 0, copied = 0;
  for (size_t axis = 0; axis < target.rank(); ++axis) {
    const Dim& size = target[axis];
    if (size.is_known() && size.value() != 0) {
      sizes.push_back(size.value());
    } else if (source.has_rank() && axis < source.rank() && size == source[axis]) {
      sizes.push_back(0);
      ++copied;
    } else {
      sizes.push_back(-1);
      ++inferred;
    }
  }
  // With one size left over, numbers everywhere else are safer than copies: Reshape(x, [0, -1]) fails for an empty batch.
  if (inferred > 1 || (inferred == 1 && copied > 0)) return std::nullopt;
  return sizes;
}

// Reshape(Reshape(x)) is one Reshape of x; Squeeze, Unsqueeze and Flatten count as Reshapes.
Outcome fuse_reshapes(Node& node, Patch& patch) {
  const Node* inner = node.input(0)->producer();
  if (!is_reshaping(inner)) return no_match();
  Value& x = *inner->input(0);
  const Shape& result = node.output()->shape();
  if (result.has_rank() && result.equals(x.shape())) return replace_root(patch, x);
  if (const auto sizes = constant_shape(result, x.shape()))
    return replace_root(patch, patch.add("Reshape", {&x, &patch.ints(*sizes)}));
  // A shape that does not look at the inner result (no 0) serves x as well.
  const Value* shape = node.op() == OpName("Reshape") ? node.input(1) : nullptr;
  if (!shape || !shape->is_constant())
    return refuse("the result {} cannot be written as a constant shape", result.str());
  for (const int64_t size : shape->constant().to_int64())
    if (size == 0) return refuse("its shape copies a size of the value in between");
  return replace_root(patch, patch.add("Reshape", {&x, node.input(1)}, node.attrs));
}

Outcome use_constant_shape(Node& node, Patch& patch) {
  if (node.input(1)->is_constant()) return no_match();
  // With allowzero or without: the sizes below are those of the result that inference knows.
  const auto sizes = constant_shape(node.output()->shape(), node.input(0)->shape());
  if (!sizes)
    return refuse("its shape {} depends on more than one unknown size", node.output()->shape().str());
  return replace_root(patch, patch.add("Reshape", {node.input(0), &patch.ints(*sizes)}));
}

// Expand to a shape computed at run time, all of it known but sizes that x has already (1 keeps them).
Outcome use_constant_expand_shape(Node& node, Patch& patch) {
  if (node.input(1)->is_constant()) return no_match();
  const Shape &from = node.input(0)->shape(), &to = node.output()->shape();
  if (!from.has_rank() || !to.has_rank()) return refuse("a rank is not known");
  std::vector<int64_t> sizes;
  for (size_t axis = 0; axis < to.rank(); ++axis) {
    const size_t lead = to.rank() - from.rank();
    if (to[axis].is_known())
      sizes.push_back(to[axis].value());
    else if (axis >= lead && from[axis - lead] == to[axis])
      sizes.push_back(1);
    else
      return refuse("size {} is not known", to[axis].str());
  }
  return replace_root(patch, patch.add("Expand", {node.input(0), &patch.ints(sizes)}));
}

}  // namespace

Rules fuse_reshape_rules() {
  return {Rule("fuse_reshapes")
              .describe("Reshape, Flatten, Squeeze, Unsqueeze one after the other are one Reshape")
              .on(reshaping_ops(), fuse_reshapes),
          Rule("use_constant_reshape_shape")
              .describe("a Reshape whose computed shape is known but for one size gets a constant shape")
              .on({"Reshape"}, use_constant_shape),
          Rule("use_constant_expand_shape")
              .describe("an Expand whose computed shape is known gets a constant shape")
              .on({"Expand"}, use_constant_expand_shape)};
}

}  // namespace modelconv
