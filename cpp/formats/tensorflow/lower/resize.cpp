// Images resized, and moved between depth and space. Image operators are channels last here.
#include <algorithm>
#include <cmath>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"
#include "ops/channels_last.h"
#include "ops/resize_plan.h"

namespace modelconv::tensorflow {
namespace {

std::string text_or(const Translation& t, const char* name, const char* fallback) {
  return t.node().attrs.get_or<std::string>(name, fallback);
}

bool is_upsample(const Translation& t) { return t.node().op().name() == "Upsample"; }

ResizePlan plan_of(const Translation& t) {
  const std::string mode = text_or(t, "mode", "nearest");
  ResizePlan plan;
  plan.mode = mode == "nearest" ? ResizeMode::nearest
              : mode == "cubic" ? ResizeMode::cubic
                                : ResizeMode::linear;
  plan.transformation =
      is_upsample(t) ? "asymmetric" : text_or(t, "coordinate_transformation_mode", "half_pixel");
  plan.nearest_mode = is_upsample(t) ? "floor" : text_or(t, "nearest_mode", "round_prefer_floor");
  plan.antialias = t.node().attrs.get_or<int64_t>("antialias", 0) != 0;
  plan.exclude_outside = t.node().attrs.get_or<int64_t>("exclude_outside", 0) != 0;
  plan.cubic_a = t.node().attrs.get_or<float>("cubic_coeff_a", -0.75F);
  plan.extrapolation_value = double{t.node().attrs.get_or<float>("extrapolation_value", 0)};
  return plan;
}

// In the canonical order of axes; those that are not named stay.
std::vector<double> scales_of(const Translation& t, size_t rank) {
  const size_t index = is_upsample(t) ? 1 : 2;
  const Value* given = t.input(index);
  std::vector<double> scales(rank, 0);
  if (!given || (given->is_constant() && given->constant().size() == 0)) return {};
  if (!given->is_constant()) t.refuse("its scales are not constant");
  const auto values = given->constant().to_double();
  std::fill(scales.begin(), scales.end(), 1);
  const auto* axes = t.node().attrs.get<std::vector<int64_t>>("axes");
  for (size_t i = 0; i < values.size(); ++i)
    scales.at(axes ? normalize_axis(axes->at(i), rank) : i) = values[i];
  return scales;
}

std::vector<std::pair<float, float>> regions_of(const Translation& t, const ResizePlan& plan, size_t rank) {
  std::vector<std::pair<float, float>> regions(rank, {0.0F, 1.0F});
  if (plan.transformation != "tf_crop_and_resize") return regions;
  if (!t.input(1) || !t.input(1)->is_constant()) t.refuse("its region is not constant");
  const auto values = t.input(1)->constant().to_double();
  const auto* axes = t.node().attrs.get<std::vector<int64_t>>("axes");
  const size_t count = values.size() / 2;
  for (size_t i = 0; i < count; ++i)
    regions.at(axes ? normalize_axis(axes->at(i), rank) : i) = {static_cast<float>(values[i]),
                                                                static_cast<float>(values[count + i])};
  return regions;
}

// The axis of the image, given the canonical one.
size_t image_axis(size_t axis, size_t rank) { return axis < 2 ? (axis == 0 ? 0 : rank - 1) : axis - 1; }

// True when TensorFlow's operator computes the same: two axes of four, and the scale is that of the sizes.
std::optional<Attrs> exact_resize(const ResizePlan& plan, bool scale_is_exact) {
  if (!scale_is_exact || plan.antialias) return std::nullopt;
  const auto with = [](bool align, bool half) {
    return Attrs{{"align_corners", int64_t{align}}, {"half_pixel_centers", int64_t{half}}};
  };
  const std::string &way = plan.transformation, &rounding = plan.nearest_mode;
  if (plan.mode == ResizeMode::linear) {
    if (way == "half_pixel") return with(false, true);
    if (way == "align_corners") return with(true, false);
    if (way == "asymmetric") return with(false, false);
  }
  if (plan.mode == ResizeMode::nearest && way == "asymmetric" && rounding == "floor")
    return with(false, false);
  return std::nullopt;
}

// How an element of the output is made of some of the input, the same number for each; constants.
Term by_taps(const Term& x, const ResizePlan& plan, const ResizeAxis& axis, int64_t place) {
  Translation& t = x.translation();
  const auto take = [&](const std::vector<int64_t>& indices) {
    return gather(x, numbers(t, indices), place);
  };
  std::vector<int64_t> column(x.rank(), 1);
  column[static_cast<size_t>(place)] = axis.output;
  const auto spread = [&](const std::vector<double>& values, DType dtype) {
    std::vector<float> floats(values.begin(), values.end());
    return cast(Term(t, t.constant(Tensor::of<float>(column, floats))), dtype);
  };
  if (plan.mode == ResizeMode::nearest) {
    std::vector<int64_t> indices = nearest_indices(plan, axis);
    std::vector<double> outside;
    for (int64_t& index : indices) {
      outside.push_back(index < 0 ? 1 : 0);
      index = std::max<int64_t>(0, index);
    }
    const bool has_outside = std::find(outside.begin(), outside.end(), 1.0) != outside.end();
    if (!has_outside) return take(indices);
    return where(equal(spread(outside, DType::float32), 1.0), number(t, x.dtype(), plan.extrapolation_value),
                 take(indices));
  }
  const AxisWeights weights = interpolation_weights(plan, axis);
  const auto count = static_cast<size_t>(axis.output);
  int64_t most = 0;
  for (size_t i = 0; i < count; ++i) most = std::max(most, weights.first[i + 1] - weights.first[i]);
  std::optional<Term> sum;
  std::vector<double> outside(count, 0);
  for (int64_t tap = 0; tap < std::max<int64_t>(1, most); ++tap) {
    std::vector<int64_t> indices(count, 0);
    std::vector<double> factors(count, 0);
    for (size_t i = 0; i < count; ++i) {
      const int64_t at = weights.first[i] + tap;
      if (weights.first[i] == weights.first[i + 1]) outside[i] = 1;
      if (at >= weights.first[i + 1]) continue;
      indices[i] = weights.indices[static_cast<size_t>(at)];
      factors[i] = weights.weights[static_cast<size_t>(at)];
    }
    const Term part = take(indices) * spread(factors, x.dtype());
    sum = sum ? *sum + part : part;
  }
  if (std::find(outside.begin(), outside.end(), 1.0) == outside.end()) return *sum;
  return where(equal(spread(outside, DType::float32), 1.0), number(t, x.dtype(), plan.extrapolation_value),
               *sum);
}

// Sizes of rows and columns as TensorFlow wants them, where they depend on the input.
Term computed_sizes(Translation& t, const std::vector<double>& scales) {
  if (scales.empty()) {
    const auto* axes = t.node().attrs.get<std::vector<int64_t>>("axes");
    const Term sizes = index_input(t, 3);
    return cast(axes && axes->size() == 2 ? sizes : slice(sizes, 0, 2, 4), DType::int32);
  }
  const Term sizes = shape_part(input(t, 0), 1, 3);
  const bool are_whole = scales[2] == std::floor(scales[2]) && scales[3] == std::floor(scales[3]);
  if (are_whole)  // without rounding, and so that shapes can be followed
    return cast(sizes * numbers(t, {static_cast<int64_t>(scales[2]), static_cast<int64_t>(scales[3])}),
                DType::int32);
  const Term shape = cast(sizes, DType::float32);
  const std::vector<float> factors = {static_cast<float>(scales[2]), static_cast<float>(scales[3])};
  return cast(compute("Floor", {shape * Term(t, t.constant(Tensor::vector(factors)))}), DType::int32);
}

void use_operator(Translation& t, const ResizePlan& plan, const Attrs& attrs, const Term& sizes) {
  const Term x = input(t, 0);
  if (plan.mode == ResizeMode::nearest)
    return set_output(t, 0, compute("tf.ResizeNearestNeighbor", {x, sizes}, attrs));
  set_output(t, 0, cast(compute("tf.ResizeBilinear", {x, sizes}, attrs), x.dtype()));
}

void lower_resize(Translation& t) {
  const Term x = input(t, 0);
  const size_t rank = x.rank();
  ResizePlan plan = plan_of(t);
  if (text_or(t, "keep_aspect_ratio_policy", "stretch") != "stretch" &&
      !t.node().output()->shape().is_static())
    t.refuse("it keeps the ratio of sizes that are not known");
  const auto scales = scales_of(t, rank);
  const auto regions = regions_of(t, plan, rank);
  const Shape &from = x.value().shape(), &to = t.node().output()->shape();
  bool are_known = to.has_rank(), is_exact = true, outer_stay = true;
  for (size_t axis = 0; axis < rank; ++axis) {
    const size_t place = image_axis(axis, rank);
    const Dim in = from[place], out = to.has_rank() ? to[place] : Dim();
    ResizeAxis one;
    const bool stays = scales.empty() ? in == out : scales[axis] == 1;
    are_known = are_known && (stays || (in.is_known() && out.is_known()));
    outer_stay = outer_stay && (axis >= 2 || stays);
    if (in.is_known() && out.is_known()) {
      one = {in.value(),          out.value(),         1, static_cast<double>(out.value()),
             regions[axis].first, regions[axis].second};
      const bool keeps_ratio = text_or(t, "keep_aspect_ratio_policy", "stretch") != "stretch";
      one.scale = static_cast<float>(
          scales.empty() ? static_cast<double>(one.output) / static_cast<double>(one.input) : scales[axis]);
      if (!scales.empty()) one.wanted = double{one.scale} * static_cast<double>(one.input);
      is_exact = is_exact && !keeps_ratio && one.wanted == static_cast<double>(one.output);
    } else {
      is_exact = is_exact && (scales.empty() || stays || scales[axis] == std::floor(scales[axis]));
    }
    plan.axes.push_back(one);
  }
  const auto exact = exact_resize(plan, is_exact && outer_stay && rank == 4 && scales.size() != 1);
  if (exact && is_float(x.dtype())) {
    const Dim height = to.has_rank() ? to[1] : Dim(), width = to.has_rank() ? to[2] : Dim();
    if (height.is_known() && width.is_known())
      return use_operator(t, plan, *exact, cast(numbers(t, {height.value(), width.value()}), DType::int32));
    return use_operator(t, plan, *exact, computed_sizes(t, scales));
  }
  if (!are_known) t.refuse("TensorFlow has no such resizing, and the sizes are not known to spell it out");
  const bool is_whole = is_integer(x.dtype()) && plan.mode != ResizeMode::nearest;
  Term y = is_whole ? cast(x, DType::float32) : x;
  for (size_t axis = 0; axis < rank; ++axis)
    if (plan.axes[axis].resized())
      y = by_taps(y, plan, plan.axes[axis], static_cast<int64_t>(image_axis(axis, rank)));
  if (y.value().producer() == x.value().producer()) y = compute("Identity", {y});
  set_output(t, 0, cast(y, x.dtype()));
}

// --- between depth and space
void lower_depth_to_space(Translation& t) {
  const Term x = input(t, 0);
  const int64_t block = t.node().attrs.get_or<int64_t>("blocksize", 1);
  if (block == 1) return set_output(t, 0, compute("Identity", {x}));
  if (text_or(t, "mode", "DCR") == "DCR")
    return set_output(t, 0, compute("tf.DepthToSpace", {x}, {{"block_size", block}}));
  // CRD: the channel comes first among the three parts of the depth.
  const Term n = size_of(x, 0), h = size_of(x, 1), w = size_of(x, 2), c = size_of(x, 3),
             b = numbers(t, {block});
  const Term depth = c / numbers(t, {block * block});
  const Term parts = reshape(x, concat({n, h, w, depth, b, b}, 0));
  const Term moved = transpose(parts, {0, 1, 4, 2, 5, 3});
  set_output(t, 0, reshape(moved, concat({n, h * b, w * b, depth}, 0)));
}

void lower_space_to_depth(Translation& t) {
  const int64_t block = t.node().attrs.get_or<int64_t>("blocksize", 1);
  const Term x = input(t, 0);
  if (block == 1) return set_output(t, 0, compute("Identity", {x}));
  if (text_or(t, "mode", "DCR") != "DCR") {
    const Term n = size_of(x, 0), c = size_of(x, 3), b = numbers(t, {block});
    const Term h = size_of(x, 1) / b, w = size_of(x, 2) / b;
    const Term moved = transpose(reshape(x, concat({n, h, b, w, b, c}, 0)), {0, 1, 3, 5, 2, 4});
    return set_output(t, 0, reshape(moved, concat({n, h, w, c * b * b}, 0)));
  }
  set_output(t, 0, compute("tf.SpaceToDepth", {input(t, 0)}, {{"block_size", block}}));
}

}  // namespace

OpMappings lower_resizes() {
  return {
      {"tf.ResizeBilinear", "nhwc.Resize", nullptr, lower_resize,
       "constant scales; other modes than TensorFlow's: known sizes"},
      {"tf.ResizeNearestNeighbor", "nhwc.Upsample", nullptr, lower_resize, ""},
      {"tf.DepthToSpace", "nhwc.DepthToSpace", nullptr, lower_depth_to_space, ""},
      {"tf.SpaceToDepth", "nhwc.SpaceToDepth", nullptr, lower_space_to_depth, ""},
  };
}

}  // namespace modelconv::tensorflow
