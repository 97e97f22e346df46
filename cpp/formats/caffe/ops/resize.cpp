// Resizing layers of forks.
#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

Term resized(const Term& x, const Term& height, const Term& width, const char* mode,
             const char* coordinates) {
  Translation& t = x.translation();
  const Term sizes = concat({shape_part(x, 0, 2), height, width}, 0);
  Attrs attrs = {{"mode", std::string(mode)}, {"coordinate_transformation_mode", std::string(coordinates)}};
  if (std::string_view(mode) == "nearest") attrs.set("nearest_mode", std::string("floor"));
  return {t, t.add("Resize", {&x.value(), nullptr, nullptr, &sizes.value()}, std::move(attrs))};
}

// Bilinear between the corners' middles (DeepLab, PSPNet). Negative pads cut the image first.
void raise_interp(Translation& t) {
  Term x = bottom(t, 0);
  const int64_t before = int_of(t, "pad_beg", 0), after = int_of(t, "pad_end", 0);
  if (before > 0 || after > 0) t.refuse("positive pad_beg or pad_end");
  for (const int64_t axis : {2, 3})
    if (before < 0 || after < 0) x = slice(x, axis, -before, after == 0 ? kEnd : after);
  if (bottom_count(t) > 1) {
    const Term like = bottom(t, 1);
    return set_output(t, 0, resized(x, size_of(like, 2), size_of(like, 3), "linear", "align_corners"));
  }
  const int64_t shrink = int_of(t, "shrink_factor", 1), zoom = int_of(t, "zoom_factor", 1);
  if (shrink < 1 || zoom < 1) fail(t, "shrink_factor={}, zoom_factor={}", shrink, zoom);
  const bool fixed = t.node().attrs.has("height") && t.node().attrs.has("width");
  const auto wanted = [&](size_t axis, const char* name) {
    if (fixed) return numbers(t, {int_of(t, name, 0)});
    int64_t size = known_size(x, axis, "the size of its image");
    size = (size - 1) / shrink + 1;
    return numbers(t, {size + (size - 1) * (zoom - 1)});
  };
  set_output(t, 0, resized(x, wanted(2, "height"), wanted(3, "width"), "linear", "align_corners"));
}

// Numbers go where a pooling found them, zeros elsewhere. Caffe counts in each plane, ONNX through all of them.
Term put_back(Translation& t, const Term& height, const Term& width, const std::vector<int64_t>& kernel,
              const std::vector<int64_t>& strides) {
  const Term x = bottom(t, 0), channels = size_of(x, 1);
  const Term planes =
      reshape(range(size_of(x, 0) * channels), concat({shape_part(x, 0, 2), numbers(t, {1, 1})}, 0));
  const Term places = cast(bottom(t, 1), DType::int64) + planes * (height * width);
  const Term sizes = concat({shape_part(x, 0, 2), height, width}, 0);
  return compute("MaxUnpool", {x, places, sizes}, {{"kernel_shape", kernel}, {"strides", strides}});
}

// With one bottom pixels become squares; with two the second says where a pooling found the numbers (SegNet).
void raise_upsample(Translation& t) {
  const Term x = bottom(t, 0);
  const int64_t scale = int_of(t, "scale", 2), scale_h = int_of(t, "scale_h", scale),
                scale_w = int_of(t, "scale_w", scale);
  if (scale_h < 1 || scale_w < 1 || scale_h > 1024 || scale_w > 1024)
    fail(t, "scale is {} x {}", scale_h, scale_w);
  const Term height = t.node().attrs.has("upsample_h") ? numbers(t, {int_of(t, "upsample_h", 0)})
                                                       : size_of(x, 2) * numbers(t, {scale_h});
  const Term width = t.node().attrs.has("upsample_w") ? numbers(t, {int_of(t, "upsample_w", 0)})
                                                      : size_of(x, 3) * numbers(t, {scale_w});
  if (bottom_count(t) == 1) return set_output(t, 0, resized(x, height, width, "nearest", "asymmetric"));
  set_output(t, 0, put_back(t, height, width, {scale_h, scale_w}, {scale_h, scale_w}));
}

// DeconvNet's. Forks compute the size in different ways where it is not told.
// Source: unpooling_layer.cpp of github.com/HyeonwooNoh/caffe.
void raise_unpooling(Translation& t) {
  const std::string method = enum_of(t, "unpool", {"MAX", "AVE", "TILE"}, 0, "MAX");
  if (method != "MAX" || bottom_count(t) != 2)
    t.refuse(
        "unpool={} with {} bottoms: only MAX is known, with the places that a pooling gives as its second "
        "top",
        method, bottom_count(t));
  const int64_t size = int_of(t, "unpool_size", 0), height = int_of(t, "unpool_h", size),
                width = int_of(t, "unpool_w", size), kernel = int_of(t, "kernel_size", 2),
                stride = int_of(t, "stride", 1);
  if (height < 1 || width < 1)
    t.refuse("neither unpool_size nor unpool_h and unpool_w say how large its result is");
  if (kernel < 1 || stride < 1) fail(t, "kernel_size={}, stride={}", kernel, stride);
  set_output(t, 0,
             put_back(t, numbers(t, {height}), numbers(t, {width}), {kernel, kernel}, {stride, stride}));
}

}  // namespace

OpMappings resize_ops() {
  return {
      {"caffe.Interp", "Resize", raise_interp, nullptr, "of forks"},
      {"caffe.Unpooling", "MaxUnpool", raise_unpooling, nullptr,
       "of DeconvNet: MAX, with the places of a pooling and unpool_size"},
      {"caffe.Upsample", "Resize", raise_upsample, nullptr,
       "of forks: with two bottoms SegNet's, which is MaxUnpool"},
  };
}

}  // namespace modelconv::caffe
