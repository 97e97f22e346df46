#include "ops/attributes.h"
#include "ops/axes.h"
#include "passes/eliminate/eliminate.h"

namespace modelconv {
namespace {

// Output 0 is input 0. The caller has made sure that this is so.
Outcome pass_through(Node& node, Patch& patch) {
  patch.replace(*node.output(), *node.input(0));
  return Outcome::applied();
}

bool same_known_shape(const Node& node) { return node.input(0)->shape().equals(node.output()->shape()); }

Outcome eliminate_identity(Node& node, Patch& patch) { return pass_through(node, patch); }

Outcome eliminate_cast(Node& node, Patch& patch) {
  const DType from = node.input(0)->dtype();
  if (from == DType::undefined || from != node.output()->dtype()) return no_match();
  return pass_through(node, patch);
}

Outcome eliminate_dropout(Node& node, Patch& patch) {
  const Value* training = node.input(2);
  if (training && !training->is_constant()) return refuse("whether it trains is not constant");
  if (training && training->constant().to_int64().at(0) != 0) return refuse("it is in training mode");
  if (node.output(1) && !node.output(1)->is_unused()) return refuse("its mask is used");
  return pass_through(node, patch);
}

Outcome eliminate_transpose(Node& node, Patch& patch) {
  const auto perm = optional_ints(node, "perm");
  if (!perm)
    return node.input(0)->shape().has_rank() && node.input(0)->shape().rank() < 2 ? pass_through(node, patch)
                                                                                  : no_match();
  if (!is_identity(to_permutation(*perm))) return no_match();
  return pass_through(node, patch);
}

// Reshape, Expand, Flatten, Squeeze, Unsqueeze, Tile, Pad, Slice, Resize: of a shape that is provably the input's.
// Those that could also move elements are asked about that first.
Outcome eliminate_same_shape(Node& node, Patch& patch) {
  if (!same_known_shape(node)) {
    const bool known = node.input(0)->shape().is_static() && node.output()->shape().is_static();
    return known ? no_match() : refuse("its output is not provably of its input's shape");
  }
  return pass_through(node, patch);
}

Outcome eliminate_pad(Node& node, Patch& patch) {
  const Value* pads = node.input(1);
  if (!pads || !pads->is_constant()) return refuse("its pads are not constant");
  for (const int64_t pad : pads->constant().to_int64())
    if (pad != 0) return no_match();
  return pass_through(node, patch);
}

Outcome eliminate_slice(Node& node, Patch& patch) {
  if (const Value* steps = node.input(4)) {
    if (!steps->is_constant()) return refuse("its steps are not constant");
    for (const int64_t step : steps->constant().to_int64())
      if (step != 1) return no_match();
  }
  return eliminate_same_shape(node, patch);
}

Outcome eliminate_concat(Node& node, Patch& patch) {
  if (node.op() == OpName("Concat") && node.input_count() == 1) return pass_through(node, patch);
  // Operands without elements add nothing.
  std::vector<Value*> kept;
  const Value* first = node.input(0);
  if (!first->shape().has_rank()) return refuse("its inputs' rank is not known");
  const size_t axis = normalize_axis(int_attr(node, "axis"), first->shape().rank());
  for (Value* input : node.inputs())
    if (!(input->shape().has_rank() && input->shape()[axis].equals(0))) kept.push_back(input);
  if (kept.size() == node.input_count()) return no_match();
  if (kept.empty()) return refuse("no input has elements");
  return replace_root(patch, patch.add("Concat", kept, node.attrs));
}

// One operand: Sum, Mean, Max, Min of a single tensor.
Outcome eliminate_single_operand(Node& node, Patch& patch) {
  if (node.input_count() != 1) return no_match();
  return pass_through(node, patch);
}

Outcome eliminate_split(Node& node, Patch& patch) {
  if (node.output_count() != 1) return no_match();
  return pass_through(node, patch);
}

// Reductions over no axis that hand their input on (not ReduceSumSquare and the like, which map the elements).
Outcome eliminate_reduce(Node& node, Patch& patch) {
  const Value* axes = node.input(1);
  const bool none = axes ? axes->is_constant() && axes->constant().size() == 0 : true;
  if (!none || int_attr(node, "noop_with_empty_axes") == 0) return no_match();
  return pass_through(node, patch);
}

}  // namespace

Rules eliminate_noop_rules() {
  return {
      Rule("eliminate_identity").describe("Identity(x) is x").on({"Identity"}, eliminate_identity),
      Rule("eliminate_noop_cast")
          .describe("a Cast to the dtype that x has is x")
          .on({"Cast", "CastLike"}, eliminate_cast),
      Rule("eliminate_dropout").describe("Dropout is x when not training").on({"Dropout"}, eliminate_dropout),
      Rule("eliminate_noop_transpose")
          .describe("a Transpose that moves no axis is x")
          .on({"Transpose"}, eliminate_transpose),
      Rule("eliminate_noop_reshape")
          .describe("a reshape to the shape that x provably has is x")
          .on({"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand", "Tile"}, eliminate_same_shape),
      Rule("eliminate_noop_pad").describe("a Pad by nothing is x").on({"Pad"}, eliminate_pad),
      Rule("eliminate_noop_slice").describe("a Slice of everything is x").on({"Slice"}, eliminate_slice),
      Rule("eliminate_noop_concat")
          .describe("a Concat of one tensor is that; empty operands go")
          .on({"Concat"}, eliminate_concat),
      Rule("eliminate_single_operand")
          .describe("Sum, Mean, Max, Min of one tensor is that tensor")
          .on({"Sum", "Mean", "Max", "Min"}, eliminate_single_operand),
      Rule("eliminate_noop_split").describe("a Split into one part is x").on({"Split"}, eliminate_split),
      Rule("eliminate_noop_reduce")
          .describe("a reduction over no axis is x")
          .on({"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"}, eliminate_reduce),
  };
}

}  // namespace modelconv
