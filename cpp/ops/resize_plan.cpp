#include "ops/resize_plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace modelconv {
namespace {

ResizeMode mode_of(const Node& node) {
  const std::string mode = string_attr(node, "mode");
  if (mode == "nearest") return ResizeMode::nearest;
  if (mode == "linear" || mode == "bilinear") return ResizeMode::linear;
  ENSURE(mode == "cubic", ShapeError, "{}: unknown mode '{}'", node.describe(), mode);
  return ResizeMode::cubic;
}

// Position in the input of output entry `x`. In float, as ONNX Runtime computes it: where it falls on a boundary
// between two entries, double precision would choose another one.
float original_position(const ResizePlan& plan, const ResizeAxis& axis, int64_t x) {
  const auto at = static_cast<float>(x), length = static_cast<float>(axis.input);
  const auto wanted = static_cast<float>(axis.wanted);
  const std::string& how = plan.transformation;
  if (how == "asymmetric") return at / axis.scale;
  if (how == "align_corners") return wanted == 1 ? 0 : at * (length - 1) / (wanted - 1);
  if (how == "tf_crop_and_resize") {
    const float span = axis.roi_end - axis.roi_start;
    return wanted > 1 ? axis.roi_start * (length - 1) + at * span * (length - 1) / (wanted - 1)
                      : 0.5F * (axis.roi_start + axis.roi_end) * (length - 1);
  }
  if (how == "pytorch_half_pixel" && axis.output <= 1) return 0;
  const float centred = (at + 0.5F) / axis.scale - 0.5F;
  if (how != "half_pixel_symmetric") return centred;
  const float adjustment = static_cast<float>(axis.output) / wanted;
  return length / 2 * (1 - adjustment) + centred;
}

bool lies_outside(const ResizePlan& plan, const ResizeAxis& axis, float position) {
  return plan.transformation == "tf_crop_and_resize" &&
         !(position >= 0 && position <= static_cast<float>(axis.input - 1));
}

double linear_weight(double distance) { return std::max(0.0, 1 - std::abs(distance)); }

// Cubic convolution, Keys 1981.
double cubic_weight(double distance, double a) {
  const double x = std::abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

// Float data of a small parameter that may be float16, float32 or float64.
std::vector<double> numbers(const KernelContext& context, size_t index) {
  return context.has_input(index) ? context.input(index).to_double() : std::vector<double>();
}

void read_sizes(KernelContext& context, const std::vector<size_t>& axes, ResizePlan& plan) {
  const std::vector<int64_t> sizes = context.input(3).to_int64();
  if (sizes.size() != axes.size()) context.fail("{} sizes for {} axes", sizes.size(), axes.size());
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < axes.size(); ++i) {
    lengths.push_back(plan.axes[axes[i]].input);
    if (sizes[i] < 0) context.fail("a size is {}", sizes[i]);
  }
  const auto common = common_scale(context.node(), lengths, sizes);
  for (size_t i = 0; i < axes.size(); ++i) {
    ResizeAxis& axis = plan.axes[axes[i]];
    axis.output = common ? rounded_length(axis.input, *common) : sizes[i];
    axis.scale = common ? *common : static_cast<float>(axis.output) / static_cast<float>(axis.input);
    axis.wanted = common ? static_cast<double>(*common) * static_cast<double>(axis.input)
                         : static_cast<double>(axis.output);
  }
}

void read_scales(KernelContext& context, const std::vector<double>& scales, const std::vector<size_t>& axes,
                 ResizePlan& plan) {
  if (scales.size() != axes.size()) context.fail("{} scales for {} axes", scales.size(), axes.size());
  for (size_t i = 0; i < axes.size(); ++i) {
    ResizeAxis& axis = plan.axes[axes[i]];
    axis.scale = static_cast<float>(scales[i]);
    if (!(axis.scale > 0) || !std::isfinite(axis.scale)) context.fail("a scale is {}", scales[i]);
    axis.output = scaled_length(axis.input, axis.scale);
    axis.wanted = static_cast<double>(axis.scale) * static_cast<double>(axis.input);
  }
}

ResizePlan read_attributes(const Node& node) {
  // Upsample-9 has no transformation and takes the entry before the position.
  if (node.op() == OpName("Upsample"))
    return {mode_of(node), "asymmetric", "floor", false, false, -0.75F, 0, {}};
  return {mode_of(node),
          string_attr(node, "coordinate_transformation_mode"),
          string_attr(node, "nearest_mode"),
          int_attr(node, "antialias") != 0,
          int_attr(node, "exclude_outside") != 0,
          float_attr(node, "cubic_coeff_a"),
          static_cast<double>(float_attr(node, "extrapolation_value")),
          {}};
}

void check_names(const KernelContext& context, const ResizePlan& plan) {
  static const std::vector<std::string> kTransformations{"half_pixel",         "half_pixel_symmetric",
                                                         "pytorch_half_pixel", "align_corners",
                                                         "asymmetric",         "tf_crop_and_resize"};
  static const std::vector<std::string> kNearestModes{"round_prefer_floor", "round_prefer_ceil", "floor",
                                                      "ceil"};
  const auto check = [&](const std::vector<std::string>& known, const std::string& name) {
    if (std::find(known.begin(), known.end(), name) == known.end()) context.fail("unknown mode '{}'", name);
  };
  check(kTransformations, plan.transformation);
  check(kNearestModes, plan.nearest_mode);
}

}  // namespace

Dims ResizePlan::output_dims() const {
  Dims dims;
  for (const ResizeAxis& axis : axes) dims.push_back(axis.output);
  return dims;
}

std::vector<size_t> resized_axes(const Node& node, size_t rank) {
  std::vector<size_t> axes(rank);
  std::iota(axes.begin(), axes.end(), size_t{0});
  const auto given = optional_ints(node, "axes");
  if (!given) return axes;
  axes.clear();
  for (const int64_t axis : *given) {
    axes.push_back(normalize_axis(axis, rank));
    ENSURE(std::count(axes.begin(), axes.end(), axes.back()) == 1, ShapeError, "{}: axis {} is named twice",
           node.describe(), axis);
  }
  return axes;
}

// In float, as the shape rule of the onnx package does it: 10 * 0.7F is 7 there.
int64_t scaled_length(int64_t length, float scale) {
  const float scaled = std::floor(static_cast<float>(length) * scale);
  ENSURE(scaled < 9e18F, ShapeError, "an axis of {} entries cannot be scaled by {}", length, scale);
  return static_cast<int64_t>(scaled);
}

std::optional<float> common_scale(const Node& node, const std::vector<int64_t>& lengths,
                                  const std::vector<int64_t>& sizes) {
  const std::string policy = string_attr(node, "keep_aspect_ratio_policy");
  if (policy == "stretch" || sizes.empty()) return std::nullopt;
  ENSURE(policy == "not_larger" || policy == "not_smaller", ShapeError, "{}: unknown policy '{}'",
         node.describe(), policy);
  std::optional<float> scale;
  for (size_t i = 0; i < sizes.size(); ++i) {
    ENSURE(lengths[i] > 0, ShapeError, "{}: an empty axis has no aspect ratio", node.describe());
    const float own = static_cast<float>(sizes[i]) / static_cast<float>(lengths[i]);
    if (!scale) scale = own;
    scale = policy == "not_larger" ? std::min(*scale, own) : std::max(*scale, own);
  }
  return scale;
}

int64_t rounded_length(int64_t length, float scale) {
  return scaled_length(1, std::floor(static_cast<float>(length) * scale + 0.5F));
}

ResizePlan plan_resize(KernelContext& context) {
  ResizePlan plan = read_attributes(context.node());
  check_names(context, plan);
  for (const int64_t dim : context.input(0).dims())
    plan.axes.push_back({dim, dim, 1, static_cast<double>(dim)});
  const bool is_upsample = context.node().op() == OpName("Upsample");
  const std::vector<size_t> axes = resized_axes(context.node(), plan.axes.size());
  const std::vector<double> scales = numbers(context, is_upsample ? 1 : 2);
  if (!scales.empty())
    read_scales(context, scales, axes, plan);
  else if (!is_upsample && context.has_input(3) && context.input(3).size() > 0)
    read_sizes(context, axes, plan);
  else if (!axes.empty())
    context.fail("neither scales nor sizes are given");
  if (plan.transformation == "tf_crop_and_resize") {
    const std::vector<double> roi = numbers(context, 1);
    if (roi.size() != 2 * axes.size())
      context.fail("{} bounds of a region for {} axes", roi.size(), axes.size());
    for (size_t i = 0; i < axes.size(); ++i) {
      plan.axes[axes[i]].roi_start = static_cast<float>(roi[i]);
      plan.axes[axes[i]].roi_end = static_cast<float>(roi[axes.size() + i]);
    }
  }
  for (const ResizeAxis& axis : plan.axes)
    if (axis.input == 0 && axis.output > 0) context.fail("an empty axis cannot be resized");
  return plan;
}

std::vector<int64_t> nearest_indices(const ResizePlan& plan, const ResizeAxis& axis) {
  std::vector<int64_t> indices;
  for (int64_t x = 0; x < axis.output; ++x) {
    const float position = axis.resized() ? original_position(plan, axis, x) : static_cast<float>(x);
    if (!axis.resized() || lies_outside(plan, axis, position)) {
      indices.push_back(axis.resized() ? -1 : x);
      continue;
    }
    float rounded = std::floor(position);
    if (plan.nearest_mode == "ceil")
      rounded = std::ceil(position);
    else if (plan.nearest_mode == "round_prefer_floor")
      rounded = std::ceil(position - 0.5F);
    else if (plan.nearest_mode == "round_prefer_ceil")
      rounded = std::floor(position + 0.5F);
    indices.push_back(static_cast<int64_t>(std::clamp(rounded, 0.0F, static_cast<float>(axis.input - 1))));
  }
  return indices;
}

AxisWeights interpolation_weights(const ResizePlan& plan, const ResizeAxis& axis) {
  // When shrinking with antialias, the filter is stretched over all entries that make one of the output.
  const double stretch = plan.antialias ? 1 / std::min(1.0, static_cast<double>(axis.scale)) : 1;
  const double support = (plan.mode == ResizeMode::cubic ? 2 : 1) * stretch;
  AxisWeights result;
  for (int64_t x = 0; x < axis.output; ++x) {
    result.first.push_back(static_cast<int64_t>(result.indices.size()));
    const float position = original_position(plan, axis, x);
    if (lies_outside(plan, axis, position) || !std::isfinite(position)) continue;
    const auto centre = static_cast<double>(position);
    const size_t begin = result.weights.size();
    double sum = 0;
    // Far outside every index is clamped to the same entry, so that the loop may stop there.
    const double lowest = std::max(std::ceil(centre - support), -2 * support - 2);
    const double highest =
        std::min(std::floor(centre + support), static_cast<double>(axis.input) + 2 * support + 2);
    for (double at = lowest; at <= highest; ++at) {
      const double distance = (at - centre) / stretch;
      const double weight = plan.mode == ResizeMode::cubic
                                ? cubic_weight(distance, static_cast<double>(plan.cubic_a))
                                : linear_weight(distance);
      const bool inside = at >= 0 && at <= static_cast<double>(axis.input - 1);
      if (weight == 0 || (plan.exclude_outside && !inside)) continue;
      result.indices.push_back(
          static_cast<int64_t>(std::clamp(at, 0.0, static_cast<double>(axis.input - 1))));
      result.weights.push_back(weight);
      sum += weight;
    }
    if (result.weights.size() == begin) {  // nothing near: the border
      result.indices.push_back(centre < 0 ? 0 : axis.input - 1);
      result.weights.push_back(1);
    } else if ((plan.antialias || plan.exclude_outside) && sum != 0) {
      for (size_t i = begin; i < result.weights.size(); ++i) result.weights[i] /= sum;
    }
  }
  result.first.push_back(static_cast<int64_t>(result.indices.size()));
  return result;
}

}  // namespace modelconv
