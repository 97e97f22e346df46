// Slices of one axis, Pads of the same tensor, one after the other.
#include <algorithm>
#include <limits>

#include "ops/attributes.h"
#include "passes/fuse/fuse.h"
#include "passes/fuse/parameters.h"

namespace modelconv {
namespace {

// Bounds of a Slice of one axis that count from the front, whatever the size of the axis.
std::optional<AxisSlice> front_slice_of(const Node& node) {
  if (const auto known = axis_slice_of(node)) return known;
  const Shape& shape = node.input(0)->shape();
  const auto starts = constant_ints(node, 1), ends = constant_ints(node, 2);
  if (!shape.has_rank() || !starts || !ends || starts->size() != 1 || ends->size() != 1) return std::nullopt;
  const auto axes = node.input(3) ? constant_axes(node, 3, shape.rank()) : std::vector<int64_t>{0};
  const auto steps = node.input(4) ? constant_ints(node, 4) : std::vector<int64_t>{1};
  if (!axes || axes->size() != 1 || !steps || steps != std::vector<int64_t>{1}) return std::nullopt;
  if ((*starts)[0] < 0 || (*ends)[0] < 0) return std::nullopt;
  return AxisSlice{static_cast<size_t>((*axes)[0]), (*starts)[0], (*ends)[0]};
}

Outcome fuse_slices_of_one_axis(Node& node, Patch& patch) {
  const Node* inner = node.input(0)->producer();
  if (!inner || inner->op() != OpName("Slice")) return no_match();
  const auto first = front_slice_of(*inner), second = front_slice_of(node);
  if (!first || !second) return refuse("the Slices are not of one axis with constant bounds from the front");
  if (first->axis != second->axis) return no_match();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  if (first->start > kMost - second->start) return refuse("the bounds overflow");
  const int64_t start = first->start + second->start;
  const int64_t end =
      first->start > kMost - second->end ? first->end : std::min(first->end, first->start + second->end);
  std::vector<Value*> inputs = {inner->input(0)};
  for (const auto& parameter : slice_parameters(start, std::max(start, end), first->axis))
    inputs.push_back(&patch.ints(parameter));
  return replace_root(patch, patch.add("Slice", std::move(inputs)));
}

struct Padding {
  std::vector<int64_t> amounts;
  const Value* value;
};

std::optional<Padding> constant_padding(const Node& node) {
  if (string_attr(node, "mode") != "constant" || node.input(3)) return std::nullopt;
  auto amounts = constant_ints(node, 1);
  if (!amounts || std::any_of(amounts->begin(), amounts->end(), [](int64_t amount) { return amount < 0; }))
    return std::nullopt;
  if (node.input(2) && !node.input(2)->is_constant()) return std::nullopt;
  return Padding{*amounts, node.input(2)};
}

bool same_number(const Value* a, const Value* b, DType dtype) {
  const Tensor zero = Tensor::filled(dtype, {}, 0);
  const auto bytes_of = [&](const Value* value) {
    return value ? (value->constant().rank() == 0 ? value->constant() : value->constant().reshaped({}))
                 : zero;
  };
  for (const Value* value : {a, b})
    if (value && value->constant().size() != 1) return false;
  return bytes_of(a).identical_to(bytes_of(b));
}

Outcome fuse_pads(Node& node, Patch& patch) {
  const Node* inner = node.input(0)->producer();
  if (!inner || inner->op() != OpName("Pad")) return no_match();
  const auto first = constant_padding(*inner), second = constant_padding(node);
  const DType dtype = node.output()->dtype();
  if (!first || !second || first->amounts.size() != second->amounts.size())
    return refuse("they do not both widen by constant amounts");
  if (dtype == DType::string || dtype == DType::undefined || is_complex(dtype))
    return refuse("it pads {}", name_of(dtype));
  if (!same_number(first->value, second->value, dtype)) return refuse("they pad with different numbers");
  std::vector<int64_t> both = first->amounts;
  for (size_t i = 0; i < both.size(); ++i) both[i] += second->amounts[i];
  std::vector<Value*> inputs = {inner->input(0), &patch.ints(both)};
  if (node.input(2)) inputs.push_back(node.input(2));
  return replace_root(patch, patch.add("Pad", std::move(inputs), node.attrs));
}

}  // namespace

Rules fuse_same_axis_slice_rules() {
  return {Rule("fuse_slices_of_one_axis")
              .describe("Slices of one axis with constant bounds and step 1 are one Slice")
              .on({"Slice"}, fuse_slices_of_one_axis),
          Rule("fuse_pads").describe("Pads with the same number are one Pad").on({"Pad"}, fuse_pads)};
}

}  // namespace modelconv
