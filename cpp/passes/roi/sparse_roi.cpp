#include "ops/attributes.h"
#include "passes/roi/roi.h"

namespace modelconv {
namespace {

const OpName kRoiAlign("RoiAlign");

struct MaskedRois {
  Node* roi_align;
  Value* mask;  // [N, 1, 1, 1]
};

// Which of the operands is a RoiAlign that only this node reads, and which a number per proposal.
std::optional<MaskedRois> masked_rois(Value* result, Value* mask) {
  Node* roi_align = result->producer();
  if (!roi_align || roi_align->op() != kRoiAlign) return std::nullopt;
  return MaskedRois{roi_align, mask};
}

std::optional<std::string> why_not_per_proposal(const MaskedRois& masked) {
  const Shape &mask = masked.mask->shape(), &rois = masked.roi_align->input(1)->shape();
  if (!mask.has_rank() || mask.rank() != 4 || !mask[1].equals(1) || !mask[2].equals(1) || !mask[3].equals(1))
    return fmt::format("'{}' {} is not one number per proposal", masked.mask->name(), mask.str());
  if (!rois.has_rank() || rois.rank() != 2 || !(rois[0] == mask[0]))
    return fmt::format("'{}' {} does not provably have one entry for each of {}", masked.mask->name(),
                       mask.str(), rois.str());
  return std::nullopt;
}

bool is_zero_or_one(const Value& mask) {
  if (mask.dtype() == DType::boolean) return true;
  const Node* node = mask.producer();
  while (node && (node->op() == OpName("Unsqueeze") || node->op() == OpName("Reshape")))
    node = node->input(0)->producer();
  return node && node->op() == OpName("Cast") && node->input(0)->dtype() == DType::boolean;
}

struct Selected {
  Value* column;  // [k, 1]: numbers of the proposals that the mask keeps
  Value* result;  // RoiAlign of those, [k, C, h, w]
};

// RoiAlign of the proposals that the mask keeps.
Selected select(Patch& patch, const MaskedRois& masked, bool scales) {
  const Node& roi = *masked.roi_align;
  Value& flat = patch.add("Reshape", {masked.mask, &patch.ints({-1})});
  Value& found = patch.add("NonZero", {&flat});
  Value& rows = patch.add("Squeeze", {&found, &patch.ints({0})});
  Value& column = patch.add("Transpose", {&found}, {{"perm", std::vector<int64_t>{1, 0}}});
  Value& rois = patch.add("Gather", {roi.input(1), &rows}, {{"axis", int64_t{0}}});
  Value& batch = patch.add("Gather", {roi.input(2), &rows}, {{"axis", int64_t{0}}});
  Value* result = &patch.add(kRoiAlign, {roi.input(0), &rois, &batch}, roi.attrs, roi.name());
  if (scales)
    result = &patch.add("Mul", {result, &patch.add("Gather", {masked.mask, &rows}, {{"axis", int64_t{0}}})});
  return {&column, result};
}

// Zeros of the shape of all proposals' results; null when a size but the first is not known.
Value* zeros_for(Patch& patch, const MaskedRois& masked, const Value& output) {
  const Shape& shape = output.shape();
  if (!shape.has_rank() || shape.rank() != 4) return nullptr;
  std::vector<int64_t> rest;
  for (size_t axis = 1; axis < 4; ++axis) {
    if (!shape[axis].is_known()) return nullptr;
    rest.push_back(shape[axis].value());
  }
  Value& count = patch.add(
      "Slice", {&patch.add("Shape", {masked.roi_align->input(1)}), &patch.ints({0}), &patch.ints({1})});
  Value& sizes = patch.add("Concat", {&count, &patch.ints(rest)}, {{"axis", int64_t{0}}});
  return &patch.add("ConstantOfShape", {&sizes}, {{"value", Tensor::filled(output.dtype(), {1}, 0)}});
}

Outcome sparse_product(Node& node, Patch& patch) {
  std::optional<MaskedRois> masked;
  for (size_t i = 0; i < 2 && !masked; ++i) masked = masked_rois(node.input(i), node.input(1 - i));
  if (!masked) return no_match();
  if (!masked->roi_align->output()->has_one_use()) return refuse("what is not masked is used too");
  if (const auto reason = why_not_per_proposal(*masked)) return refuse("{}", *reason);
  Value* zeros = zeros_for(patch, *masked, *node.output());
  if (!zeros) return refuse("sizes of {} are not known", node.output()->shape().str());
  const Selected selected = select(patch, *masked, !is_zero_or_one(*masked->mask));
  return replace_root(patch, patch.add("ScatterND", {zeros, selected.column, selected.result}));
}

// Where(mask, RoiAlign(...), other) writes the results into `other`.
Outcome sparse_choice(Node& node, Patch& patch) {
  const auto masked = masked_rois(node.input(1), node.input(0));
  if (!masked) return no_match();
  if (!masked->roi_align->output()->has_one_use()) return refuse("what is not masked is used too");
  if (const auto reason = why_not_per_proposal(*masked)) return refuse("{}", *reason);
  Value* other = node.input(2);
  if (!other->shape().equals(node.output()->shape())) {
    Value* zeros = zeros_for(patch, *masked, *node.output());
    if (!zeros) return refuse("sizes of {} are not known", node.output()->shape().str());
    // Zeros first: adding to them broadcasts. -0.0 would become 0.0, so any other number is filled in by Where's rules.
    if (!other->is_constant() || other->constant().size() != 1 || other->constant().to_double()[0] != 0)
      return refuse("'{}' is broadcast", other->name());
    other = zeros;
  }
  const Selected selected = select(patch, *masked, false);
  return replace_root(patch, patch.add("ScatterND", {other, selected.column, selected.result}));
}

bool is_filled_with_zeros(const Value& value) {
  const Node* fill = value.producer();
  if (!fill || fill->op() != OpName("ConstantOfShape")) return false;
  const Tensor* number = fill->attrs.get<Tensor>("value");
  return !number || (number->size() == 1 && number->to_double()[0] == 0);
}

// a + ScatterND(zeros, i, u) adds u into a. Rows that are masked out get no 0.0 added, which only -0.0 would notice; the
// result of a mask times RoiAlign had it the other way round already.
Outcome sum_into_scatter(Node& node, Patch& patch) {
  for (size_t i = 0; i < 2; ++i) {
    const Node* scatter = node.input(i)->producer();
    Value& other = *node.input(1 - i);
    if (!scatter || scatter->op() != OpName("ScatterND") || !node.input(i)->has_one_use()) continue;
    const Node* updates = scatter->input(2)->producer();
    const bool is_roi = updates && (updates->op() == kRoiAlign || updates->op() == OpName("Mul"));
    if (!is_roi || string_attr(*scatter, "reduction") != "none" || !is_filled_with_zeros(*scatter->input(0)))
      continue;
    if (!other.shape().equals(node.output()->shape())) return refuse("'{}' may be broadcast", other.name());
    return replace_root(patch, patch.add("ScatterND", {&other, scatter->input(1), scatter->input(2)},
                                         {{"reduction", std::string("add")}}));
  }
  return no_match();
}

}  // namespace

std::vector<RecoveryRule> sparse_roi_rules() {
  return {
      {9, Rule("sparse_masked_roi")
              .describe("RoiAlign of all proposals times a mask per proposal runs over the masked ones alone")
              .on({"Mul"}, sparse_product)},
      {9, Rule("sparse_chosen_roi")
              .describe("Where of a mask per proposal and RoiAlign of all runs over the masked ones alone")
              .on({"Where"}, sparse_choice)},
      {16, Rule("sum_into_scatter")
               .describe("such results are added straight into the sum over the levels")
               .on({"Add"}, sum_into_scatter)},
  };
}

}  // namespace modelconv
