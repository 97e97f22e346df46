// Contrast, and colours by hue, saturation and value.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void raise_contrast(Translation& t) {
  const Term image = input(t, 0), factor = cast(input(t, 1), image.dtype());
  const Term mean = reduce("ReduceMean", image, {-3, -2}, true);
  set_output(t, 0, (image - mean) * factor + mean);
}

Term channel(const Term& x, int64_t index) { return slice(x, -1, index, index + 1); }

struct Colour {
  Term hue, saturation, value;  // hue from 0 to 1
};

// tensorflow/core/kernels/image/colorspace_op.h: hue is where the largest channel lies and how the others lean.
Colour to_colour(const Term& rgb) {
  const Term red = channel(rgb, 0), green = channel(rgb, 1), blue = channel(rgb, 2);
  const Term value = reduce("ReduceMax", rgb, {-1}, true);
  const Term range = value - reduce("ReduceMin", rgb, {-1}, true);
  const Term is_grey = range <= 0.0;
  const Term safe_range = where(is_grey, range * 0.0 + 1.0, range);
  const Term saturation =
      where(value <= 0.0, value * 0.0, range / where(value <= 0.0, value * 0.0 + 1.0, value));
  const Term divisor = safe_range * 6.0;
  const Term of_red = (green - blue) / divisor, of_green = (blue - red) / divisor + 2.0 / 6.0,
             of_blue = (red - green) / divisor + 4.0 / 6.0;
  const Term leaning = where(equal(red, value), of_red, where(equal(green, value), of_green, of_blue));
  const Term hue = where(is_grey, leaning * 0.0, leaning);
  return {where(hue < 0.0, hue + 1.0, hue), saturation, value};
}

Term to_rgb(const Colour& colour) {
  const Term six = colour.hue * 6.0;
  const auto clipped = [](const Term& x) { return clip(x, 0, 1); };
  const auto distance = [&](double from) { return compute("Abs", {six - from}); };
  const Term red = clipped(distance(3) - 1.0), green = clipped(2.0 - distance(2)),
             blue = clipped(2.0 - distance(4));
  const Term pure = concat({red, green, blue}, -1);
  return ((pure - 1.0) * colour.saturation + 1.0) * colour.value;
}

void raise_saturation(Translation& t) {
  const Term image = input(t, 0);
  Colour colour = to_colour(image);
  colour.saturation = clip(colour.saturation * cast(input(t, 1), image.dtype()), 0, 1);
  set_output(t, 0, to_rgb(colour));
}

void raise_hue(Translation& t) {
  const Term image = input(t, 0);
  Colour colour = to_colour(image);
  const Term moved = colour.hue + cast(input(t, 1), image.dtype());
  colour.hue = moved - compute("Floor", {moved});
  set_output(t, 0, to_rgb(colour));
}

void raise_rgb_to_hsv(Translation& t) {
  const Colour colour = to_colour(input(t, 0));
  set_output(t, 0, concat({colour.hue, colour.saturation, colour.value}, -1));
}

void raise_hsv_to_rgb(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0, to_rgb({channel(x, 0), channel(x, 1), channel(x, 2)}));
}

}  // namespace

OpMappings color_ops() {
  return {
      {"tf.AdjustContrastv2", "ReduceMean", raise_contrast, nullptr, ""},
      {"tf.AdjustHue", "Where", raise_hue, nullptr, ""},
      {"tf.AdjustSaturation", "Where", raise_saturation, nullptr, ""},
      {"tf.HSVToRGB", "Clip", raise_hsv_to_rgb, nullptr, ""},
      {"tf.RGBToHSV", "Where", raise_rgb_to_hsv, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
