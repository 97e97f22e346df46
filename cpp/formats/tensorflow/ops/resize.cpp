// Images resized.
#include <limits>
#include <optional>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/layout.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void resize(Translation& t, Value& x, Attrs attrs) {
  const bool align_corners = flag_of(t, "align_corners", false),
             half_pixel = flag_of(t, "half_pixel_centers", false);
  attrs.set("coordinate_transformation_mode", std::string(align_corners ? "align_corners"
                                                          : half_pixel  ? "half_pixel"
                                                                        : "asymmetric"));
  Value& image = to_channels_first(t, x, 2);
  // All four sizes, not the two with the attribute axes: ONNX Runtime 1.31.1 moves transposes through Resize and then takes
  // the two for four.
  Value& outer = t.add("Slice", {&t.shape_of(image), &t.ints({0}), &t.ints({2}), &t.ints({0})});
  Value& inner =
      t.add("Reshape", {&as_int64(t, t.required(1)), &t.ints({2})});  // where its length is not known
  Value& sizes = t.add("Concat", {&outer, &inner}, {{"axis", int64_t{0}}});
  Value& y = t.add("Resize", {&image, nullptr, nullptr, &sizes}, attrs);
  t.set_output(0, from_channels_first(t, y, 2));
}

// The result is float32 whatever the input is.
void raise_resize_bilinear(Translation& t) {
  resize(t, t.cast(t.required(0), DType::float32), {{"mode", std::string("linear")}});
}

// Source pixel of output i: floor(i * scale); round(i * scale) with align_corners; floor((i + 0.5) * scale) with
// half_pixel_centers, which is the half-pixel coordinate (i + 0.5) * scale - 0.5 rounded with halves up.
void raise_resize_nearest(Translation& t) {
  const bool rounds = flag_of(t, "align_corners", false) || flag_of(t, "half_pixel_centers", false);
  resize(t, t.required(0),
         {{"mode", std::string("nearest")},
          {"nearest_mode", std::string(rounds ? "round_prefer_ceil" : "floor")}});
}

Term as_float(const Term& x) { return cast(x, DType::float32); }

// Input pixels per output pixel.
Term scale_of(const Term& input_size, const Term& output_size, bool align_corners) {
  const Term scale = as_float(input_size) / as_float(output_size);
  if (!align_corners) return scale;
  const Term one = number(scale.translation(), DType::float32, 1), steps = as_float(output_size) - 1.0;
  return where(one <= steps, (as_float(input_size) - 1.0) / maximum(steps, one), scale);
}

// How much of each input pixel goes into each output pixel, [output, input].
using Weights = Term (*)(const Term& input_size, const Term& output_size, const Translation& t);

// A product of matrices for the rows, then one for the columns.
void resize_by(Translation& t, Weights weights) {
  const Term image = as_float(input(t, 0)), size = reshape(index_input(t, 1), {2});
  const Term rows = weights(size_of(image, 1), slice(size, 0, 0, 1), t);
  const Term columns = weights(size_of(image, 2), slice(size, 0, 1, 2), t);
  const Term planes = transpose(image, {0, 3, 1, 2});
  const Term result = compute("MatMul", {compute("MatMul", {rows, planes}), transpose(columns, {1, 0})});
  set_output(t, 0, transpose(result, {0, 2, 3, 1}));
}

// The overlap of two intervals; beyond the last pixel the last one counts again.
Term area_weights(const Term& input_size, const Term& output_size, const Translation& t) {
  const Term scale = scale_of(input_size, output_size, flag_of(t, "align_corners", false));
  const Term begin = unsqueeze(as_float(range(output_size)) * scale, {1}), end = begin + scale;
  const Term pixel = unsqueeze(as_float(range(input_size)), {0});
  const Term is_last = equal(pixel + 1.0, as_float(input_size));
  const Term pixel_end = where(is_last, maximum(end, pixel + 1.0), pixel + 1.0);
  const Term common = minimum(end, pixel_end) - maximum(begin, pixel);
  return clip(common, 0, std::numeric_limits<float>::max()) / scale;
}

// The two pieces of the cubic, for distances below one and below two; `a` is its only parameter.
Term near_piece(const Term& x, double a) { return (x * (a + 2) - (a + 3)) * x * x + 1.0; }
Term far_piece(const Term& x, double a) { return ((x * a - 5 * a) * x + 8 * a) * x - 4 * a; }

// Four pixels around each place. With half pixels: Keys' cubic, pixels outside left out and the rest scaled up; else a
// sharper cubic, borders repeated. TensorFlow rounds places to 1/1024 of a pixel, which ONNX's Resize does not: hence the
// matrices (tensorflow/core/kernels/image/resize_bicubic_op.cc).
Term cubic_weights(const Term& input_size, const Term& output_size, const Translation& t) {
  constexpr double kSteps = 1024;
  const bool half_pixel = flag_of(t, "half_pixel_centers", false);
  const double a = half_pixel ? -0.5 : -0.75;
  const Term scale = scale_of(input_size, output_size, flag_of(t, "align_corners", false));
  const Term number_of_pixel = as_float(range(output_size));
  const Term place = half_pixel ? (number_of_pixel + 0.5) * scale - 0.5 : number_of_pixel * scale;
  const Term first = compute("Floor", {place});
  const Term part = compute("Round", {(place - first) * kSteps}) / kSteps, rest = 1.0 - part;
  const Term taps[] = {far_piece(part + 1.0, a), near_piece(part, a), near_piece(rest, a),
                       far_piece(rest + 1.0, a)};
  const Term pixel = unsqueeze(as_float(range(input_size)), {0}), last = as_float(input_size) - 1.0;
  std::optional<Term> weights;
  for (int tap = 0; tap < 4; ++tap) {
    const Term wanted = first + static_cast<double>(tap - 1);
    const Term inside =
        half_pixel ? wanted : minimum(clip(wanted, 0, std::numeric_limits<float>::max()), last);
    const Term hits = as_float(equal(unsqueeze(inside, {1}), pixel)) * unsqueeze(taps[tap], {1});
    weights = weights ? *weights + hits : hits;
  }
  return half_pixel ? *weights / reduce("ReduceSum", *weights, {1}, true) : *weights;
}

void raise_resize_area(Translation& t) { resize_by(t, area_weights); }
void raise_resize_bicubic(Translation& t) { resize_by(t, cubic_weights); }

}  // namespace

OpMappings resize_ops() {
  return {
      {"tf.ResizeArea", "MatMul", raise_resize_area, nullptr, ""},
      {"tf.ResizeBicubic", "MatMul", raise_resize_bicubic, nullptr, ""},
      {"tf.ResizeBilinear", "Resize", raise_resize_bilinear, nullptr, ""},
      {"tf.ResizeNearestNeighbor", "Resize", raise_resize_nearest, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
