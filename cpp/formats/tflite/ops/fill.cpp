// Tensors made of one value or a range; padding; random numbers.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

void raise_fill(Translation& t) {
  const Term value = reshape(input(t, 1), std::vector<int64_t>{});
  set_output(t, 0, expand(value, index_input(t, 0)));
}

void raise_range(Translation& t) {
  const std::vector<int64_t> scalar;
  set_output(t, 0,
             compute("Range", {reshape(input(t, 0), scalar), reshape(input(t, 1), scalar),
                               reshape(input(t, 2), scalar)}));
}

// [[before, after], ...] to all befores, then all afters; as numbers where they are known, for what asks for sizes.
Term pads(Translation& t) {
  const auto known = t.known_ints(1);
  if (!known) return reshape(transpose(index_input(t, 1), {1, 0}), {-1});
  std::vector<int64_t> befores, afters;
  for (size_t i = 0; i + 1 < known->size(); i += 2) {
    befores.push_back((*known)[i]);
    afters.push_back((*known)[i + 1]);
  }
  befores.insert(befores.end(), afters.begin(), afters.end());
  return numbers(t, befores);
}

void raise_pad(Translation& t) { set_output(t, 0, compute("Pad", {input(t, 0), pads(t)})); }

void raise_pad_v2(Translation& t) {
  const Term value = reshape(input(t, 2), std::vector<int64_t>{});
  set_output(t, 0, compute("Pad", {input(t, 0), pads(t), value}));
}

// SYMMETRIC repeats the border. ONNX has no such mode: what is mirrored is cut out and put in front and behind.
Term mirrored(const Term& x, int64_t axis, int64_t before, int64_t after) {
  Translation& t = x.translation();
  const auto part = [&](int64_t from, int64_t to) {
    return compute("Slice", {x, numbers(t, {from}), numbers(t, {to}), numbers(t, {axis}), numbers(t, {-1})});
  };
  std::vector<Term> parts;
  if (before > 0) parts.push_back(part(before - 1, INT64_MIN));
  parts.push_back(x);
  if (after > 0) parts.push_back(part(-1, -after - 1));
  return concat(parts, axis);
}

void raise_mirror_pad(Translation& t) {
  if (string_of(t, "mode") == "REFLECT")
    return set_output(t, 0, compute("Pad", {input(t, 0), pads(t)}, {{"mode", std::string("reflect")}}));
  const auto sizes = t.constant_ints(1, "the paddings");
  Term x = input(t, 0);
  for (size_t axis = 0; 2 * axis + 1 < sizes.size(); ++axis)
    x = mirrored(x, static_cast<int64_t>(axis), sizes[2 * axis], sizes[2 * axis + 1]);
  set_output(t, 0, x);
}

Attrs seeded(const Translation& t) {
  const int64_t seed = int_of(t, "seed"), seed2 = int_of(t, "seed2");
  return seed == 0 && seed2 == 0 ? Attrs{} : Attrs{{"seed", static_cast<float>(seed + seed2)}};
}

void raise_random(Translation& t) {
  const Term zeros = filled(index_input(t, 0), DType::float32, 0);
  set_output(t, 0, compute(t.target(), {zeros}, seeded(t)));
}

void raise_multinomial(Translation& t) {
  const auto count = t.constant_ints(1, "the number of samples");
  ENSURE(count.size() == 1 && count[0] >= 0, MalformedModelError, "the number of samples is not one number");
  Attrs attrs = seeded(t);
  attrs.set("sample_size", count[0]);
  const DType dtype = t.node().output()->dtype();
  attrs.set("dtype", static_cast<int64_t>(dtype == DType::int64 ? DType::int64 : DType::int32));
  set_output(t, 0, compute("Multinomial", {input(t, 0)}, attrs));
}

}  // namespace

OpMappings fill_ops() {
  return {
      {"tflite.FILL", "Expand", raise_fill, nullptr, ""},
      {"tflite.MIRROR_PAD", "Pad", raise_mirror_pad, nullptr, "SYMMETRIC with constant paddings"},
      {"tflite.MULTINOMIAL", "Multinomial", raise_multinomial, nullptr, "other numbers for the same seed"},
      {"tflite.PAD", "Pad", raise_pad, nullptr, ""},
      {"tflite.PADV2", "Pad", raise_pad_v2, nullptr, ""},
      {"tflite.RANDOM_STANDARD_NORMAL", "RandomNormalLike", raise_random, nullptr,
       "other numbers for the same seed"},
      {"tflite.RANDOM_UNIFORM", "RandomUniformLike", raise_random, nullptr,
       "other numbers for the same seed"},
      {"tflite.RANGE", "Range", raise_range, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
