// Padding: PyTorch counts from the last axis to the first and says before and after together, ONNX says all befores, then all
// afters.
#include <algorithm>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

bool takes_away(const Call& call, const std::string& padding) {
  const auto& entries = call.raw(padding);
  return std::any_of(entries.begin(), entries.end(),
                     [](const auto& entry) { return entry.is_number() && entry < 0; });
}

// The element at the edge goes on, also where all that lies inside is taken away: ONNX would take away first.
Term continued(const Call& call, const std::string& padding, const Term& x) {
  Translation& t = call.translation();
  const std::vector<Value*> entries = call.int_scalars(padding);
  Term y = x;
  for (size_t i = 0; i < entries.size() / 2; ++i) {
    const int64_t axis = static_cast<int64_t>(x.rank() - 1 - i);
    const Term before = reshape({t, *entries[2 * i]}, {1}), after = reshape({t, *entries[2 * i + 1]}, {1});
    const Term size = size_of(x, axis), places = range(size + before + after) - before;
    y = gather(y, minimum(maximum(places, numbers(t, {0})), size - 1.0), axis);
  }
  return y;
}

// [left, right, top, bottom] of axes -1 and -2 -> [left, top, right, bottom]; axes counted from the end need no rank.
void pad(const Call& call, const std::string& padding, const char* mode, const Term* value = nullptr) {
  Translation& t = call.translation();
  const Term x = tensor(call, "self");
  const size_t entries = call.raw(padding).size(), count = entries / 2;
  if (entries % 2 != 0) t.refuse("its '{}' has an odd number of entries", padding);
  if (count == 0) return give(x);
  std::vector<int64_t> axes, order(2 * count);
  for (size_t i = 0; i < count; ++i) {
    axes.push_back(-1 - static_cast<int64_t>(i));
    order[i] = static_cast<int64_t>(2 * i);
    order[count + i] = order[i] + 1;
  }
  if (std::string_view(mode) == "edge" && takes_away(call, padding)) return give(continued(call, padding, x));
  const Term pads = gather({t, call.int_vector(padding)}, numbers(t, order));
  std::vector<Value*> inputs = {&x.value(), &pads.value(), value ? &value->value() : nullptr, &t.ints(axes)};
  give({t, t.add("Pad", inputs, {{"mode", std::string(mode)}})});
}

void pad_with_value(const Call& call) {
  const Term value = operand(call, "value", call.tensor("self").dtype());
  pad(call, "pad", "constant", &value);
}

void raise_constant_pad(Translation& t) { pad_with_value(Call(t, "self, pad:ints, value:number=0")); }

const char* mode_of(const Translation& t, const std::string& name) {
  if (name == "reflect") return "reflect";
  if (name == "replicate") return "edge";
  if (name == "circular") return "wrap";
  t.refuse("there is no padding mode '{}'", name);
}

void raise_pad(Translation& t) {
  const Call call(t, "self, pad:ints, mode:text=\"constant\", value:number=0");
  if (call.text("mode") == "constant") return pad_with_value(call);
  pad(call, "pad", mode_of(t, call.text("mode")));
}

// Source of the numbers: enum padding_mode in aten/src/ATen/native/PadNd.h.
void raise_pad_enum(Translation& t) {
  const Call call(t, "self, pad:ints, mode:int, value:number=0");
  switch (call.integer("mode")) {
    case 0: return pad(call, "pad", "reflect");
    case 1: return pad(call, "pad", "edge");
    case 2: return pad(call, "pad", "wrap");
    case 3: return pad_with_value(call);
    default: t.refuse("there is no padding mode {}", call.integer("mode"));
  }
}

void raise_circular(Translation& t) { pad(Call(t, "self, pad:ints"), "pad", "wrap"); }
void raise_reflection(Translation& t) { pad(Call(t, "self, padding:ints"), "padding", "reflect"); }
void raise_replication(Translation& t) { pad(Call(t, "self, padding:ints"), "padding", "edge"); }

}  // namespace

OpMappings padding_ops() {
  return {
      {"aten._pad_circular", "Pad", raise_circular, nullptr, ""},
      {"aten._pad_enum", "Pad", raise_pad_enum, nullptr, ""},
      {"aten.constant_pad_nd", "Pad", raise_constant_pad, nullptr, ""},
      {"aten.pad", "Pad", raise_pad, nullptr, ""},
      {"aten.reflection_pad1d", "Pad", raise_reflection, nullptr, ""},
      {"aten.reflection_pad2d", "Pad", raise_reflection, nullptr, ""},
      {"aten.reflection_pad3d", "Pad", raise_reflection, nullptr, ""},
      {"aten.replication_pad1d", "Pad", raise_replication, nullptr, ""},
      {"aten.replication_pad2d", "Pad", raise_replication, nullptr, ""},
      {"aten.replication_pad3d", "Pad", raise_replication, nullptr, ""},
  };
}

}  // namespace modelconv::torch
