// Quantisation parameters of a value in a graph of "tflite.X" operators: real = scale * (stored - zero_point).
//
// They are part of the value's metadata, so that clones and rewrites keep them. Reading, they are there from decode() to
// make_quantization_explicit(), which puts DequantizeLinear and QuantizeLinear in their place; writing, from the fold of
// those nodes to encode(). No canonical graph has them.
#pragma once

#include <optional>
#include <vector>

#include "ir/graph.h"

namespace modelconv::tflite {

struct Quantization {
  std::vector<float> scales;         // one, or one per index of `axis`
  std::vector<int64_t> zero_points;  // as many
  int64_t axis = 0;

  bool is_per_axis() const { return scales.size() > 1; }
  bool operator==(const Quantization&) const = default;
};

std::optional<Quantization> quantization_of(const Value& value);
void set_quantization(Value& value, const Quantization& quantization);
void clear_quantization(Value& value);

}  // namespace modelconv::tflite
