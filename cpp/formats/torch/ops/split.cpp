// One tensor into several along an axis. How many there are follows from the node: its outputs are named one by one.
#include <algorithm>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

std::optional<int64_t> known_size(const Term& x, int64_t axis) {
  return x.value().shape()[static_cast<size_t>(axis)].known();
}

void give_split(const Term& x, int64_t axis, const Term& lengths) {
  Translation& t = x.translation();
  Node& split =
      t.add_node("Split", {&x.value(), &lengths.value()}, {{"axis", axis}}, t.node().output_count());
  for (size_t i = 0; i < split.output_count(); ++i) t.set_output(i, *split.output(i));
}

// Part i reaches from bounds[i] to bounds[i + 1], each int64 [1].
void give_parts(const Term& x, int64_t axis, const std::vector<Term>& bounds) {
  for (size_t i = 0; i + 1 < bounds.size(); ++i) give(slice(x, axis, bounds[i], bounds[i + 1]), i);
}

// Parts of `length`, the last one of what remains.
void split_evenly(const Term& x, int64_t axis, int64_t length) {
  Translation& t = x.translation();
  const auto count = static_cast<int64_t>(t.node().output_count());
  const auto size = known_size(x, axis);
  if (!size) {
    std::vector<Term> bounds;
    for (int64_t i = 0; i <= count; ++i) bounds.push_back(numbers(t, {i == count ? kEnd : i * length}));
    return give_parts(x, axis, bounds);
  }
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < count; ++i) lengths.push_back(std::clamp<int64_t>(*size - i * length, 0, length));
  give_split(x, axis, numbers(t, lengths));
}

void raise_split(Translation& t) {
  const Call call(t, {"self, split_size:int, dim:int=0", "self, split_size:ints, dim:int=0",
                      "self, split_sizes:ints, dim:int=0"});
  const Term x = tensor(call, "self");
  const int64_t axis = call.axis("dim", x.rank());
  if (call.form() == 0) return split_evenly(x, axis, call.integer("split_size"));
  give_split(x, axis, sizes(call, call.form() == 1 ? "split_size" : "split_sizes"));
}

// As ONNX divides when it is told the number of parts: all as large as the first, but for the last.
void raise_chunk(Translation& t) {
  const Call call(t, "self, chunks:int, dim:int=0");
  const Term x = tensor(call, "self");
  const int64_t axis = call.axis("dim", x.rank()), chunks = call.integer("chunks");
  if (const auto size = known_size(x, axis))
    return split_evenly(x, axis, std::max<int64_t>((*size + chunks - 1) / std::max<int64_t>(chunks, 1), 1));
  Node& split = t.add_node("Split", {&x.value()}, {{"axis", axis}, {"num_outputs", chunks}},
                           static_cast<size_t>(chunks));
  for (size_t i = 0; i < split.output_count(); ++i) t.set_output(i, *split.output(i));
}

// The first parts are larger by one where the size is no multiple of their number.
void split_into(const Term& x, int64_t axis, int64_t count) {
  Translation& t = x.translation();
  if (const auto size = known_size(x, axis)) {
    std::vector<int64_t> lengths;
    for (int64_t i = 0; i < count; ++i) lengths.push_back(*size / count + (i < *size % count ? 1 : 0));
    return give_split(x, axis, numbers(t, lengths));
  }
  const Term size = size_of(x, axis), length = size / static_cast<double>(count);
  const Term larger = modulo(size, numbers(t, {count}));
  std::vector<Term> bounds;
  for (int64_t i = 0; i <= count; ++i)
    bounds.push_back(length * static_cast<double>(i) + minimum(larger, numbers(t, {i})));
  give_parts(x, axis, bounds);
}

// At places along an axis, or into equal parts.
void split_at(const Call& call, const Term& x, int64_t axis) {
  Translation& t = x.translation();
  if (call.form() == 0) return split_into(x, axis, call.integer("sections"));
  std::vector<Term> bounds = {numbers(t, {0})};
  for (Value* scalar : call.int_scalars("indices")) bounds.push_back(unsqueeze({t, *scalar}, {0}));
  bounds.push_back(numbers(t, {kEnd}));
  give_parts(x, axis, bounds);
}

void raise_tensor_split(Translation& t) {
  const Call call(t, {"self, sections:int, dim:int=0", "self, indices:ints, dim:int=0",
                      "self, tensor_indices_or_sections, dim:int=0"});
  if (call.form() == 2) t.refuse("a tensor says where it splits, and so how many parts there are");
  const Term x = tensor(call, "self");
  split_at(call, x, call.axis("dim", x.rank()));
}

// Horizontally, vertically, in depth: the name says the axis.
void raise_named_split(Translation& t) {
  const Call call(t, {"self, sections:int", "self, indices:ints"});
  const Term x = tensor(call, "self");
  const char name = t.node().op().name()[0];
  split_at(call, x, name == 'v' ? 0 : name == 'd' ? 2 : x.rank() == 1 ? 0 : 1);
}

void raise_unbind(Translation& t) {
  const Call call(t, "self, dim:int=0");
  const Term x = tensor(call, "self");
  const int64_t axis = call.axis("dim", x.rank());
  for (size_t i = 0; i < t.node().output_count(); ++i)
    give(gather(x, number(t, DType::int64, static_cast<double>(i)), axis), i);
}

}  // namespace

OpMappings split_ops() {
  OpMappings rows;
  for (const char* name : {"aten.split", "aten.split_copy", "aten.split_with_sizes",
                           "aten.split_with_sizes_copy", "aten.unsafe_split", "aten.unsafe_split_with_sizes"})
    rows.push_back({name, "Split", raise_split, nullptr, ""});
  for (const char* name : {"aten.chunk", "aten.unsafe_chunk"})
    rows.push_back({name, "Split", raise_chunk, nullptr, ""});
  for (const char* name : {"aten.dsplit", "aten.hsplit", "aten.vsplit"})
    rows.push_back({name, "Split", raise_named_split, nullptr, ""});
  rows.push_back({"aten.tensor_split", "Split", raise_tensor_split, nullptr, ""});
  for (const char* name : {"aten.unbind", "aten.unbind_copy"})
    rows.push_back({name, "Gather", raise_unbind, nullptr, ""});
  return rows;
}

}  // namespace modelconv::torch
