// Where the elements of a resized tensor come from, axis by axis.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ops/kernel.h"

namespace modelconv {

enum class ResizeMode : uint8_t { nearest, linear, cubic };

// One axis. `output` is floor(scale * input) when scales are given, else the wanted size.
struct ResizeAxis {
  int64_t input = 0, output = 0;
  float scale = 1;
  double wanted = 0;  // scale * input before it is rounded: what the transformations call the output's width
  float roi_start = 0, roi_end = 1;
  bool resized() const { return input != output || scale != 1 || roi_start != 0 || roi_end != 1; }
};

struct ResizePlan {
  ResizeMode mode;
  std::string transformation, nearest_mode;
  bool antialias, exclude_outside;
  float cubic_a;
  double extrapolation_value;
  std::vector<ResizeAxis> axes;

  Dims output_dims() const;
};

// Entry i of the output is the sum of weights[j] * input[indices[j]] for j in [first[i], first[i + 1]); none at all:
// it lies outside and takes the extrapolation value.
struct AxisWeights {
  std::vector<int64_t> first, indices;
  std::vector<double> weights;
};

// For Resize, and for Upsample, which is Resize with the attributes that it lacks fixed.
ResizePlan plan_resize(KernelContext& context);
// Index of the nearest input entry for each output entry; -1 where it lies outside.
std::vector<int64_t> nearest_indices(const ResizePlan& plan, const ResizeAxis& axis);
AxisWeights interpolation_weights(const ResizePlan& plan, const ResizeAxis& axis);

// Shared with the shape rule.
std::vector<size_t> resized_axes(const Node& node, size_t rank);
int64_t scaled_length(int64_t length, float scale);
// The scale that keep_aspect_ratio_policy makes of sizes; nothing when they are stretched to.
std::optional<float> common_scale(const Node& node, const std::vector<int64_t>& lengths,
                                  const std::vector<int64_t>& sizes);
int64_t rounded_length(int64_t length, float scale);

}  // namespace modelconv
