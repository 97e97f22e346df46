// Distinct elements, sets, and rows sorted into several tensors and back.
#include <optional>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// ONNX's runtimes know the operator for few integer types: the others go through int64.
void unique(Translation& t, std::optional<int64_t> axis) {
  const Term x = input(t, 0);
  const bool widened = is_integer(x.dtype()) || x.dtype() == DType::boolean;
  const Term values = widened ? cast(x, DType::int64) : x;
  Attrs attrs = {{"sorted", int64_t{0}}};
  if (axis) attrs.set("axis", *axis);
  Node& found = t.add_node("Unique", {&values.value()}, attrs, 4);
  const DType index = type_of(t, "out_idx", DType::int32);
  t.set_output(0, t.cast(*found.output(0), x.dtype()));
  t.set_output(1, t.cast(*found.output(2), index));
  t.set_output(2, t.cast(*found.output(3), index));
}

void raise_unique(Translation& t) { unique(t, std::nullopt); }

void raise_unique_v2(Translation& t) {
  const auto axis = t.constant_ints(1, "the axis");
  ENSURE(axis.size() <= 1, MalformedModelError, "there are {} axes", axis.size());
  unique(t, axis.empty() ? std::nullopt : std::optional(axis[0]));
}

// Elements of the first list that the second does not have, and their places.
void raise_list_diff(Translation& t) {
  const Term x = input(t, 0), y = input(t, 1);
  const Term same = cast(equal(unsqueeze(x, {1}), unsqueeze(y, {0})), DType::int32);
  const Term keep = equal(reduce("ReduceSum", same, {1}), 0.0);
  set_output(t, 0, compute("Compress", {x, keep}, {{"axis", int64_t{0}}}));
  const Term places = compute("Compress", {range(size_of(x, 0)), keep}, {{"axis", int64_t{0}}});
  set_output(t, 1, cast(places, type_of(t, "out_idx", DType::int32)));
}

void raise_partition(Translation& t) {
  const Term partitions = reshape(input(t, 1), {-1});
  const size_t rank = t.rank(1);
  const Term rows = concat({numbers(t, {-1}), shape_from(input(t, 0), static_cast<int64_t>(rank))}, 0);
  const Term data = rank == 1 ? input(t, 0) : reshape(input(t, 0), rows);
  for (size_t i = 0; i < t.node().output_count(); ++i) {
    const Term keep = equal(partitions, static_cast<double>(i));
    set_output(t, i, compute("Compress", {data, keep}, {{"axis", int64_t{0}}}));
  }
}

// Inputs: lists of places, then as many tensors of rows. The result is as long as the largest place asks for.
void raise_stitch(Translation& t) {
  ENSURE(t.input_count() % 2 == 0 && t.input_count() > 0, MalformedModelError, "it has {} inputs",
         t.input_count());
  const size_t count = t.input_count() / 2;
  std::vector<Term> places, rows;
  for (size_t i = 0; i < count; ++i) {
    const auto rank = static_cast<int64_t>(t.rank(i));
    const Term data = input(t, count + i);
    places.push_back(reshape(index_input(t, i), {-1}));
    rows.push_back(
        reshape(data, concat({size_of(reshape(index_input(t, i), {-1}), 0), shape_from(data, rank)}, 0)));
  }
  const Term all = concat(places, 0), values = concat(rows, 0);
  const Term length = reduce("ReduceMax", concat({all, numbers(t, {-1})}, 0), {0}, true) + 1.0;
  const Term zeros = filled(concat({length, shape_from(values, 1)}, 0), values.dtype(), 0);
  set_output(t, 0, scatter_nd(zeros, unsqueeze(all, {-1}), values, "none"));
}

}  // namespace

OpMappings unique_ops() {
  return {
      {"tf.DynamicPartition", "Compress", raise_partition, nullptr, ""},
      {"tf.DynamicStitch", "ScatterND", raise_stitch, nullptr, "no place given twice"},
      {"tf.ListDiff", "Compress", raise_list_diff, nullptr, ""},
      {"tf.ParallelDynamicStitch", "ScatterND", raise_stitch, nullptr, "no place given twice"},
      {"tf.Unique", "Unique", raise_unique, nullptr, ""},
      {"tf.UniqueV2", "Unique", raise_unique_v2, nullptr, "constant axis"},
      {"tf.UniqueWithCounts", "Unique", raise_unique, nullptr, ""},
      {"tf.UniqueWithCountsV2", "Unique", raise_unique_v2, nullptr, "constant axis"},
  };
}

}  // namespace modelconv::tensorflow
