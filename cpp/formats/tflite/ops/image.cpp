// Images resized; elements moved between depth, space and batch.
#include "formats/common/space_batch.h"
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/layout.h"

namespace modelconv::tflite {
namespace {

void resize(Translation& t, Attrs attrs) {
  const bool align_corners = flag_of(t, "align_corners"), half_pixel = flag_of(t, "half_pixel_centers");
  attrs.set("coordinate_transformation_mode", std::string(align_corners ? "align_corners"
                                                          : half_pixel  ? "half_pixel"
                                                                        : "asymmetric"));
  const Term image = {t, to_channels_first(t, t.required(0))};
  // All four sizes: see formats/tensorflow/ops/resize.cpp.
  const Term sizes = concat({shape_part(image, 0, 2), reshape(index_input(t, 1), {2})}, 0);
  Value& y = t.add("Resize", {&image.value(), nullptr, nullptr, &sizes.value()}, attrs);
  t.set_output(0, from_channels_first(t, y));
}

void raise_bilinear(Translation& t) { resize(t, {{"mode", std::string("linear")}}); }

// Source pixel of output i: floor(i * scale); round(i * scale) with align_corners; floor((i + 0.5) * scale) with
// half_pixel_centers, which is the half-pixel coordinate (i + 0.5) * scale - 0.5 rounded with halves up.
void raise_nearest(Translation& t) {
  const bool rounds = flag_of(t, "align_corners") || flag_of(t, "half_pixel_centers");
  resize(t, {{"mode", std::string("nearest")},
             {"nearest_mode", std::string(rounds ? "round_prefer_ceil" : "floor")}});
}

int64_t block_size(const Translation& t) {
  const int64_t size = int_of(t, "block_size");
  ENSURE(size > 0 && size < 65536, MalformedModelError, "block_size is {}", size);
  return size;
}

void raise_depth_to_space(Translation& t) {
  Value& y = t.add("DepthToSpace", {&to_channels_first(t, t.required(0))},
                   {{"blocksize", block_size(t)}, {"mode", std::string("DCR")}});
  t.set_output(0, from_channels_first(t, y));
}

void raise_space_to_depth(Translation& t) {
  Value& y = t.add("SpaceToDepth", {&to_channels_first(t, t.required(0))}, {{"blocksize", block_size(t)}});
  t.set_output(0, from_channels_first(t, y));
}

}  // namespace

OpMappings image_ops() {
  return {
      {"tflite.BATCH_TO_SPACE_ND", "Transpose", raise_batch_to_space, nullptr, "constant blocks and crops"},
      {"tflite.DEPTH_TO_SPACE", "DepthToSpace", raise_depth_to_space, nullptr, ""},
      {"tflite.RESIZE_BILINEAR", "Resize", raise_bilinear, nullptr, ""},
      {"tflite.RESIZE_NEAREST_NEIGHBOR", "Resize", raise_nearest, nullptr, ""},
      {"tflite.SPACE_TO_BATCH_ND", "Transpose", raise_space_to_batch, nullptr,
       "constant blocks and paddings"},
      {"tflite.SPACE_TO_DEPTH", "SpaceToDepth", raise_space_to_depth, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
