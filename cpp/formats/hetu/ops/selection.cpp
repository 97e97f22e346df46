// Parts, lookups and choices. Positions and conditions are float32 in Hetu.
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

void raise_where(Translation& t) {
  t.set_output(0, t.add("Where", {&condition(t, 0), &t.required(1), &t.required(2)}));
}

// The constant where the condition is false.
void raise_where_constant(Translation& t) {
  Value& x = t.required(1);
  t.set_output(0, t.add("Where", {&condition(t, 0), &x, &t.scalar_like(x, number_of(t, "const_attr"))}));
}

// Where the mask is exactly 1.
void raise_masked_fill(Translation& t) {
  Value &x = t.required(0), &mask = t.required(1);
  Value& is_set = t.add("Equal", {&mask, &t.scalar_like(mask, 1)});
  t.set_output(0, t.add("Where", {&is_set, &t.scalar_like(x, number_of(t, "val")), &x}));
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
      {"hetu.Where", "Where", raise_where, nullptr, ""},
      {"hetu.WhereConst", "Where", raise_where_constant, nullptr, ""},
  };
}

}  // namespace modelconv::hetu
