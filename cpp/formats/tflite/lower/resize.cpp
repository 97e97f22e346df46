// Resize of images in channels-last order: LiteRT's own operators where they compute the same, else a matrix per axis.
#include <algorithm>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"
#include "ops/channels_last.h"
#include "passes/fold/fold.h"

namespace modelconv::tflite {
namespace {

struct ResizeStyle {
  const char* op;
  bool align_corners, half_pixel;
};

bool is_upsample(const Translation& t) { return t.node().op() == OpName("nhwc.Upsample"); }

std::string transformation_of(const Translation& t) {
  return is_upsample(t) ? "asymmetric" : string_attr(t.node(), "coordinate_transformation_mode");
}

// Numbers of an input that has one for each resized axis; empty where it is not given.
std::vector<double> numbers(const Translation& t, size_t index) {
  const Value* value = t.input(index);
  return value && value->is_constant() ? value->constant().to_double() : std::vector<double>();
}

// Place of an axis, in canonical order, among the numbers; nothing for one that they do not speak of.
std::optional<size_t> place_of(const Translation& t, size_t axis, size_t rank) {
  const auto axes = optional_ints(t.node(), "axes");
  if (!axes) return axis;
  for (size_t i = 0; i < axes->size(); ++i)
    if (normalize_axis((*axes)[i], rank) == axis) return i;
  return std::nullopt;
}

std::optional<double> scale_along(const Translation& t, size_t canonical_axis, size_t rank) {
  const std::vector<double> scales = numbers(t, is_upsample(t) ? 1 : 2);
  const auto place = place_of(t, canonical_axis, rank);
  return scales.empty() || !place ? std::nullopt : std::optional(scales.at(*place));
}

// How TFLite says this coordinate transformation; nothing where it has no such.
std::optional<ResizeStyle> style_of(const Translation& t) {
  const std::string mode = string_attr(t.node(), "mode"), transformation = transformation_of(t);
  if (!is_upsample(t) && int_attr(t.node(), "antialias") != 0) return std::nullopt;
  if (mode == "linear" || mode == "bilinear") {
    if (transformation == "half_pixel") return ResizeStyle{"RESIZE_BILINEAR", false, true};
    if (transformation == "align_corners") return ResizeStyle{"RESIZE_BILINEAR", true, false};
    if (transformation == "asymmetric") return ResizeStyle{"RESIZE_BILINEAR", false, false};
    // Differs from half_pixel only where the output has a single pixel.
    const Shape& to = t.node().output()->shape();
    const bool single = to[1].equals(1) || to[2].equals(1) || !to[1].is_known() || !to[2].is_known();
    if (transformation == "pytorch_half_pixel" && !single) return ResizeStyle{"RESIZE_BILINEAR", false, true};
  }
  if (mode != "nearest") return std::nullopt;
  const std::string rounding = is_upsample(t) ? "floor" : string_attr(t.node(), "nearest_mode");
  if (transformation == "asymmetric" && rounding == "floor")
    return ResizeStyle{"RESIZE_NEAREST_NEIGHBOR", false, false};
  if (transformation == "half_pixel" && rounding == "round_prefer_ceil")
    return ResizeStyle{"RESIZE_NEAREST_NEIGHBOR", false, true};
  if (transformation == "align_corners" && rounding == "round_prefer_ceil")
    return ResizeStyle{"RESIZE_NEAREST_NEIGHBOR", true, false};
  // By whole factors each pixel is repeated, whichever way halves are rounded.
  const Shape &from = t.input(0)->shape(), &to = t.node().output()->shape();
  const auto repeats = [&](size_t axis) {
    return from[axis].is_known() && to[axis].is_known() && to[axis].value() % from[axis].value() == 0;
  };
  const bool halves = rounding == "round_prefer_floor";
  if (transformation == "half_pixel" && halves && repeats(1) && repeats(2))
    return ResizeStyle{"RESIZE_NEAREST_NEIGHBOR", false, false};
  return std::nullopt;
}

// TFLite's scale is output / input; a whole number gives that for any input.
bool has_plain_scale(const Dim& from, const Dim& to, const std::optional<double>& scale) {
  if (!scale || (*scale >= 1 && *scale == static_cast<double>(static_cast<int64_t>(*scale)))) return true;
  return from.is_known() && to.is_known() &&
         static_cast<double>(from.value()) * *scale == static_cast<double>(to.value());
}

bool has_own_operator(const Translation& t) {
  const Shape &from = t.input(0)->shape(), &to = t.node().output()->shape();
  if (from.rank() != 4 || !style_of(t) || !(from[0] == to[0]) || !(from[3] == to[3])) return false;
  for (const size_t axis : {size_t{1}, size_t{2}})
    if (!has_plain_scale(from[axis], to[axis], scale_along(t, axis + 1, 4))) return false;
  return is_upsample(t) || string_attr(t.node(), "keep_aspect_ratio_policy") == "stretch";
}

// Height and width of the result: constants, or those of the input times the scales.
Value& output_sizes(Translation& t) {
  const Shape& to = t.node().output()->shape();
  if (to[1].is_known() && to[2].is_known()) return int32s(t, {to[1].value(), to[2].value()});
  const auto rows = scale_along(t, 2, 4), columns = scale_along(t, 3, 4);
  if (!rows || !columns) {
    if (!t.input(3)) t.refuse("the size of the result is not known");
    const auto count = t.required(3).shape()[0].known().value_or(0);
    return as_int32(t, t.add("Slice", {t.input(3), &t.ints({count - 2}), &t.ints({count})}));
  }
  Value& sizes = t.add("Shape", {t.input(0)}, {{"start", int64_t{1}}, {"end", int64_t{3}}});
  Value& factors = t.ints({static_cast<int64_t>(*rows), static_cast<int64_t>(*columns)});
  return as_int32(t, t.add("Mul", {&sizes, &factors}));
}

// What the operator does to one axis, [to, from]: the operator itself on the identity.
Tensor matrix_along(Translation& t, size_t canonical_axis, int64_t from, int64_t to, size_t rank) {
  Graph scratch;
  std::vector<float> identity(static_cast<size_t>(from * from), 0);
  for (int64_t i = 0; i < from; ++i) identity[static_cast<size_t>(i * from + i)] = 1;
  Value& eye = scratch.add_constant(Tensor::of<float>({from, from}, identity));
  Value& none = scratch.add_constant(Tensor::of<float>({0}, {}));
  const auto place = place_of(t, canonical_axis, rank);
  const std::vector<double> roi = numbers(t, 1);
  Value* region = &none;
  if (!is_upsample(t) && !roi.empty() && place)
    region = &scratch.add_constant(Tensor::vector(std::vector<float>{
        static_cast<float>(roi.at(*place)), static_cast<float>(roi.at(*place + roi.size() / 2))}));
  std::vector<Value*> inputs{&eye, region};
  Attrs attrs = t.node().attrs;
  attrs.set("axes", std::vector<int64_t>{1});
  attrs.remove("keep_aspect_ratio_policy");
  if (const auto scale = scale_along(t, canonical_axis, rank))
    inputs.push_back(&scratch.add_constant(Tensor::vector(std::vector<float>{static_cast<float>(*scale)})));
  else {
    inputs.push_back(nullptr);
    inputs.push_back(&scratch.add_constant(Tensor::vector(std::vector<int64_t>{to})));
  }
  Node& resize = scratch.add_node("Resize", inputs, attrs);
  scratch.add_output("y", *resize.output());
  infer_node(resize);
  PassOptions options;
  options.fold_limit = int64_t{1} << 28;
  fold_constants_pass().run(scratch, options);
  const Value& result = *scratch.outputs()[0].value;
  if (!result.is_constant()) t.refuse("its matrix along axis {} cannot be computed", canonical_axis);
  return permuted(result.constant(), {1, 0});
}

Value& resized_along(Translation& t, Value& x, size_t axis, size_t canonical_axis) {
  Dims dims = static_dims(t, x);
  const int64_t from = dims[axis], to = static_dim(t, *t.node().output(), axis);
  int64_t in_front = 1, behind = 1;
  for (size_t i = 0; i < dims.size(); ++i) (i < axis ? in_front : behind) *= i == axis ? 1 : dims[i];
  Value& lines = reshaped(t, x, {in_front, from, behind});
  Value& product =
      t.add("MatMul", {&t.constant(matrix_along(t, canonical_axis, from, to, dims.size())), &lines});
  dims[axis] = to;
  return reshaped(t, product, dims);
}

void lower_by_matrices(Translation& t) {
  if (transformation_of(t) == "tf_crop_and_resize" && float_attr(t.node(), "extrapolation_value") != 0)
    t.refuse("an extrapolation_value");
  const size_t rank = t.rank(0);
  Value* y = &t.required(0);
  for (size_t axis = 0; axis < rank; ++axis) {
    const size_t canonical = axis == 0 ? 0 : axis + 1 == rank ? 1 : axis + 1;
    const int64_t from = static_dim(t, *t.input(0), axis), to = static_dim(t, *t.node().output(), axis);
    const bool scaled = scale_along(t, canonical, rank).value_or(1) != 1;
    if (from != to || scaled || transformation_of(t) == "tf_crop_and_resize")
      y = &resized_along(t, *y, axis, canonical);
  }
  t.set_output(0, y == t.input(0) ? t.add("Identity", {y}) : *y);
}

void lower_resize(Translation& t) {
  for (size_t index : {size_t{1}, size_t{2}})
    if (const Value* value = t.input(index); value && !value->is_constant())
      t.refuse("scales that the graph computes");
  if (!t.node().output()->shape().has_rank()) t.refuse("the rank of the result is not known");
  if (!has_own_operator(t)) return lower_by_matrices(t);
  const ResizeStyle style = *style_of(t);
  finish(
      t, style.op, {t.input(0), &output_sizes(t)},
      {{"align_corners", int64_t{style.align_corners}}, {"half_pixel_centers", int64_t{style.half_pixel}}});
}

}  // namespace

OpMappings lower_resizes() {
  return {
      {"tflite.RESIZE_BILINEAR", "nhwc.Resize", nullptr, lower_resize,
       "also RESIZE_NEAREST_NEIGHBOR, or a matrix for each axis"},
      {"tflite.RESIZE_BILINEAR", "nhwc.Upsample", nullptr, lower_resize, "likewise"},
  };
}

}  // namespace modelconv::tflite
