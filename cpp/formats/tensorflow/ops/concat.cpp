// Joining and splitting along an axis.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {
namespace {

int64_t constant_axis(const Translation& t, size_t index) {
  const auto axis = t.constant_ints(index, "the axis");
  ENSURE(axis.size() == 1, MalformedModelError, "the axis is given as {} numbers", axis.size());
  return axis[0];
}

void join(Translation& t, size_t first, size_t end, int64_t axis) {
  std::vector<Value*> parts;
  for (size_t i = first; i < end; ++i) parts.push_back(&t.required(i));
  if (parts.empty()) t.refuse("it joins nothing");
  t.set_output(0, parts.size() == 1 ? *parts[0] : t.add("Concat", parts, {{"axis", axis}}));
}

void raise_concat(Translation& t) { join(t, 1, t.input_count(), constant_axis(t, 0)); }

void raise_concat_v2(Translation& t) {
  ENSURE(t.input_count() >= 2, MalformedModelError, "it has {} inputs", t.input_count());
  join(t, 0, t.input_count() - 1, constant_axis(t, t.input_count() - 1));
}

// Number of outputs, from an attribute; at least as many as are used.
size_t output_count(const Translation& t, const char* attr) {
  const int64_t count = int_of(t, attr, 0);
  ENSURE(count >= static_cast<int64_t>(t.node().output_count()) && count <= 65536, MalformedModelError,
         "{} is {}, and output {} is used", attr, count, t.node().output_count() - 1);
  return static_cast<size_t>(count);
}

void set_outputs(Translation& t, Node& split) {
  for (size_t i = 0; i < t.node().output_count(); ++i) t.set_output(i, *split.output(i));
}

void raise_split(Translation& t) {
  const size_t count = output_count(t, "num_split");
  set_outputs(
      t, t.add_node("Split", {&t.required(1)},
                    {{"axis", constant_axis(t, 0)}, {"num_outputs", static_cast<int64_t>(count)}}, count));
}

// One of the sizes may be -1: the rest.
Value& split_sizes(Translation& t, int64_t axis, size_t count) {
  const auto known = t.known_ints(1);
  if (!known) return as_int64(t, t.required(1));
  std::vector<int64_t> sizes = *known;
  ENSURE(sizes.size() == count, MalformedModelError, "it splits into {} parts and names {} sizes", count,
         sizes.size());
  int64_t sum = 0, rest = -1;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1)
      rest = static_cast<int64_t>(i);
    else if (__builtin_add_overflow(sum, sizes[i], &sum))
      t.refuse("the sizes add up to more than 63 bits hold");
  }
  if (rest < 0) return t.ints(sizes);
  const Dim whole = t.required(0).shape()[normalize_axis(axis, t.rank(0))];
  if (!whole.is_known()) t.refuse("one size is -1, and the length of the axis is not known");
  sizes[static_cast<size_t>(rest)] = whole.value() - sum;
  return t.ints(sizes);
}

void raise_split_v(Translation& t) {
  const size_t count = output_count(t, "num_split");
  const int64_t axis = constant_axis(t, 2);
  set_outputs(t,
              t.add_node("Split", {&t.required(0), &split_sizes(t, axis, count)}, {{"axis", axis}}, count));
}

void raise_pack(Translation& t) {
  const int64_t axis = int_of(t, "axis", 0);
  std::vector<Value*> parts;
  for (size_t i = 0; i < t.input_count(); ++i)
    parts.push_back(&t.add("Unsqueeze", {&t.required(i), &t.ints({axis})}));
  if (parts.empty()) t.refuse("it joins nothing");
  t.set_output(0, parts.size() == 1 ? *parts[0] : t.add("Concat", parts, {{"axis", axis}}));
}

void raise_unpack(Translation& t) {
  const int64_t axis = int_of(t, "axis", 0);
  const size_t count = output_count(t, "num");
  Node& split = t.add_node("Split", {&t.required(0)},
                           {{"axis", axis}, {"num_outputs", static_cast<int64_t>(count)}}, count);
  for (size_t i = 0; i < t.node().output_count(); ++i)
    if (t.wants_output(i)) t.set_output(i, t.add("Squeeze", {split.output(i), &t.ints({axis})}));
}

}  // namespace

OpMappings concat_ops() {
  return {
      {"tf.Concat", "Concat", raise_concat, nullptr, "constant axis"},
      {"tf.ConcatV2", "Concat", raise_concat_v2, nullptr, "constant axis"},
      {"tf.Pack", "Concat", raise_pack, nullptr, ""},
      {"tf.Split", "Split", raise_split, nullptr, "constant axis"},
      {"tf.SplitV", "Split", raise_split_v, nullptr, "constant axis"},
      {"tf.Unpack", "Split", raise_unpack, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
