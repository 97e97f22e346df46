#include "formats/common/slice.h"

#include <limits>
#include <optional>

#include "formats/common/index_input.h"

namespace modelconv {
namespace {

constexpr int64_t kToTheEnd = std::numeric_limits<int64_t>::max();
constexpr int64_t kToTheFront = std::numeric_limits<int64_t>::min();

// begin and end: numbers where they are known, else taken from the tensor when it runs.
class Bound {
 public:
  Bound(Translation& t, size_t input, size_t length) : t_(t), input_(input), known_(t.known_ints(input)) {
    const Value& value = t.required(input);
    ENSURE(!known_ || known_->size() == length, MalformedModelError,
           "begin or end has {} entries, strides has {}", known_->size(), length);
    if (!known_ && value.elements && value.elements->size() == length) elements_ = *value.elements;
  }
  std::optional<int64_t> number(size_t i) const {
    if (known_) return (*known_)[i];
    if (!elements_.empty()) return elements_[i].known();
    return std::nullopt;
  }
  Value& element(size_t i) {  // int64 [1]
    if (const auto known = number(i)) return t_.ints({*known});
    Value& all = as_int64(t_, t_.required(input_));
    const auto at = static_cast<int64_t>(i);
    return t_.add("Slice", {&all, &t_.ints({at}), &t_.ints({at + 1}), &t_.ints({0})});
  }

 private:
  Translation& t_;
  size_t input_;
  std::optional<std::vector<int64_t>> known_;
  std::vector<Dim> elements_;
};

// What is left to do once every entry of the specification has been looked at.
struct SlicePlan {
  std::vector<Value*> starts, ends;  // int64 [1] each
  std::vector<int64_t> axes, steps;
  std::vector<int64_t> squeezed;                   // axes of the input
  std::vector<std::pair<int64_t, Value*>> picked;  // axis of the input, index known when it runs
  std::vector<int64_t> inserted;                   // axes of the result
};

bool has(int64_t mask, size_t bit) { return bit < 63 && ((mask >> bit) & 1) != 0; }

class StridedSlice {
 public:
  StridedSlice(Translation& t, const StridedSliceMasks& masks)
      : t_(t),
        strides_(t.constant_ints(3, "strides")),
        begin_(t, 1, strides_.size()),
        end_(t, 2, strides_.size()),
        masks_(masks) {}

  void raise() {
    for (size_t i = 0; i < strides_.size(); ++i) plan_entry(i);
    apply();
  }

 private:
  void plan_entry(size_t i) {
    if (has(masks_.ellipsis, i)) return skip_ellipsis();
    if (has(masks_.new_axis, i)) return plan_.inserted.push_back(result_axis_++);
    if (has(masks_.shrink, i))
      plan_index(i);
    else
      plan_range(i);
    ++axis_;
  }

  // As many axes as the other entries leave.
  void skip_ellipsis() {
    int64_t named = 0;
    for (size_t i = 0; i < strides_.size(); ++i)
      if (!has(masks_.ellipsis, i) && !has(masks_.new_axis, i)) ++named;
    bool is_last = true;  // then the number of axes does not matter
    for (size_t i = 0; i < strides_.size(); ++i)
      if (has(masks_.ellipsis, i)) is_last = i + 1 == strides_.size();
    if (is_last) return;
    const int64_t skipped = static_cast<int64_t>(t_.rank(0)) - named;
    ENSURE(skipped >= 0, MalformedModelError, "it slices {} axes of a tensor of rank {}", named, t_.rank(0));
    axis_ += skipped;
    result_axis_ += skipped;
  }

  // One element along the axis, and the axis goes.
  void plan_index(size_t i) {
    const auto start = begin_.number(i);
    if (!start) {
      plan_.picked.emplace_back(axis_, &begin_.element(i));
      return;
    }
    add_range(&t_.ints({*start}), &t_.ints({*start == -1 ? kToTheEnd : *start + 1}), 1);
    plan_.squeezed.push_back(axis_);
  }

  void plan_range(size_t i) {
    const int64_t stride = strides_[i];
    ENSURE(stride != 0, MalformedModelError, "stride {} is 0", i);
    const bool from_start = has(masks_.begin, i), to_end = has(masks_.end, i);
    ++result_axis_;
    if (from_start && to_end && stride == 1) return;
    Value& start = from_start ? t_.ints({stride > 0 ? 0 : kToTheEnd}) : begin_.element(i);
    Value& end = to_end ? t_.ints({stride > 0 ? kToTheEnd : kToTheFront}) : end_.element(i);
    add_range(&start, &end, stride);
  }

  void add_range(Value* start, Value* end, int64_t stride) {
    plan_.starts.push_back(start);
    plan_.ends.push_back(end);
    plan_.axes.push_back(axis_);
    plan_.steps.push_back(stride);
  }

  Value& joined(const std::vector<Value*>& parts) {
    std::vector<int64_t> numbers;
    for (const Value* part : parts)
      if (part->is_constant()) numbers.push_back(part->constant().to_int64()[0]);
    return numbers.size() == parts.size() ? t_.ints(numbers)
                                          : t_.add("Concat", parts, {{"axis", int64_t{0}}});
  }

  void apply() {
    Value* x = &t_.required(0);
    if (!plan_.axes.empty())
      x = &t_.add("Slice", {x, &joined(plan_.starts), &joined(plan_.ends), &t_.ints(plan_.axes),
                            &t_.ints(plan_.steps)});
    // Axes that go are all counted in the input: those picked one by one are done from the last to the first, and kept
    // as axes of length 1 until all go together.
    for (const auto& [axis, index] : plan_.picked) {
      x = &t_.add("Gather", {x, index}, {{"axis", axis}});
      plan_.squeezed.push_back(axis);
    }
    if (!plan_.squeezed.empty()) x = &t_.add("Squeeze", {x, &t_.ints(plan_.squeezed)});
    if (!plan_.inserted.empty()) x = &t_.add("Unsqueeze", {x, &t_.ints(plan_.inserted)});
    t_.set_output(0, *x);
  }

  Translation& t_;
  std::vector<int64_t> strides_;
  Bound begin_, end_;
  StridedSliceMasks masks_;
  SlicePlan plan_;
  int64_t axis_ = 0;         // of the input
  int64_t result_axis_ = 0;  // of the result
};

}  // namespace

void raise_slice(Translation& t) {
  Value& x = t.required(0);
  const auto begin = t.known_ints(1), size = t.known_ints(2);
  if (begin && size) {
    ENSURE(begin->size() == size->size(), MalformedModelError, "begin and size have different lengths");
    std::vector<int64_t> ends, axes;
    for (size_t i = 0; i < begin->size(); ++i) {
      int64_t end = 0;
      if ((*size)[i] == -1 || __builtin_add_overflow((*begin)[i], (*size)[i], &end)) end = kToTheEnd;
      ends.push_back(end);
      axes.push_back(static_cast<int64_t>(i));
    }
    return t.set_output(0, t.add("Slice", {&x, &t.ints(*begin), &t.ints(ends), &t.ints(axes)}));
  }
  Value &starts = as_int64(t, t.required(1)), &sizes = as_int64(t, t.required(2));
  Value& all = t.add("Equal", {&sizes, &t.scalar(DType::int64, -1)});
  Value& ends =
      t.add("Where", {&all, &t.constant(Tensor::scalar(kToTheEnd)), &t.add("Add", {&starts, &sizes})});
  t.set_output(0, t.add("Slice", {&x, &starts, &ends}));
}

void raise_strided_slice(Translation& t, const StridedSliceMasks& masks) { StridedSlice(t, masks).raise(); }

void raise_reverse(Translation& t, const std::vector<int64_t>& axes) {
  if (axes.empty()) return t.set_output(0, t.required(0));
  const size_t n = axes.size();
  t.set_output(0, t.add("Slice", {&t.required(0), &t.ints(std::vector<int64_t>(n, kToTheEnd)),
                                  &t.ints(std::vector<int64_t>(n, kToTheFront)), &t.ints(axes),
                                  &t.ints(std::vector<int64_t>(n, -1))}));
}

}  // namespace modelconv
