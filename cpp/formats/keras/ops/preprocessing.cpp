// Preprocessing layers, as far as they work on numbers.
#include <algorithm>
#include <cmath>
#include <limits>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/layout.h"

namespace modelconv::keras {
namespace {

// Integers become what Keras computes in.
Value& as_float(Translation& t, Value& x) {
  return is_float(element_type(t, x)) ? x : t.cast(x, DType::float32);
}

Value& floats(Translation& t, const std::vector<float>& values, DType dtype) {
  Value& constant =
      values.size() == 1 ? t.constant(Tensor::scalar<float>(values[0])) : t.constant(Tensor::vector(values));
  return t.cast(constant, dtype);
}

void raise_rescaling(Translation& t) {
  Value& x = as_float(t, t.required(0));
  const auto scale = floats_of(t, "scale"), offset = floats_of(t, "offset");
  Value* y = &x;
  if (!scale.empty()) y = &t.add("Mul", {y, &floats(t, scale, x.dtype())});
  const bool shifts = std::any_of(offset.begin(), offset.end(), [](float value) { return value != 0; });
  t.set_output(0, shifts ? t.add("Add", {y, &floats(t, offset, x.dtype())}) : *y);
}

// (x - mean) / max(sqrt(variance), 1e-7), with one mean per element of the kept axes.
void raise_normalization(Translation& t) {
  Value& x = as_float(t, t.required(0));
  const size_t rank = t.rank_of(x);
  std::vector<int64_t> kept = ints_of(t, "axis");
  for (int64_t& axis : kept) axis = axis_of(t, axis, rank);
  std::sort(kept.begin(), kept.end());
  const auto shaped = [&](const char* name) -> Value& {
    Value* given = argument(t, name);
    Tensor values = given && given->is_constant() ? given->constant() : Tensor::vector(floats_of(t, name));
    Dims shape(rank, 1);
    if (values.size() == 1) return t.cast(t.constant(values.reshaped({})), x.dtype());
    ENSURE(values.rank() <= kept.size() || kept.size() == 1, MalformedModelError, "{}: {} has the shape {}",
           t.node().describe(), name, to_string(values.dims()));
    int64_t count = 1;
    for (const int64_t axis : kept) {
      const Dim& size = x.shape()[static_cast<size_t>(axis)];
      if (!size.is_known()) t.refuse("the size of axis {} is not known", axis);
      shape[static_cast<size_t>(axis)] = size.value();
      count *= size.value();
    }
    ENSURE(count == values.size(), MalformedModelError, "{}: {} has {} values, the input's axes have {}",
           t.node().describe(), name, values.size(), count);
    return t.cast(t.constant(values.reshaped(shape)), x.dtype());
  };
  Value& mean = shaped("mean");
  Value& deviation = t.add("Max", {&t.add("Sqrt", {&shaped("variance")}), &t.scalar_like(x, 1e-7)});
  if (flag_of(t, "invert", false))
    return t.set_output(0, t.add("Add", {&mean, &t.add("Mul", {&x, &deviation})}));
  t.set_output(0, t.add("Div", {&t.add("Sub", {&x, &mean}), &deviation}));
}

// --- categories

// Numbers of categories as Keras hands them out: as they are, one-hot, or how often each occurs along the last axis.
void set_encoded(Translation& t, Value& indices, int64_t depth, DType dtype = DType::float32) {
  const std::string mode = string_of(t, "output_mode", "int");
  if (mode == "int") return t.set_output(0, indices);
  if (mode != "one_hot" && mode != "multi_hot" && mode != "count")
    t.refuse("the output mode '{}' is not read", mode);
  if (flag_of(t, "sparse", false)) t.refuse("its output is sparse");
  const size_t rank = t.rank_of(indices);
  Value& off_on = t.constant(Tensor::vector<float>({0, 1}));
  Value* x = &t.cast(indices, DType::int64);
  if (mode == "one_hot") {
    const bool is_column = rank > 1 && x->shape()[rank - 1].equals(1);
    if (is_column) x = &t.add("Squeeze", {x, &t.ints({-1})});
    return t.set_output(0, t.cast(t.add("OneHot", {x, &t.ints({depth}), &off_on}), dtype));
  }
  Value& each = t.add("OneHot", {x, &t.ints({depth}), &off_on});
  if (rank < 2) return t.set_output(0, t.cast(each, dtype));
  const OpName reduce = mode == "count" ? "ReduceSum" : "ReduceMax";
  t.set_output(0, t.cast(t.add(reduce, {&each, &t.ints({-2})}, {{"keepdims", int64_t{0}}}), dtype));
}

void raise_category_encoding(Translation& t) {
  if (t.input_count() > 1) t.refuse("it is called with weights");
  const int64_t depth = sizes_of(t, "num_tokens", 1, 0)[0];
  if (!has(t, "output_mode")) t.refuse("it has no output_mode");
  set_encoded(t, t.required(0), depth);
}

// How many boundaries are not above x: their comparisons summed up.
void raise_discretization(Translation& t) {
  const auto boundaries = floats_of(t, "bin_boundaries");
  if (boundaries.empty()) t.refuse("it has no bin_boundaries");
  Value& x = t.required(0);
  const bool is_exact = is_float(element_type(t, x));
  Value& each = t.add("Unsqueeze", {is_exact ? &x : &t.cast(x, DType::float32), &t.ints({-1})});
  Value& above =
      t.add("GreaterOrEqual", {&each, &t.cast(t.constant(Tensor::vector(boundaries)), each.dtype())});
  Value& counted = t.cast(above, DType::int64);
  Value& sum = t.add("ReduceSum", {&counted, &t.ints({-1})}, {{"keepdims", int64_t{0}}});
  // Keras 2 counts in int64, Keras 3 in int32.
  Value& index = t.cast(sum, flag_of(t, "old_keras", false) ? DType::int64 : DType::int32);
  set_encoded(t, index, static_cast<int64_t>(boundaries.size()) + 1);
}

// Index of each number in the vocabulary, in front of which stand the mask and the unknown ones.
void raise_integer_lookup(Translation& t) {
  const auto vocabulary = ints_of(t, "vocabulary");
  if (vocabulary.empty()) t.refuse("its vocabulary is not in the file");
  const int64_t unknown = int_of(t, "num_oov_indices", 1);
  if (unknown > 1) t.refuse("it spreads unknown numbers over {} indices by a hash", unknown);
  if (flag_of(t, "invert", false)) t.refuse("it is inverted");
  if (flag_of(t, "pad_to_max_tokens", false)) t.refuse("it pads to max_tokens");
  if (unknown == 0) t.refuse("it has no index for unknown numbers: Keras stops there, ONNX cannot");
  const bool in_int = string_of(t, "output_mode", "int") == "int";
  const bool has_mask = has(t, "mask_token") && in_int;
  const int64_t first = unknown + (has_mask ? 1 : 0);
  Value& x = t.cast(t.required(0), DType::int64);
  Value& equal = t.add("Equal", {&t.add("Unsqueeze", {&x, &t.ints({-1})}), &t.ints(vocabulary)});
  std::vector<int64_t> places;
  for (size_t i = 0; i < vocabulary.size(); ++i)
    places.push_back(static_cast<int64_t>(i) + first - (has_mask ? 1 : 0));
  // Unknown numbers match nothing: their index is the smallest.
  Value& weighted = t.add("Mul", {&t.cast(equal, DType::int64), &t.ints(places)});
  Value* index = &t.add("ReduceMax", {&weighted, &t.ints({-1})}, {{"keepdims", int64_t{0}}});
  if (has_mask) {
    Value& shifted = t.add("Add", {index, &t.scalar(DType::int64, 1)});
    Value& is_mask =
        t.add("Equal", {&x, &t.scalar(DType::int64, static_cast<double>(int_of(t, "mask_token", 0)))});
    index = &t.add("Where", {&is_mask, &t.scalar(DType::int64, 0), &shifted});
  }
  set_encoded(t, *index, static_cast<int64_t>(vocabulary.size()) + first,
              flag_of(t, "old_keras", false) ? DType::float32 : DType::int64);
}

// --- images

// TensorFlow rounds places between pixels to 1/1024 of a pixel; only scales whose places need no rounding are the same.
void check_bicubic_places(Translation& t, const Value& x, const std::vector<int64_t>& size) {
  for (size_t i = 0; i < 2; ++i) {
    const Dim& from = x.shape()[first_spatial_axis(t) + i];
    if (!from.is_known() || from.value() * 512 % size[i] != 0)
      t.refuse("Keras rounds the weights of bicubic interpolation for this scale to 1/1024, ONNX does not");
  }
}

void raise_resizing(Translation& t) {
  if (flag_of(t, "crop_to_aspect_ratio", false) || flag_of(t, "pad_to_aspect_ratio", false))
    t.refuse("it keeps the aspect ratio");
  if (flag_of(t, "antialias", false)) t.refuse("it smooths (antialias)");
  const std::string interpolation = string_of(t, "interpolation", "bilinear");
  Attrs attrs = {{"coordinate_transformation_mode", std::string("half_pixel")}};
  if (interpolation == "nearest") {
    attrs.set("mode", std::string("nearest"));
    attrs.set("nearest_mode", std::string("round_prefer_ceil"));  // floor((i + 0.5) * scale)
  } else if (interpolation == "bilinear") {
    attrs.set("mode", std::string("linear"));
  } else if (interpolation == "bicubic") {
    attrs.set("mode", std::string("cubic"));
    attrs.set("cubic_coeff_a", -0.5F);
    attrs.set("exclude_outside", int64_t{1});
  } else {
    t.refuse("the interpolation '{}' is not one that ONNX has", interpolation);
  }
  const std::vector<int64_t> size = {sizes_of(t, "height", 1, 0)[0], sizes_of(t, "width", 1, 0)[0]};
  if (interpolation == "bicubic") check_bicubic_places(t, image(t, 2), size);
  Value& x = to_channels_first(t, as_float(t, image(t, 2)), 2);
  Value& head = t.add("Slice", {&t.shape_of(x), &t.ints({0}), &t.ints({2})});
  Value& sizes = t.add("Concat", {&head, &t.ints(size)}, {{"axis", int64_t{0}}});
  t.set_output(0, from_channels_first(t, t.add("Resize", {&x, nullptr, nullptr, &sizes}, attrs), 2));
}

// Each channel of each picture is stretched to the whole range of values; one of a single value stays. Keras takes the
// extremes over axes 1 and 2, whatever data_format says.
void raise_auto_contrast(Translation& t) {
  Value& x = as_float(t, image(t, 2));
  std::vector<float> range = floats_of(t, "value_range");
  if (range.empty()) range = {0, 255};
  ENSURE(range.size() == 2, MalformedModelError, "{}: value_range has {} numbers", t.node().describe(),
         range.size());
  const auto scalar = [&](double value) -> Value& { return t.scalar_like(x, value); };
  const double width = static_cast<double>(range[1]) - range[0];
  const bool is_usual = range[0] == 0 && range[1] == 255;
  const auto rescaled = [&](Value& y, double from, double by, double to) -> Value& {
    return t.add("Add", {&t.add("Mul", {&t.add("Sub", {&y, &scalar(from)}), &scalar(by)}), &scalar(to)});
  };
  Value& y = is_usual ? x : rescaled(x, range[0], 255 / width, 0);
  const Attrs keep = {{"keepdims", int64_t{1}}};
  Value& low = t.add("ReduceMin", {&y, &t.ints({1, 2})}, keep);
  Value& spread = t.add("Sub", {&t.add("ReduceMax", {&y, &t.ints({1, 2})}, keep), &low});
  Value& stretched = t.add("Mul", {&t.add("Sub", {&y, &low}), &t.add("Div", {&scalar(255), &spread})});
  Value& inside = t.add("Clip", {&stretched, &scalar(0), &scalar(255)});
  Value& result = is_usual ? inside : rescaled(inside, 0, width / 255, range[0]);
  t.set_output(0, t.add("Where", {&t.add("Equal", {&spread, &scalar(0)}), &x, &result}));
}

void raise_center_crop(Translation& t) {
  Value& x = as_float(t, image(t, 2));
  std::vector<int64_t> starts, ends, axes;
  for (size_t i = 0; i < 2; ++i) {
    const size_t axis = first_spatial_axis(t) + i;
    const int64_t wanted = sizes_of(t, i == 0 ? "height" : "width", 1, 0)[0];
    const Dim& size = x.shape()[axis];
    if (!size.is_known()) t.refuse("the size of the image is not known");
    if (size.value() < wanted) t.refuse("the image is smaller than the crop, and Keras resizes it then");
    starts.push_back((size.value() - wanted) / 2);
    ends.push_back(starts.back() + wanted);
    axes.push_back(static_cast<int64_t>(axis));
  }
  t.set_output(0, t.add("Slice", {&x, &t.ints(starts), &t.ints(ends), &t.ints(axes)}));
}

// Keras 2 crops the centre where it is not random, Keras since 3.7 hands the image on
// (https://github.com/keras-team/keras/issues/21868).
void raise_random_crop(Translation& t) {
  if (flag_of(t, "passes_images_on", false)) return t.set_output(0, t.required(0));
  raise_center_crop(t);
}

}  // namespace

OpMappings preprocessing_ops() {
  return {
      {"keras.AutoContrast", "ReduceMax", raise_auto_contrast, nullptr, ""},
      {"keras.CategoryEncoding", "OneHot", raise_category_encoding, nullptr, "dense output, without weights"},
      {"keras.CenterCrop", "Slice", raise_center_crop, nullptr,
       "image of known size, not smaller than the crop"},
      {"keras.Discretization", "GreaterOrEqual", raise_discretization, nullptr, "dense output"},
      {"keras.IntegerLookup", "Equal", raise_integer_lookup, nullptr, "one index for unknown numbers"},
      {"keras.Normalization", "Div", raise_normalization, nullptr, ""},
      {"keras.RandomCrop", "Slice", raise_random_crop, nullptr,
       "Keras 2: image of known size, not smaller than the crop"},
      {"keras.Rescaling", "Mul", raise_rescaling, nullptr, ""},
      {"keras.Resizing", "Resize", raise_resizing, nullptr,
       "nearest, bilinear, bicubic at scales of powers of two; without antialias"},
  };
}

}  // namespace modelconv::keras
