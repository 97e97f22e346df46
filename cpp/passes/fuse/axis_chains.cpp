// Axes of size 1 put in and taken out, one node after the other.
#include <algorithm>

#include "ops/attributes.h"
#include "passes/fuse/fuse.h"
#include "passes/fuse/parameters.h"

namespace modelconv {
namespace {

const OpName kSqueeze("Squeeze"), kUnsqueeze("Unsqueeze");

const Node* inner_of(const Node& node, OpName op) {
  const Node* inner = node.input(0)->producer();
  return inner && inner->op() == op && &inner->graph() == &node.graph() ? inner : nullptr;
}

// The axes of `inner` counted in what `outer` gives, both sorted: each outer axis at or before it moves it up by one.
std::vector<int64_t> with_axes_inserted(const std::vector<int64_t>& inner,
                                        const std::vector<int64_t>& outer) {
  std::vector<int64_t> moved;
  for (int64_t axis : inner) {
    for (const int64_t inserted : outer)
      if (inserted <= axis) ++axis;
    moved.push_back(axis);
  }
  moved.insert(moved.end(), outer.begin(), outer.end());
  std::sort(moved.begin(), moved.end());
  return moved;
}

// Unsqueeze(Unsqueeze(x, a), b), where a Reshape cannot say it (more than one unknown size).
Outcome fuse_unsqueezes(Node& node, Patch& patch) {
  const Node* inner = inner_of(node, kUnsqueeze);
  if (!inner) return no_match();
  const Shape &between = node.input(0)->shape(), &result = node.output()->shape();
  if (!between.has_rank() || !result.has_rank()) return refuse("a rank is not known");
  const auto first = constant_axes(*inner, 1, between.rank()), second = constant_axes(node, 1, result.rank());
  if (!first || !second) return refuse("axes are not constant");
  return replace_root(
      patch, patch.add("Unsqueeze", {inner->input(0), &patch.ints(with_axes_inserted(*first, *second))}));
}

Outcome fuse_squeezes(Node& node, Patch& patch) {
  const Node* inner = inner_of(node, kSqueeze);
  if (!inner) return no_match();
  const Shape &x = inner->input(0)->shape(), &between = node.input(0)->shape();
  if (!x.has_rank() || !between.has_rank()) return refuse("a rank is not known");
  const auto first = constant_axes(*inner, 1, x.rank()), second = constant_axes(node, 1, between.rank());
  if (!first || !second) return refuse("axes are not constant");
  return replace_root(
      patch, patch.add("Squeeze", {inner->input(0), &patch.ints(with_axes_inserted(*second, *first))}));
}

// Squeeze undoes the Unsqueeze before it; the other way round x has to have the size 1 there, which Squeeze checked.
Outcome cancel_squeeze(Node& node, Patch& patch) {
  const Node* inner = inner_of(node, node.op() == kSqueeze ? kUnsqueeze : kSqueeze);
  if (!inner) return no_match();
  const Shape& tall = node.op() == kSqueeze ? node.input(0)->shape() : node.output()->shape();
  const Shape& inner_tall = node.op() == kSqueeze ? tall : inner->input(0)->shape();
  if (!tall.has_rank() || !inner_tall.has_rank()) return refuse("a rank is not known");
  const auto outer_axes = constant_axes(node, 1, tall.rank()),
             inner_axes = constant_axes(*inner, 1, inner_tall.rank());
  if (!outer_axes || outer_axes != inner_axes) return refuse("axes differ or are not constant");
  return replace_root(patch, *inner->input(0));
}

const std::vector<OpName>& reductions() {
  static const std::vector<OpName> ops = {"ReduceSum",       "ReduceMean",      "ReduceMax", "ReduceMin",
                                          "ReduceProd",      "ReduceL1",        "ReduceL2",  "ReduceLogSum",
                                          "ReduceLogSumExp", "ReduceSumSquare", "ArgMax",    "ArgMin"};
  return ops;
}

// The axes that a reduction takes away, sorted.
std::optional<std::vector<int64_t>> reduced_axes(const Node& node) {
  const Shape& shape = node.input(0)->shape();
  if (!shape.has_rank()) return std::nullopt;
  if (node.op() == OpName("ArgMax") || node.op() == OpName("ArgMin"))
    return std::vector<int64_t>{static_cast<int64_t>(normalize_axis(int_attr(node, "axis"), shape.rank()))};
  auto axes = constant_axes(node, 1, shape.rank());
  return axes && !axes->empty() ? axes : std::nullopt;  // none: all or no axes, by noop_with_empty_axes
}

// A reduction can keep its axes itself, or leave them out.
Outcome fuse_reduce_axes(Node& node, Patch& patch) {
  const Node* reduce = node.input(0)->producer();
  if (!reduce || std::find(reductions().begin(), reductions().end(), reduce->op()) == reductions().end())
    return no_match();
  const bool keeps = node.op() == kUnsqueeze;
  if (int_attr(*reduce, "keepdims") != (keeps ? 0 : 1)) return no_match();
  if (!node.input(0)->has_one_use()) return refuse("'{}' has other uses", node.input(0)->name());
  const auto axes = reduced_axes(*reduce);
  const Shape& tall = keeps ? node.output()->shape() : node.input(0)->shape();
  if (!axes || !tall.has_rank()) return refuse("the reduced axes are not known");
  if (constant_axes(node, 1, tall.rank()) != axes) return refuse("it is about other axes");
  Attrs attrs = reduce->attrs;
  attrs.set("keepdims", int64_t{keeps});
  return replace_root(
      patch, patch.add(reduce->op(), std::vector<Value*>(reduce->inputs().begin(), reduce->inputs().end()),
                       std::move(attrs), reduce->name()));
}

// Gather with one index out of an axis of size 1 takes the axis away.
Outcome gather_to_squeeze(Node& node, Patch& patch) {
  const Shape& shape = node.input(0)->shape();
  const Value* index = node.input(1);
  if (!index->is_constant() || index->constant().rank() != 0 || !shape.has_rank()) return no_match();
  const size_t axis = normalize_axis(int_attr(node, "axis"), shape.rank());
  if (!shape[axis].equals(1)) return no_match();
  const int64_t at = index->constant().to_int64()[0];
  if (at != 0 && at != -1) return refuse("index {} is outside the axis", at);
  return replace_root(patch,
                      patch.add("Squeeze", {node.input(0), &patch.ints({static_cast<int64_t>(axis)})}));
}

// The largest or smallest of one element is that; so is a sum of integers. A sum of floats may start from 0.0, and
// 0.0 + -0.0 is 0.0.
Outcome reduce_single_elements(Node& node, Patch& patch) {
  const auto axes = reduced_axes(node);
  if (!axes || int_attr(node, "keepdims") != 1) return no_match();
  const Shape& shape = node.input(0)->shape();
  for (const int64_t axis : *axes)
    if (!shape[static_cast<size_t>(axis)].equals(1)) return no_match();
  const bool sums = node.op() == OpName("ReduceSum") || node.op() == OpName("ReduceMean");
  if (sums && !is_integer(node.output()->dtype())) return refuse("a sum of one -0.0 may be 0.0");
  return replace_root(patch, *node.input(0));
}

// Reshape(f(Reshape(x))) is f(x) for an elementwise f, when the second Reshape gives x its shape back.
Outcome reshape_around_elementwise(Node& node, Patch& patch) {
  static const std::vector<OpName> kShaping = {"Reshape", "Flatten", "Squeeze", "Unsqueeze"};
  static const std::vector<OpName> kUnary = {
      "Relu", "Sigmoid", "Tanh",      "Erf",         "Exp",      "Neg",   "Abs",  "Cast",  "Clip",
      "Gelu", "Sqrt",    "Not",       "LeakyRelu",   "Elu",      "Log",   "Mul",  "Add",   "Div",
      "Sub",  "Pow",     "HardSwish", "HardSigmoid", "Softplus", "Floor", "Ceil", "Round", "Reciprocal"};
  const Node* f = node.input(0)->producer();
  if (!f || std::find(kUnary.begin(), kUnary.end(), f->op()) == kUnary.end() || !f->input(0))
    return no_match();
  const Node* inner = f->input(0)->producer();
  if (!inner || std::find(kShaping.begin(), kShaping.end(), inner->op()) == kShaping.end()) return no_match();
  Value& x = *inner->input(0);
  if (!node.output()->shape().equals(x.shape())) return no_match();
  if (!node.input(0)->has_one_use()) return refuse("'{}' has other uses", node.input(0)->name());
  std::vector<Value*> inputs(f->inputs().begin(), f->inputs().end());
  inputs[0] = &x;
  for (size_t i = 1; i < inputs.size(); ++i)
    if (inputs[i] && !(inputs[i]->shape().has_rank() && inputs[i]->shape().rank() == 0))
      return refuse("'{}' is not a scalar", inputs[i]->name());
  return replace_root(patch, patch.add(f->op(), std::move(inputs), f->attrs, f->name()));
}

}  // namespace

Rules fuse_axis_rules() {
  return {
      Rule("cancel_squeeze")
          .describe("Squeeze and Unsqueeze of the same axes, one after the other, are nothing")
          .on({"Squeeze", "Unsqueeze"}, cancel_squeeze),
      Rule("fuse_unsqueezes").describe("two Unsqueezes are one").on({"Unsqueeze"}, fuse_unsqueezes),
      Rule("fuse_squeezes").describe("two Squeezes are one").on({"Squeeze"}, fuse_squeezes),
      Rule("fuse_reduce_axes")
          .describe("a Squeeze or Unsqueeze of the axes that a reduction keeps or drops becomes its keepdims")
          .on({"Squeeze", "Unsqueeze"}, fuse_reduce_axes),
      Rule("gather_to_squeeze")
          .describe("a Gather of the only element of an axis is a Squeeze")
          .on({"Gather"}, gather_to_squeeze),
      Rule("eliminate_single_element_reduce")
          .describe("a reduction over axes of size 1 that keeps them is x (not a sum of floats: -0.0)")
          .on({"ReduceMax", "ReduceMin", "ReduceSum", "ReduceMean"}, reduce_single_elements),
      Rule("reshape_around_elementwise")
          .describe("Reshape, an elementwise operator, and the Reshape back are the operator alone")
          .on({"Reshape", "Flatten", "Squeeze", "Unsqueeze"}, reshape_around_elementwise),
  };
}

}  // namespace modelconv
