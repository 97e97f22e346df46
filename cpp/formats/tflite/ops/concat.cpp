// Joining, splitting and repeating.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

void raise_concatenation(Translation& t) {
  std::vector<Term> parts;
  for (size_t i = 0; i < t.input_count(); ++i) parts.push_back(input(t, i));
  t.set_output(0, activated(t, compute("Concat", parts, {{"axis", int_of(t, "axis")}}).value()));
}

void raise_pack(Translation& t) {
  const int64_t axis = int_of(t, "axis");
  std::vector<Term> parts;
  for (size_t i = 0; i < t.input_count(); ++i) parts.push_back(unsqueeze(input(t, i), {axis}));
  set_output(t, 0, compute("Concat", parts, {{"axis", axis}}));
}

void set_parts(Translation& t, Value& x, Value* lengths, int64_t axis, bool squeezed) {
  const size_t count = t.node().output_count();
  Attrs attrs = {{"axis", axis}};
  std::vector<Value*> inputs = {&x};
  if (lengths)
    inputs.push_back(lengths);
  else
    attrs.set("num_outputs", static_cast<int64_t>(count));
  const Node& split = t.add_node("Split", std::move(inputs), std::move(attrs), count);
  for (size_t i = 0; i < count; ++i) {
    const Term part = {t, *split.output(i)};
    set_output(t, i, squeezed ? squeeze(part, {axis}) : part);
  }
}

void raise_unpack(Translation& t) { set_parts(t, t.required(0), nullptr, int_of(t, "axis"), true); }

int64_t axis_input(const Translation& t, size_t index) {
  const auto axis = t.constant_ints(index, "the axis");
  ENSURE(axis.size() == 1, MalformedModelError, "the axis is given as {} numbers", axis.size());
  return axis[0];
}

// Inputs: axis, x.
void raise_split(Translation& t) { set_parts(t, t.required(1), nullptr, axis_input(t, 0), false); }

// Inputs: x, lengths, axis. One length may be -1: what is left.
void raise_split_v(Translation& t) {
  const int64_t axis = axis_input(t, 2);
  auto lengths = t.known_ints(1);
  if (!lengths) return set_parts(t, t.required(0), &as_vector(t, 1), axis, false);
  int64_t sum = 0;
  for (const int64_t length : *lengths) sum += std::max<int64_t>(length, 0);
  for (int64_t& length : *lengths) {
    if (length >= 0) continue;
    const Dim& size = t.required(0).shape()[normalize_axis(axis, t.rank(0))];
    if (!size.is_known()) t.refuse("one of its lengths is what is left of a size that is not known");
    length = size.value() - sum;
  }
  set_parts(t, t.required(0), &t.ints(*lengths), axis, false);
}

void raise_tile(Translation& t) { set_output(t, 0, compute("Tile", {input(t, 0), index_input(t, 1)})); }

}  // namespace

OpMappings concat_ops() {
  return {
      {"tflite.CONCATENATION", "Concat", raise_concatenation, nullptr, ""},
      {"tflite.PACK", "Concat", raise_pack, nullptr, ""},
      {"tflite.SPLIT", "Split", raise_split, nullptr, "constant axis"},
      {"tflite.SPLIT_V", "Split", raise_split_v, nullptr, "constant axis"},
      {"tflite.TILE", "Tile", raise_tile, nullptr, ""},
      {"tflite.UNPACK", "Split", raise_unpack, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
