// Boxes cut out of images and brought to one size.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// One axis of all crops: where each of its pixels lies in the image.
struct CropAxis {
  Term position;  // [boxes, crop size], float, inside the image or not
  Term last;      // scalar: the image's last pixel
  Term is_inside;
};

// Of output pixel i: first * last + i * (second - first) * last / (size - 1), the middle of the box where size is 1
// (tensorflow/core/kernels/image/crop_and_resize_op.cc). `boxes` [n, 4]: y1, x1, y2, x2.
CropAxis crop_axis(Translation& t, const Term& image, const Term& boxes, int64_t number_of_axis) {
  const Term first = slice(boxes, 1, number_of_axis, number_of_axis + 1);
  const Term second = slice(boxes, 1, number_of_axis + 2, number_of_axis + 3);
  const Term last = cast(squeeze(size_of(image, number_of_axis + 1), {0}), DType::float32) - 1.0;
  const Term size = slice(reshape(index_input(t, 3), {2}), 0, number_of_axis, number_of_axis + 1);
  const Term steps = cast(size, DType::float32) - 1.0;
  const Term is_single = steps <= 0.0;
  const Term step = where(is_single, (second - first) * 0.0,
                          (second - first) * last / maximum(steps, number(t, DType::float32, 1)));
  const Term begin = where(is_single, (first + second) * 0.5 * last, first * last);
  const Term position = begin + unsqueeze(cast(range(size), DType::float32), {0}) * step;
  return {position, last, both(number(t, DType::float32, 0) <= position, position <= last)};
}

Term to_rows(const Term& x) { return unsqueeze(x, {2, 3}); }     // [n, h] -> [n, h, 1, 1]
Term to_columns(const Term& x) { return unsqueeze(x, {1, 3}); }  // [n, w] -> [n, 1, w, 1]

void raise_crop_and_resize(Translation& t) {
  const std::string method = string_of(t, "method", "bilinear");
  if (method != "bilinear" && method != "nearest") t.refuse("method '{}' is not known", method);
  const Term image = cast(input(t, 0), DType::float32), boxes = input(t, 1);
  const CropAxis y = crop_axis(t, image, boxes, 0), x = crop_axis(t, image, boxes, 1);
  const Term box_image = unsqueeze(index_input(t, 2), {1, 2, 3});
  const Term inside = both(to_rows(y.is_inside), to_columns(x.is_inside));  // [n, h, w, 1]
  const Term grid = shape_of(inside);

  // Pixels of the images at these rows and columns; the indices are kept inside.
  const auto pixels = [&](const Term& rows, const Term& columns) {
    const Term row = cast(minimum(maximum(rows, number(t, DType::float32, 0)), y.last), DType::int64);
    const Term column = cast(minimum(maximum(columns, number(t, DType::float32, 0)), x.last), DType::int64);
    return gather_nd(
        image,
        concat({expand(box_image, grid), expand(to_rows(row), grid), expand(to_columns(column), grid)}, 3));
  };
  const auto floor_of = [](const Term& v) { return compute("Floor", {v}); };
  const auto with_outside = [&](const Term& crops) {
    return where(inside, crops, double{float_of(t, "extrapolation_value", 0)});
  };
  if (method == "nearest")
    return set_output(t, 0, with_outside(pixels(floor_of(y.position + 0.5), floor_of(x.position + 0.5))));

  const Term top = floor_of(y.position), left = floor_of(x.position);
  const Term bottom = compute("Ceil", {y.position}), right = compute("Ceil", {x.position});
  const Term down = to_rows(y.position - top), across = to_columns(x.position - left);
  const auto between = [](const Term& a, const Term& b, const Term& part) { return a + (b - a) * part; };
  const Term upper = between(pixels(top, left), pixels(top, right), across);
  const Term lower = between(pixels(bottom, left), pixels(bottom, right), across);
  set_output(t, 0, with_outside(between(upper, lower, down)));
}

}  // namespace

OpMappings crop_ops() { return {{"tf.CropAndResize", "GatherND", raise_crop_and_resize, nullptr, ""}}; }

}  // namespace modelconv::tensorflow
