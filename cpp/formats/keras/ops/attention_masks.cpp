#include "formats/keras/ops/attention_masks.h"

namespace modelconv::keras {
namespace {

// 0, 1, ... up to the size of an axis.
Value& count_up(Translation& t, Value& x, int64_t axis) {
  Value& size = t.add("Squeeze", {&sizes(t, x, axis, axis + 1 == 0 ? kEnd : axis + 1), &t.ints({0})});
  return t.add("Range", {&t.scalar(DType::int64, 0), &size, &t.scalar(DType::int64, 1)});
}

}  // namespace

Value& unsqueeze(Translation& t, Value& x, const std::vector<int64_t>& axes) {
  return t.add("Unsqueeze", {&x, &t.ints(axes)});
}

Value& sizes(Translation& t, Value& x, int64_t begin, int64_t end) {
  return t.add("Slice", {&t.shape_of(x), &t.ints({begin}), &t.ints({end})});
}

Value& causal_mask(Translation& t, Value& scores) {
  Value& rows = unsqueeze(t, count_up(t, scores, -2), {1});
  return t.add("GreaterOrEqual", {&rows, &unsqueeze(t, count_up(t, scores, -1), {0})});
}

Value& window_mask(Translation& t, Value& scores, int64_t window) {
  Value& rows = unsqueeze(t, count_up(t, scores, -2), {1});
  Value& distance = t.add("Abs", {&t.add("Sub", {&rows, &unsqueeze(t, count_up(t, scores, -1), {0})})});
  return t.add("Less", {&distance, &t.scalar(DType::int64, static_cast<double>(window))});
}

Value* both(Translation& t, Value* a, Value* b) { return a && b ? &t.add("And", {a, b}) : (a ? a : b); }

}  // namespace modelconv::keras
