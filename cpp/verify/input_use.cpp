#include "verify/input_use.h"

#include <algorithm>
#include <set>

#include "ops/attributes.h"
#include "ops/axes.h"

namespace modelconv {
namespace {

using Range = std::optional<IntegerRange>;

bool hands_on(OpName op) {
  static const std::set<OpName> ops = {"Cast",     "Reshape",   "Squeeze", "Unsqueeze", "Flatten", "Min",
                                       "Identity", "Transpose", "Expand",  "Slice",     "Concat",  "Max"};
  return ops.contains(op);
}

std::optional<int64_t> size_of_axis(const Value* value, int64_t axis) {
  if (!value || !value->shape().has_rank()) return std::nullopt;
  const auto rank = static_cast<int64_t>(value->shape().rank());
  if (axis < -rank || axis >= rank) return std::nullopt;
  return value->shape()[static_cast<size_t>(axis < 0 ? axis + rank : axis)].known();
}

// 0 .. size - 1; a size that is not known may be as small as 1.
Range below(std::optional<int64_t> size) {
  return IntegerRange{0, std::max<int64_t>(size.value_or(1), 1) - 1};
}

Range up_to(std::optional<int64_t> size) { return IntegerRange{1, std::max<int64_t>(size.value_or(1), 1)}; }

// The tuples of GatherND and ScatterND index several axes; all numbers are held to the smallest.
Range tuple_indices(const Node& node, int64_t batch_dims) {
  const auto length = size_of_axis(node.input(1), -1);
  std::optional<int64_t> smallest;
  for (int64_t i = 0; i < length.value_or(1); ++i)
    if (const auto size = size_of_axis(node.input(0), batch_dims + i))
      smallest = std::min(*size, smallest.value_or(*size));
  return below(smallest);
}

Range one_hot(const Node& node) {
  const Value* depth = node.input(1);
  if (!depth || !depth->is_constant() || depth->constant().size() != 1) return below(std::nullopt);
  return below(depth->constant().to_int64()[0]);
}

Range sequence_lengths(const Node& node) {
  return up_to(size_of_axis(node.input(0), node.attrs.get_or<int64_t>("layout", 0) == 0 ? 0 : 1));
}

// What input `index` of `node` may hold.
Range allowed_range(const Node& node, size_t index) {
  const std::string op = node.op().str();
  const auto is = [&](std::initializer_list<const char*> names, size_t wanted) {
    return index == wanted && std::find(names.begin(), names.end(), op) != names.end();
  };
  const int64_t axis = node.attrs.get_or<int64_t>("axis", 0);
  if (is({"Gather", "GatherElements", "ScatterElements", "Scatter"}, 1))
    return below(size_of_axis(node.input(0), axis));
  if (is({"GatherND"}, 1)) return tuple_indices(node, node.attrs.get_or<int64_t>("batch_dims", 0));
  if (is({"ScatterND"}, 1)) return tuple_indices(node, 0);
  if (is({"OneHot"}, 0)) return one_hot(node);
  if (is({"LSTM", "GRU", "RNN"}, 4)) return sequence_lengths(node);
  if (is({"ReverseSequence"}, 1))
    return up_to(size_of_axis(node.input(0), node.attrs.get_or<int64_t>("time_axis", 0)));
  if (is({"TopK", "Expand"}, 1)) return IntegerRange{1, 1};
  if (is({"Tile"}, 1) || is({"ConstantOfShape", "Loop"}, 0)) return IntegerRange{1, 3};
  if (is({"OneHot"}, 1) || is({"Range"}, 1)) return IntegerRange{4, 8};
  if (is({"Slice"}, 4) || is({"Range"}, 2) || is({"Mod", "Div"}, 1)) return IntegerRange{1, 3};
  if (is({"Range"}, 0) || is({"Slice", "CumSum", "Squeeze", "Unsqueeze"}, 1) || is({"Slice"}, 3))
    return IntegerRange{0, 0};
  if (is({"Slice"}, 2)) return IntegerRange{1, 8};
  if (is({"Pad"}, 1)) return IntegerRange{0, 1};
  if (is({"Pow"}, 1) || is({"BitShift"}, 1)) return IntegerRange{0, 3};
  return std::nullopt;
}

void collect(const Value& value, int depth, InputUse& found) {
  constexpr int kDeepest = 8;
  for (const Use& use : value.uses()) {
    if (const Range range = allowed_range(*use.node, use.index)) {
      if (!found.range) found.range = range;
      found.range->lowest = std::max(found.range->lowest, range->lowest);
      found.range->highest = std::max(found.range->lowest, std::min(found.range->highest, range->highest));
    }
    const bool is_shape = use.index == 1 && use.node->op() == OpName("Reshape");
    found.is_reshape_target = found.is_reshape_target || is_shape;
    const bool is_data = use.index == 0 || use.node->op() == OpName("Concat");
    if (hands_on(use.node->op()) && is_data && depth < kDeepest)
      collect(*use.node->output(), depth + 1, found);
  }
}

}  // namespace

InputUse find_input_use(const Value& input) {
  InputUse found;
  collect(input, 0, found);
  if (found.range) {
    constexpr int64_t kLargest = (1 << 24) - 1;  // exact in every float type that a Cast may pass through
    found.range->highest = std::min(found.range->highest, kLargest);
    found.range->lowest = std::min(found.range->lowest, found.range->highest);
  }
  return found;
}

}  // namespace modelconv
