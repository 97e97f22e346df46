// Upsample and Resize, and the sampling operators whose coordinates changed.
#include <algorithm>
#include <cmath>

#include "formats/onnx/versions/axes.h"
#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

using Floats = std::vector<float>;

std::string text_or(const Step& step, std::string_view name, const char* fallback) {
  return step.attrs().get_or<std::string>(name, fallback);
}

bool is_empty_constant(const Value* value) {
  return value && value->is_constant() && value->constant().size() == 0;
}

// --- Upsample: scales as an input since 9; called Resize since 10
void raise_upsample_scales(Step& step) {
  const auto* scales = step.attrs().get<Floats>("scales");
  if (!scales) step.refuse("it has no scales");
  step.set_input(1, &step.constant(Tensor::vector(*scales)));
  step.attrs().remove("scales");
}

void lower_upsample_scales(Step& step) {
  const std::vector<double> scales = step.constant_numbers(1, "scales");
  step.attrs().set("scales", Floats(scales.begin(), scales.end()));
  step.set_input(1, nullptr);
}

void raise_upsample(Step& step) {
  if (text_or(step, "mode", "nearest") == "bilinear") step.attrs().set("mode", std::string("linear"));
  step.set_op("Resize");
}

void lower_to_upsample(Step& step) {
  for (const double scale : step.constant_numbers(1, "scales"))
    if (scale < 1) step.refuse("a scale of {} is below 1, and Resize came with opset 10", scale);
  step.set_op("Upsample");
}

// --- Resize 10 takes pixels at x / scale: the one before when it enlarges, the one after when it shrinks. Source: the
// results of the onnx package's tests of opset 10.
const char* nearest_mode_of_opset_10(const Step& step, const Value& scales) {
  if (!scales.is_constant()) return "floor";
  const std::vector<double> factors = scales.constant().to_double();
  const bool shrinks = std::any_of(factors.begin(), factors.end(), [](double f) { return f < 1; });
  const bool enlarges = std::any_of(factors.begin(), factors.end(), [](double f) { return f > 1; });
  if (shrinks && enlarges) step.refuse("it enlarges one axis and shrinks another");
  return shrinks ? "ceil" : "floor";
}

void raise_resize_scales(Step& step) {
  Value& scales = step.required(1);
  const bool nearest = text_or(step, "mode", "nearest") == "nearest";
  step.attrs().set("coordinate_transformation_mode", std::string("asymmetric"));
  if (nearest) step.attrs().set("nearest_mode", std::string(nearest_mode_of_opset_10(step, scales)));
  step.set_input(1, &step.constant(Tensor::vector(Floats{})));
  step.set_input(2, &scales);
}

// Factors by which sizes enlarge a static shape; the older operator computes floor(size * factor).
Value& scales_from_sizes(Step& step) {
  const std::vector<int64_t> sizes = step.constant_ints(3, "sizes");
  const auto dims = step.required(0).shape().static_dims();
  if (!dims || dims->size() != sizes.size())
    step.refuse("its scales cannot be computed: the input's shape is not known");
  Floats scales;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if ((*dims)[i] == 0) step.refuse("its input is empty");
    const auto scale = static_cast<float>(sizes[i]) / static_cast<float>((*dims)[i]);
    if (static_cast<int64_t>(std::floor(static_cast<float>((*dims)[i]) * scale)) != sizes[i])
      step.refuse("no factor takes {} to {} pixels", (*dims)[i], sizes[i]);
    scales.push_back(scale);
  }
  return step.constant(Tensor::vector(scales));
}

void lower_resize_scales(Step& step) {
  const std::string mode = text_or(step, "mode", "nearest");
  if (mode == "cubic") step.refuse("mode 'cubic' came with opset 11");
  if (text_or(step, "coordinate_transformation_mode", "half_pixel") != "asymmetric")
    step.refuse("before opset 11 coordinates are 'asymmetric' only");
  Value& scales = step.input(3) ? scales_from_sizes(step) : step.required(2);
  if (mode == "nearest") {
    const char* wanted = nearest_mode_of_opset_10(step, scales);
    if (text_or(step, "nearest_mode", "round_prefer_floor") != wanted)
      step.refuse("before opset 11 the nearest pixel is found with '{}' only", wanted);
  }
  step.remove_inputs_from(1);
  step.set_input(1, &scales);
  for (const char* name : {"coordinate_transformation_mode", "nearest_mode", "cubic_coeff_a",
                           "exclude_outside", "extrapolation_value"})
    step.attrs().remove(name);
}

// --- Resize 11 says "not given" by an empty tensor, since 13 by leaving the input out
void raise_resize_inputs(Step& step) {
  for (const size_t index : {size_t{1}, size_t{2}})
    if (is_empty_constant(step.input(index))) step.set_input(index, nullptr);
  if (text_or(step, "coordinate_transformation_mode", "half_pixel") != "tf_half_pixel_for_nn") return;
  // (x + 0.5) / scale rounded down is the half-pixel coordinate, which is 0.5 less, rounded half up.
  if (text_or(step, "mode", "nearest") != "nearest" ||
      text_or(step, "nearest_mode", "round_prefer_floor") != "floor")
    step.refuse("coordinates 'tf_half_pixel_for_nn' went with opset 13");
  step.attrs().set("coordinate_transformation_mode", std::string("half_pixel"));
  step.attrs().set("nearest_mode", std::string("round_prefer_ceil"));
}

void lower_resize_inputs(Step& step) {
  for (const size_t index : {size_t{1}, size_t{2}})
    if (!step.input(index)) step.set_input(index, &step.constant(Tensor::vector(Floats{})));
}

// --- Resize of some axes only, since 18: here of all of them
template <class T>
Value& spread_over_rank(Step& step, const std::vector<T>& values, const std::vector<int64_t>& axes,
                        std::vector<T> all) {
  if (values.size() != axes.size())
    step.refuse("it has {} axes and {} values for them", axes.size(), values.size());
  for (size_t i = 0; i < axes.size(); ++i) all.at(static_cast<size_t>(axes[i])) = values[i];
  return step.constant(Tensor::vector(all));
}

void lower_resize_axes(Step& step) {
  const auto* given = step.attrs().get<std::vector<int64_t>>("axes");
  if (!given) return;
  std::vector<int64_t> axes = *given;
  const size_t rank = step.rank_of(0);
  count_axes_from_front(step, axes, rank);
  if (!axes.empty() && *std::max_element(axes.begin(), axes.end()) >= static_cast<int64_t>(rank))
    step.refuse("an axis is outside rank {}", rank);
  if (step.input(1) && !is_empty_constant(step.input(1))) step.refuse("it has a region and axes");
  if (step.input(2) && !is_empty_constant(step.input(2))) {
    const std::vector<double> scales = step.constant_numbers(2, "scales");
    step.set_input(2,
                   &spread_over_rank(step, Floats(scales.begin(), scales.end()), axes, Floats(rank, 1.0F)));
  }
  if (step.input(3)) {
    const auto dims = step.required(0).shape().static_dims();
    if (!dims) step.refuse("the shape of its input is not known");
    step.set_input(3, &spread_over_rank(step, step.constant_ints(3, "sizes"), axes, *dims));
  }
  step.attrs().remove("axes");
}

void lower_symmetric_coordinates(Step& step) {
  if (text_or(step, "coordinate_transformation_mode", "half_pixel") == "half_pixel_symmetric")
    step.refuse("coordinates 'half_pixel_symmetric' came with opset 19");
}

// --- GridSample: other names and any rank since 20
void raise_grid_mode(Step& step) {
  const std::string mode = text_or(step, "mode", "bilinear");
  step.attrs().set("mode", mode == "bilinear"  ? std::string("linear")
                           : mode == "bicubic" ? std::string("cubic")
                                               : mode);
}

void lower_grid_mode(Step& step) {
  if (step.rank_of(0) != 4) step.refuse("before opset 20 only images (rank 4) are sampled");
  const std::string mode = text_or(step, "mode", "linear");
  step.attrs().set("mode", mode == "linear"  ? std::string("bilinear")
                           : mode == "cubic" ? std::string("bicubic")
                                             : mode);
}

// --- RoiAlign: before 16 coordinates are not shifted by half a pixel
void raise_roi_coordinates(Step& step) {
  step.attrs().set("coordinate_transformation_mode", std::string("output_half_pixel"));
}

void lower_roi_coordinates(Step& step) {
  if (text_or(step, "coordinate_transformation_mode", "half_pixel") != "output_half_pixel")
    step.refuse("coordinates 'half_pixel' came with opset 16");
  step.attrs().remove("coordinate_transformation_mode");
}

}  // namespace

Boundaries resize_boundaries() {
  return {
      {"Upsample", 9, raise_upsample_scales, lower_upsample_scales},
      {"Upsample", 10, raise_upsample},
      {"Resize", 10, nullptr, lower_to_upsample},
      {"Resize", 11, raise_resize_scales, lower_resize_scales},
      {"Resize", 13, raise_resize_inputs, lower_resize_inputs},
      {"Resize", 18, nullptr, lower_resize_axes},
      {"Resize", 19, nullptr, lower_symmetric_coordinates},
      {"GridSample", 16},
      {"GridSample", 20, raise_grid_mode, lower_grid_mode},
      {"GridSample", 22},
      {"RoiAlign", 10},
      {"RoiAlign", 16, raise_roi_coordinates, lower_roi_coordinates},
      {"RoiAlign", 22},
  };
}

}  // namespace modelconv::onnx
