// Resize and what moves pixels between places and channels. Images are in channels-last order.
#include <algorithm>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

struct ResizeStyle {
  const char* op;
  bool align_corners, half_pixel;
};

// How TFLite says this coordinate transformation; nothing where it has no such.
std::optional<ResizeStyle> style_of(Translation& t) {
  const bool upsample = t.node().op() == OpName("nhwc.Upsample");
  const std::string mode = string_attr(t.node(), "mode");
  const std::string transformation =
      upsample ? "asymmetric" : string_attr(t.node(), "coordinate_transformation_mode");
  if (!upsample && int_attr(t.node(), "antialias") != 0) return std::nullopt;
  if (mode == "linear") {
    if (transformation == "half_pixel") return ResizeStyle{"RESIZE_BILINEAR", false, true};
    if (transformation == "align_corners") return ResizeStyle{"RESIZE_BILINEAR", true, false};
    if (transformation == "asymmetric") return ResizeStyle{"RESIZE_BILINEAR", false, false};
    // Where the output has one pixel only, it is taken from elsewhere.
    if (transformation == "pytorch_half_pixel") return ResizeStyle{"RESIZE_BILINEAR", false, true};
  }
  if (mode != "nearest") return std::nullopt;
  const std::string rounding = upsample ? "floor" : string_attr(t.node(), "nearest_mode");
  if (transformation == "asymmetric" && rounding == "floor")
    return ResizeStyle{"RESIZE_NEAREST_NEIGHBOR", false, false};
  if (transformation == "half_pixel" && rounding == "round_prefer_ceil")
    return ResizeStyle{"RESIZE_NEAREST_NEIGHBOR", false, true};
  if (transformation == "align_corners" && rounding == "round_prefer_ceil")
    return ResizeStyle{"RESIZE_NEAREST_NEIGHBOR", true, false};
  return std::nullopt;
}

// The output's scale is what TFLite takes it to be: output / input.
bool has_plain_scale(const Dim& from, const Dim& to, const std::optional<double>& scale) {
  if (!scale) return true;
  return from.is_known() && to.is_known() &&
         static_cast<double>(from.value()) * *scale == static_cast<double>(to.value());
}

std::optional<double> scale_along(Translation& t, size_t spatial) {
  const size_t index = t.node().op() == OpName("nhwc.Upsample") ? 1 : 2;
  const Value* scales = t.input(index);
  if (!scales || !scales->is_constant() || scales->constant().size() == 0) return std::nullopt;
  const std::vector<double> values = scales->constant().to_double();
  return values.size() >= 2 ? std::optional(values[values.size() - 2 + spatial]) : std::nullopt;
}

// By whole factors, each pixel is repeated: both roundings give the same then.
bool repeats(const Shape& from, const Shape& to) {
  for (const size_t axis : {size_t{1}, size_t{2}})
    if (!from[axis].is_known() || !to[axis].is_known() || to[axis].value() % from[axis].value() != 0)
      return false;
  return true;
}

void lower_resize(Translation& t) {
  Value& x = t.required(0);
  const size_t rank = t.rank(0);
  const Shape& to = t.node().output()->shape();
  if (rank == 3) {
    t.refuse("images with one spatial axis");
  }
  if (rank != 4) t.refuse("images of {} axes", rank);
  std::optional<ResizeStyle> style = style_of(t);
  const bool nearest = string_attr(t.node(), "mode") == "nearest";
  if (!style && nearest && repeats(x.shape(), to)) {
    const std::string transformation = string_attr(t.node(), "coordinate_transformation_mode");
    if (transformation == "half_pixel" || transformation == "pytorch_half_pixel")
      style = ResizeStyle{"RESIZE_NEAREST_NEIGHBOR", false, false};
  }
  if (!style) t.refuse("mode '{}' with this transformation of coordinates", string_attr(t.node(), "mode"));
  for (const size_t axis : {size_t{1}, size_t{2}})
    if (!has_plain_scale(x.shape()[axis], to[axis], scale_along(t, axis - 1)))
      t.refuse("a scale that is not the output's size divided by the input's along axis {}", axis);
  if (!to[3].is_known() || !(to[3] == x.shape()[3])) t.refuse("channels that are resized");
  finish(
      t, style->op,
      {&x, &int32s(t, {static_dim(t, *t.node().output(), 1), static_dim(t, *t.node().output(), 2)})},
      {{"align_corners", int64_t{style->align_corners}}, {"half_pixel_centers", int64_t{style->half_pixel}}});
}

// TFLite moves whole blocks of channels (DCR); in the other order they are transposed before.
void lower_depth_to_space(Translation& t) {
  Value& x = t.required(0);
  const int64_t block = int_attr(t.node(), "blocksize");
  if (string_attr(t.node(), "mode") == "DCR")
    return finish(t, "DEPTH_TO_SPACE", {&x}, {{"block_size", block}});
  const int64_t channels = static_dim(t, x, 3), rows = static_dim(t, x, 1), columns = static_dim(t, x, 2);
  Value& split = reshaped(t, x, {-1, rows * columns, channels / (block * block), block * block});
  Value& turned = t.transpose(split, {0, 1, 3, 2});
  Value& joined = reshaped(t, turned, {-1, rows, columns, channels});
  finish(t, "DEPTH_TO_SPACE", {&joined}, {{"block_size", block}});
}

void lower_space_to_depth(Translation& t) {
  finish(t, "SPACE_TO_DEPTH", {t.input(0)}, {{"block_size", int_attr(t.node(), "blocksize")}});
}

}  // namespace

OpMappings lower_images() {
  return {
      {"tflite.RESIZE_BILINEAR", "nhwc.Resize", nullptr, lower_resize,
       "also RESIZE_NEAREST_NEIGHBOR; not cubic"},
      {"tflite.RESIZE_BILINEAR", "nhwc.Upsample", nullptr, lower_resize, "also RESIZE_NEAREST_NEIGHBOR"},
      {"tflite.DEPTH_TO_SPACE", "nhwc.DepthToSpace", nullptr, lower_depth_to_space, ""},
      {"tflite.SPACE_TO_DEPTH", "nhwc.SpaceToDepth", nullptr, lower_space_to_depth, ""},
  };
}

}  // namespace modelconv::tflite
