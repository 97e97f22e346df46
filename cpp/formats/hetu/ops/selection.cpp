// Parts, lookups and choices. Positions and conditions are float32 in Hetu.
#include <iterator>

#include "formats/hetu/ops/all_ops.h"
#include "formats/hetu/ops/settings.h"

namespace modelconv::hetu {
namespace {

// Sizes of -1 go to the end.
void raise_slice(Translation& t) {
  const std::vector<int64_t> begin = need_ints(t, "begin_pos");
  const char* name = t.node().attrs.has("ori_output_shape") ? "ori_output_shape" : "output_shape";
  const std::vector<int64_t> size = need_ints(t, name);
  ENSURE(begin.size() == size.size(), MalformedModelError, "{}: {} positions and {} sizes",
         t.node().describe(), begin.size(), size.size());
  std::vector<int64_t> end, axes;
  for (size_t i = 0; i < begin.size(); ++i) {
    end.push_back(size[i] == -1 ? INT64_MAX : begin[i] + size[i]);
    axes.push_back(static_cast<int64_t>(i));
  }
  t.set_output(0, t.add("Slice", {&t.required(0), &t.ints(begin), &t.ints(end), &t.ints(axes)}));
}

// Part `index` of `splits` equal ones along each axis; the last takes what is left.
void raise_split(Translation& t) {
  Value& x = t.required(0);
  const std::vector<int64_t> axes = axes_of(t, need_ints(t, "axes"), x), indices = need_ints(t, "indices"),
                             splits = need_ints(t, "splits");
  ENSURE(axes.size() == indices.size() && axes.size() == splits.size(), MalformedModelError,
         "{}: {} axes, {} parts, {} splits", t.node().describe(), axes.size(), indices.size(), splits.size());
  std::vector<int64_t> begin, end;
  for (size_t i = 0; i < axes.size(); ++i) {
    const Dim& size = x.shape()[static_cast<size_t>(axes[i])];
    if (!size.is_known()) t.refuse("the size of axis {} is not known", axes[i]);
    ENSURE(splits[i] > 0 && indices[i] >= 0 && indices[i] < splits[i], MalformedModelError,
           "{}: part {} of {}", t.node().describe(), indices[i], splits[i]);
    const int64_t part = size.value() / splits[i];
    begin.push_back(indices[i] * part);
    end.push_back(indices[i] == splits[i] - 1 ? size.value() : begin.back() + part);
  }
  t.set_output(0, t.add("Slice", {&x, &t.ints(begin), &t.ints(end), &t.ints(axes)}));
}

Value& positions(Translation& t, size_t index) { return t.cast(t.required(index), DType::int64); }

void raise_embedding(Translation& t) { t.set_output(0, t.add("Gather", {&t.required(0), &positions(t, 1)})); }

void raise_gather(Translation& t) {
  t.set_output(0, t.add("GatherElements", {&t.required(0), &positions(t, 1)}, {{"axis", int_of(t, "dim")}}));
}

void raise_one_hot(Translation& t) {
  Value& depth = t.ints({int_of(t, "num_classes")});
  Value& values = t.constant(Tensor::vector<float>({0, 1}));
  t.set_output(0, t.add("OneHot", {&positions(t, 0), &depth, &values}));
}

Value& condition(Translation& t, size_t index) { return t.cast(t.required(index), DType::boolean); }

// Nodes of Hetu's class WhereConstOp call themselves WhereOp: they have a constant where the third input would be.
void raise_where(Translation& t) {
  Value& x = t.required(1);
  Value& other = t.input_count() > 2 ? t.required(2) : t.scalar_like(x, number_of(t, "const_attr"));
  t.set_output(0, t.add("Where", {&condition(t, 0), &x, &other}));
}

// Where the mask is exactly 1.
void raise_masked_fill(Translation& t) {
  Value &x = t.required(0), &mask = t.required(1);
  Value& is_set = t.add("Equal", {&mask, &t.scalar_like(mask, 1)});
  t.set_output(0, t.add("Where", {&is_set, &t.scalar_like(x, number_of(t, "val")), &x}));
}

// 0 where the mask is 0.
void raise_mask(Translation& t) {
  Value& x = t.required(0);
  t.set_output(0, t.add("Where", {&condition(t, 1), &x, &t.scalar_like(x, 0)}));
}

// With a second input, or with the number `val`. The result is 0 or 1, as float32.
Value& compare(Translation& t, OpName op) {
  Value& x = t.required(0);
  Value& other = t.input_count() > 1 ? t.required(1) : t.scalar_like(x, number_of(t, "val"));
  if (t.input_count() > 1 && t.rank(0) != t.rank(1))
    t.refuse("arrays of {} and {} axes: each element would be compared with each", t.rank(0), t.rank(1));
  return t.add(op, {&x, &other});
}

void raise_not_equal(Translation& t) {
  t.set_output(0, t.cast(t.add("Not", {&compare(t, "Equal")}), DType::float32));
}

void raise_comparison(Translation& t) {
  constexpr const char* kConditions[] = {"Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"};
  const int64_t condition = int_of(t, "cond");
  if (condition < 0 || condition >= std::ssize(kConditions)) t.refuse("there is no condition {}", condition);
  t.set_output(0, t.cast(compare(t, kConditions[condition]), DType::float32));
}

void raise_index_select(Translation& t) {
  const int64_t axis = axes_of(t, {int_of(t, "dim")}, t.required(0))[0];
  t.set_output(0, t.add("Gather", {&t.required(0), &positions(t, 1)}, {{"axis", axis}}));
}

}  // namespace

OpMappings selection_ops() {
  return {
      {"hetu.EmbeddingLookUp", "Gather", raise_embedding, nullptr, ""},
      {"hetu.Gather", "GatherElements", raise_gather, nullptr, ""},
      {"hetu.MaskedFill", "Where", raise_masked_fill, nullptr, ""},
      {"hetu.OneHot", "OneHot", raise_one_hot, nullptr, ""},
      {"hetu.Slice", "Slice", raise_slice, nullptr, ""},
      {"hetu.Split", "Slice", raise_split, nullptr, "axes of known size"},
      {"hetu.Where", "Where", raise_where, nullptr, "with a number in place of the third input too"},
      {"hetu.BoolMatrix", "Equal", raise_comparison, nullptr, "arrays of the same rank"},
      {"hetu.BoolVal", "Equal", raise_comparison, nullptr, ""},
      {"hetu.IndexSelect", "Gather", raise_index_select, nullptr, ""},
      {"hetu.Mask", "Where", raise_mask, nullptr, ""},
      {"hetu.Ne", "Equal", raise_not_equal, nullptr, "arrays of the same rank, or a number"},
  };
}

}  // namespace modelconv::hetu
