// Tensors joined and taken apart again.
#include <algorithm>

#include "ops/attributes.h"
#include "passes/fuse/fuse.h"
#include "passes/fuse/parameters.h"

namespace modelconv {
namespace {

const OpName kConcat("Concat"), kSplit("Split");

std::optional<size_t> axis_of(const Node& node, const Value& ranked) {
  if (!ranked.shape().has_rank()) return std::nullopt;
  return normalize_axis(int_attr(node, "axis"), ranked.shape().rank());
}

// Concat(a, Concat(b, c), d) along one axis is one Concat.
Outcome fuse_concats(Node& node, Patch& patch) {
  const auto axis = axis_of(node, *node.output());
  std::vector<Value*> operands;
  bool found = false;
  for (Value* input : node.inputs()) {
    const Node* inner = input->producer();
    const bool joins = inner && inner->op() == kConcat && &inner->graph() == &node.graph() && axis &&
                       axis_of(*inner, *input) == axis && input->has_one_use();
    found = found || joins;
    if (joins)
      operands.insert(operands.end(), inner->inputs().begin(), inner->inputs().end());
    else
      operands.push_back(input);
  }
  if (!found) return no_match();
  return replace_root(patch, patch.add("Concat", std::move(operands), node.attrs, node.name()));
}

// What part of which tensor a value is: a Slice of it, or an output of a Split of known sizes.
struct Part {
  Value* whole;
  AxisSlice slice;
};

std::optional<Part> part_of(const Value& value) {
  const Node* node = value.producer();
  if (!node) return std::nullopt;
  if (const auto slice = axis_slice_of(*node)) return Part{node->input(0), *slice};
  if (node->op() != kSplit) return std::nullopt;
  const auto axis = axis_of(*node, *node->input(0));
  int64_t start = 0;
  for (size_t i = 0; axis && i < node->output_count(); ++i) {
    const Value* output = node->output(i);
    const auto size = output && output->shape().has_rank() ? output->shape()[*axis].known() : std::nullopt;
    if (!size) return std::nullopt;
    if (output == &value) return Part{node->input(0), {*axis, start, start + *size}};
    start += *size;
  }
  return std::nullopt;
}

// Concat of neighbouring parts of one tensor is a Slice of it, or the tensor itself.
Outcome join_neighbours(Node& node, Patch& patch) {
  const auto axis = axis_of(node, *node.output());
  if (!axis || node.input_count() < 2) return no_match();
  std::vector<Value*> operands;
  std::optional<Part> last;
  bool joined = false;
  for (Value* input : node.inputs()) {
    const auto part = part_of(*input);
    const bool extends = part && last && part->slice.axis == *axis && last->slice.axis == *axis &&
                         part->whole == last->whole && part->slice.start == last->slice.end;
    if (!extends) {
      operands.push_back(input);
      last = part;
      continue;
    }
    joined = true;
    last->slice.end = part->slice.end;
    Value& whole = *last->whole;
    if (last->slice.start == 0 && whole.shape()[*axis].equals(last->slice.end)) {
      operands.back() = &whole;
    } else {
      std::vector<Value*> inputs = {&whole};
      for (const auto& parameter : slice_parameters(last->slice.start, last->slice.end, *axis))
        inputs.push_back(&patch.ints(parameter));
      operands.back() = &patch.add("Slice", std::move(inputs));
    }
  }
  if (!joined) return no_match();
  if (operands.size() == 1) return replace_root(patch, *operands[0]);
  return replace_root(patch, patch.add("Concat", std::move(operands), node.attrs, node.name()));
}

// The operands of a Concat along `axis` that cover [start, end) exactly.
std::optional<std::vector<Value*>> operands_within(const Node& concat, size_t axis, int64_t start,
                                                   int64_t end) {
  std::vector<Value*> covered;
  int64_t at = 0;
  for (Value* operand : concat.inputs()) {
    const auto size = operand->shape().has_rank() ? operand->shape()[axis].known() : std::nullopt;
    if (!size) return std::nullopt;
    if (at >= start && at + *size <= end)
      covered.push_back(operand);
    else if (at < end && at + *size > start)
      return std::nullopt;
    at += *size;
    if (at >= end) break;
  }
  return covered.empty() ? std::nullopt : std::optional(covered);
}

Value& joined(Patch& patch, const std::vector<Value*>& operands, size_t axis) {
  if (operands.size() == 1) return *operands[0];
  return patch.add("Concat", operands, {{"axis", static_cast<int64_t>(axis)}});
}

Outcome slice_of_concat(Node& node, Patch& patch) {
  const Node* concat = node.input(0)->producer();
  if (!concat || concat->op() != kConcat) return no_match();
  const auto slice = axis_slice_of(node);
  const auto axis = axis_of(*concat, *node.input(0));
  if (!slice || axis != slice->axis) return refuse("it is no constant Slice of the axis that is joined");
  const auto operands = operands_within(*concat, *axis, slice->start, slice->end);
  if (!operands) return refuse("[{}, {}) cuts through an operand", slice->start, slice->end);
  if (operands->size() > 1 && !node.input(0)->has_one_use()) return refuse("a second Concat would be needed");
  return replace_root(patch, joined(patch, *operands, *axis));
}

Outcome split_of_concat(Node& node, Patch& patch) {
  const Node* concat = node.input(0)->producer();
  if (!concat || concat->op() != kConcat) return no_match();
  const auto axis = axis_of(*concat, *node.input(0));
  if (!axis || axis_of(node, *node.input(0)) != axis) return refuse("another axis is joined");
  int64_t start = 0;
  std::vector<Value*> parts;
  for (const Value* output : node.outputs()) {
    const auto size = output && output->shape().has_rank() ? output->shape()[*axis].known() : std::nullopt;
    if (!size) return refuse("the sizes of its parts are not known");
    const auto operands = operands_within(*concat, *axis, start, start + *size);
    if (!operands) return refuse("it cuts through an operand");
    if (operands->size() > 1 && !node.input(0)->has_one_use())
      return refuse("a second Concat would be needed");
    parts.push_back(&joined(patch, *operands, *axis));
    start += *size;
  }
  for (size_t i = 0; i < parts.size(); ++i) patch.replace(*node.output(i), *parts[i]);
  return Outcome::applied();
}

// Gather of single elements out of a vector of them: shapes that are put together and looked up again.
Outcome gather_of_concat(Node& node, Patch& patch) {
  const Node* concat = node.input(0)->producer();
  if (!concat || concat->op() != kConcat) return no_match();
  if (!node.input(0)->shape().has_rank() || node.input(0)->shape().rank() != 1) return no_match();
  const Value* indices = node.input(1);
  if (!indices->is_constant() || indices->constant().size() != 1 || indices->constant().rank() > 1)
    return refuse("it does not take one constant element");
  int64_t index = indices->constant().to_int64()[0];
  if (index < 0) {
    const auto size = node.input(0)->shape()[0].known();
    if (!size) return refuse("the number of elements is not known");
    index += *size;
  }
  const auto operands = operands_within(*concat, 0, index, index + 1);
  if (!operands || operands->size() != 1) return refuse("the element is not an operand by itself");
  Value& element = *operands->front();
  return replace_root(
      patch, indices->constant().rank() == 1 ? element : patch.add("Squeeze", {&element, &patch.ints({0})}));
}

// All constant Slices of `whole` along one axis, when they tile it without gap, in order.
std::vector<Node*> tiling_slices(Value& whole, size_t axis, int64_t size) {
  std::vector<std::pair<int64_t, Node*>> found;
  for (const Use& use : whole.uses()) {
    if (use.index != 0 || &use.node->graph() != &whole.graph()) continue;
    if (const auto slice = axis_slice_of(*use.node); slice && slice->axis == axis)
      found.emplace_back(slice->start, use.node);
  }
  std::sort(found.begin(), found.end());
  std::vector<Node*> slices;
  int64_t at = 0;
  for (const auto& [start, node] : found) {
    if (start != at) return {};
    at = axis_slice_of(*node)->end;
    slices.push_back(node);
  }
  return at == size ? slices : std::vector<Node*>();
}

bool comes_first(const Node& node, const std::vector<Node*>& others) {
  size_t left = others.size();
  for (const Node* at = &node; at && left > 0; at = at->next())
    if (std::find(others.begin(), others.end(), at) != others.end()) --left;
  return left == 0;
}

Outcome slices_to_split(Node& node, Patch& patch) {
  const auto slice = axis_slice_of(node);
  Value& whole = *node.input(0);
  if (!slice || whole.is_constant() || &whole.graph() != &node.graph()) return no_match();
  const std::vector<Node*> slices = tiling_slices(whole, slice->axis, *whole.shape()[slice->axis].known());
  if (slices.size() < 2 || !comes_first(node, slices)) return no_match();
  std::vector<int64_t> sizes;
  for (const Node* each : slices) sizes.push_back(axis_slice_of(*each)->end - axis_slice_of(*each)->start);
  Node& split = patch.add_node("Split", {&whole, &patch.ints(sizes)},
                               {{"axis", static_cast<int64_t>(slice->axis)}}, slices.size());
  for (size_t i = 0; i < slices.size(); ++i) patch.replace(*slices[i]->output(), *split.output(i));
  return Outcome::applied();
}

}  // namespace

Rules fuse_concat_rules() {
  return {
      Rule("fuse_concats")
          .describe("Concats of Concats along one axis are one Concat")
          .on({"Concat"}, fuse_concats),
      Rule("join_neighbouring_parts")
          .describe("a Concat of neighbouring Slices or Split outputs of one tensor is a Slice of it, or the "
                    "tensor")
          .on({"Concat"}, join_neighbours),
      Rule("slice_of_concat")
          .describe("a Slice of exactly some operands of a Concat is those operands")
          .on({"Slice"}, slice_of_concat),
      Rule("split_of_concat")
          .describe("a Split that undoes a Concat gives its operands")
          .on({"Split"}, split_of_concat),
      Rule("gather_of_concat")
          .describe("a Gather of one element that is an operand of a Concat is that operand")
          .on({"Gather"}, gather_of_concat),
      Rule("slices_to_split")
          .describe("Slices that cut a tensor into pieces without gap are one Split")
          .on({"Slice"}, slices_to_split),
  };
}

}  // namespace modelconv
