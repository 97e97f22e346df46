// Interpolation: upsample_* and what torch.nn.functional.interpolate makes of its arguments.
#include <cmath>
#include <limits>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/spatial.h"

namespace modelconv::torch {
namespace {

// Scales that the user gave decide where pixels lie; without them the ratio of the sizes does.
std::vector<double> scales_of(const Call& call) {
  std::vector<double> scales;
  if (call.form() == 0) {
    if (call.has("scale_factors")) scales = call.numbers("scale_factors");
    return scales;
  }
  for (const char* name : {"scales_d", "scales_h", "scales_w", "scales"}) {
    if (call.has(name)) scales.push_back(call.number(name));
  }
  return scales;
}

// int64 [spatial]: floor(size * scale), the sizes that PyTorch gives the result.
Term scaled_sizes(const Term& x, const std::vector<double>& scales) {
  Translation& t = x.translation();
  const Term sizes = cast(shape_from(x, 2), DType::float64);
  return cast(compute("Floor", {sizes * Term(t, t.constant(Tensor::vector(scales)))}), DType::int64);
}

// ONNX's scales are float32: rounded up, so that no size becomes smaller (20 * 0.9).
std::vector<float> rounded_up(const std::vector<double>& scales) {
  std::vector<float> rounded;
  for (const double scale : scales) {
    const auto nearest = static_cast<float>(scale);
    const bool is_below = static_cast<double>(nearest) < scale;
    rounded.push_back(is_below ? std::nextafter(nearest, std::numeric_limits<float>::max()) : nearest);
  }
  return rounded;
}

// Corners that stay in place leave nothing for scales to decide; what ONNX makes of both together is read in two ways.
void resize(const Call& call, Attrs attrs, bool corners_stay) {
  Translation& t = call.translation();
  const size_t spatial = spatial_axes_of_name(t);
  const Term x = tensor(call, call.form() == 0 ? "input" : "self");
  if (!is_float(x.dtype()) && attrs.get_or<std::string>("mode", "") != "nearest")
    t.refuse("PyTorch interpolates {} in fixed point, which ONNX does not", name_of(x.dtype()));
  std::vector<int64_t> axes;
  for (size_t i = 0; i < spatial; ++i) axes.push_back(static_cast<int64_t>(2 + i));
  attrs.set("axes", axes);
  std::vector<Value*> inputs = {&x.value(), nullptr};
  const std::vector<double> scales = scales_of(call);
  const bool has_scales = scales.size() == spatial;
  if (has_scales && !corners_stay) {
    inputs.push_back(&t.constant(Tensor::vector(rounded_up(scales))));
  } else {
    const bool from_scales = has_scales && call.raw("output_size").is_null();
    const Term target = from_scales ? scaled_sizes(x, scales) : sizes(call, "output_size");
    inputs.insert(inputs.end(), {nullptr, &target.value()});
  }
  give({t, t.add("Resize", inputs, attrs)});
}

// The pixel at or before; "exact": the nearest centre, the later one of two.
void raise_nearest(Translation& t) {
  const Call call(
      t, {"input, output_size:ints=None, scale_factors:numbers=None",
          "self, output_size:ints, scales:number=None",
          "self, output_size:ints, scales_h:number=None, scales_w:number=None",
          "self, output_size:ints, scales_d:number=None, scales_h:number=None, scales_w:number=None"});
  const bool is_exact = t.node().op().name().find("exact") != std::string::npos;
  resize(call,
         {{"mode", "nearest"},
          {"coordinate_transformation_mode", is_exact ? "half_pixel" : "asymmetric"},
          {"nearest_mode", is_exact ? "round_prefer_ceil" : "floor"}},
         false);
}

Call smooth_call(Translation& t) {
  return Call(t, {"input, output_size:ints=None, align_corners:bool, scale_factors:numbers=None",
                  "self, output_size:ints, align_corners:bool, scales:number=None",
                  "self, output_size:ints, align_corners:bool, scales_h:number=None, scales_w:number=None",
                  "self, output_size:ints, align_corners:bool, scales_d:number=None, scales_h:number=None, "
                  "scales_w:number=None"});
}

void resize_smoothly(const Call& call, Attrs attrs) {
  const bool corners_stay = call.flag("align_corners");
  attrs.set("coordinate_transformation_mode", corners_stay ? "align_corners" : "half_pixel");
  resize(call, std::move(attrs), corners_stay);
}

void raise_linear(Translation& t) { resize_smoothly(smooth_call(t), {{"mode", "linear"}}); }

void raise_cubic(Translation& t) {
  resize_smoothly(smooth_call(t), {{"mode", "cubic"}, {"cubic_coeff_a", -0.75F}});
}

// PyTorch takes such pixels' centres from where no corner stays.
Call antialiased_call(Translation& t) {
  Call call = smooth_call(t);
  if (call.flag("align_corners")) t.refuse("it averages pixels with align_corners");
  return call;
}

// Where pixels are averaged, the weights of those outside go to those inside.
void raise_antialiased_linear(Translation& t) {
  resize_smoothly(antialiased_call(t),
                  {{"mode", "linear"}, {"antialias", int64_t{1}}, {"exclude_outside", int64_t{1}}});
}

// The curve is another one than without averaging.
void raise_antialiased_cubic(Translation& t) {
  resize_smoothly(antialiased_call(t), {{"mode", "cubic"},
                                        {"cubic_coeff_a", -0.5F},
                                        {"antialias", int64_t{1}},
                                        {"exclude_outside", int64_t{1}}});
}

}  // namespace

OpMappings resize_ops() {
  OpMappings rows;
  for (const char* name :
       {"aten._upsample_nearest_exact1d", "aten._upsample_nearest_exact2d", "aten._upsample_nearest_exact3d",
        "aten.upsample_nearest1d", "aten.upsample_nearest2d", "aten.upsample_nearest3d"})
    rows.push_back({name, "Resize", raise_nearest, nullptr, ""});
  for (const char* name : {"aten.upsample_bilinear2d", "aten.upsample_linear1d", "aten.upsample_trilinear3d"})
    rows.push_back({name, "Resize", raise_linear, nullptr, "floats"});
  rows.push_back({"aten.upsample_bicubic2d", "Resize", raise_cubic, nullptr, "floats"});
  rows.push_back({"aten._upsample_bilinear2d_aa", "Resize", raise_antialiased_linear, nullptr, "floats"});
  rows.push_back({"aten._upsample_bicubic2d_aa", "Resize", raise_antialiased_cubic, nullptr, "floats"});
  return rows;
}

}  // namespace modelconv::torch
