// Layers that move elements about: reshaping, cropping, padding, repeating.
#include <cmath>
#include <limits>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/layout.h"

namespace modelconv::keras {
namespace {

void raise_flatten(Translation& t) {
  Value* x = &t.required(0);
  const size_t rank = t.rank(0);
  // Keras flattens in its own order whatever the data format.
  if (rank > 2 && is_channels_first(t)) {
    std::vector<int64_t> perm = {0};
    for (size_t axis = 2; axis < rank; ++axis) perm.push_back(static_cast<int64_t>(axis));
    perm.push_back(1);
    x = &t.transpose(*x, perm);
  }
  t.set_output(0, t.add("Flatten", {x}, {{"axis", int64_t{1}}}));
}

void raise_reshape(Translation& t) {
  std::vector<int64_t> shape = {0};  // the batch, as it is
  for (const int64_t size : ints_of(t, "target_shape")) {
    if (size == 0 || size < -1) t.refuse("target_shape has the entry {}", size);
    shape.push_back(size);
  }
  t.set_output(0, t.add("Reshape", {&t.required(0), &t.ints(shape)}));
}

void raise_permute(Translation& t) {
  const size_t rank = t.rank(0);
  std::vector<int64_t> perm = {0};
  std::vector<bool> seen(rank, false);
  for (const int64_t axis : ints_of(t, "dims")) {
    const bool fits = axis > 0 && axis < static_cast<int64_t>(rank) && !seen[static_cast<size_t>(axis)];
    ENSURE(fits, MalformedModelError, "{}: dims is no permutation of the {} axes", t.node().describe(),
           rank - 1);
    seen[static_cast<size_t>(axis)] = true;
    perm.push_back(axis);
  }
  ENSURE(perm.size() == rank, MalformedModelError, "{}: dims has {} entries, {} are expected",
         t.node().describe(), perm.size() - 1, rank - 1);
  t.set_output(0, t.transpose(t.required(0), perm));
}

void raise_repeat_vector(Translation& t) {
  Value& row = t.add("Unsqueeze", {&t.required(0), &t.ints({1})});
  t.set_output(0, t.add("Expand", {&row, &t.ints({1, sizes_of(t, "n", 1, 1)[0], 1})}));
}

// Pairs (before, after) per spatial axis. One number per axis stands for both, one for all axes.
std::vector<int64_t> pairs_of(const Translation& t, std::string_view name, size_t spatial_rank) {
  const size_t count = ints_of(t, name, {1}).size();
  if (count == 2 * spatial_rank) return sizes_of(t, name, count, 1, 0);
  std::vector<int64_t> pairs;
  for (const int64_t size : sizes_of(t, name, spatial_rank, 1, 0)) pairs.insert(pairs.end(), {size, size});
  return pairs;
}

template <size_t rank>
void raise_cropping(Translation& t) {
  const auto pairs = pairs_of(t, "cropping", rank);
  std::vector<int64_t> starts, ends, axes;
  for (size_t i = 0; i < rank; ++i) {
    starts.push_back(pairs[2 * i]);
    ends.push_back(pairs[2 * i + 1] == 0 ? std::numeric_limits<int64_t>::max() : -pairs[2 * i + 1]);
    axes.push_back(static_cast<int64_t>(first_spatial_axis(t) + i));
  }
  t.set_output(0, t.add("Slice", {&image(t, rank), &t.ints(starts), &t.ints(ends), &t.ints(axes)}));
}

template <size_t rank>
void raise_zero_padding(Translation& t) {
  const auto pairs = pairs_of(t, "padding", rank);
  std::vector<int64_t> pads(2 * (rank + 2));
  for (size_t i = 0; i < rank; ++i) {
    const size_t axis = first_spatial_axis(t) + i;
    pads[axis] = pairs[2 * i];
    pads[rank + 2 + axis] = pairs[2 * i + 1];
  }
  t.set_output(0, t.add("Pad", {&image(t, rank), &t.ints(pads)}, {{"mode", std::string("constant")}}));
}

// Interpolation modes as TensorFlow's image resizing has them: half-pixel centres, a = -0.5 for bicubic, weights of
// pixels outside left out. Nearest repeats each pixel.
Attrs resize_attrs(const Translation& t, const std::string& interpolation) {
  if (interpolation == "nearest")
    return {{"mode", std::string("nearest")},
            {"coordinate_transformation_mode", std::string("asymmetric")},
            {"nearest_mode", std::string("floor")}};
  const std::string half_pixel = "half_pixel";
  if (interpolation == "bilinear")
    return {{"mode", std::string("linear")}, {"coordinate_transformation_mode", half_pixel}};
  if (interpolation == "bicubic")
    return {{"mode", std::string("cubic")},
            {"coordinate_transformation_mode", half_pixel},
            {"cubic_coeff_a", -0.5F},
            {"exclude_outside", int64_t{1}}};
  t.refuse("the interpolation '{}' is not one that ONNX has", interpolation);
}

template <size_t rank>
void raise_up_sampling(Translation& t) {
  std::vector<float> scales = {1, 1};
  for (const int64_t size : sizes_of(t, "size", rank, 2)) scales.push_back(static_cast<float>(size));
  const Attrs attrs = resize_attrs(t, string_of(t, "interpolation", "nearest"));
  for (const float scale : scales)
    if (attrs.has("cubic_coeff_a") && std::fmod(512.0F, scale) != 0)
      t.refuse("Keras rounds the weights of bicubic interpolation for this scale to 1/1024, ONNX does not");
  Value& x = to_channels_first(t, image(t, rank), rank);
  Value& y = t.add("Resize", {&x, nullptr, &t.constant(Tensor::vector(scales))}, attrs);
  t.set_output(0, from_channels_first(t, y, rank));
}

// [batch, steps, ...] -> [batch * steps, ...], and back with the sizes of the original.
void raise_fold_time(Translation& t) {
  Value& x = t.required(0);
  Value& rest =
      t.add("Slice", {&t.shape_of(x), &t.ints({2}), &t.ints({std::numeric_limits<int64_t>::max()})});
  t.set_output(0, t.add("Reshape", {&x, &t.add("Concat", {&t.ints({-1}), &rest}, {{"axis", int64_t{0}}})}));
}

void raise_unfold_time(Translation& t) {
  Value& y = t.required(0);
  const Dim steps = t.rank(1) > 1 ? t.required(1).shape()[1] : Dim();
  Value* head = steps.is_known() ? &t.ints({-1, steps.value()})
                                 : &t.add("Slice", {&t.shape_of(t.required(1)), &t.ints({0}), &t.ints({2})});
  Value& rest =
      t.add("Slice", {&t.shape_of(y), &t.ints({1}), &t.ints({std::numeric_limits<int64_t>::max()})});
  Value& shape = t.add("Concat", {head, &rest}, {{"axis", int64_t{0}}});
  t.set_output(0, t.add("Reshape", {&y, &shape}));
}

void raise_reverse_time(Translation& t) {
  t.set_output(0,
               t.add("Slice", {&t.required(0), &t.ints({-1}), &t.ints({std::numeric_limits<int64_t>::min()}),
                               &t.ints({1}), &t.ints({-1})}));
}

}  // namespace

OpMappings shape_ops() {
  return {
      {"keras.Cropping1D", "Slice", raise_cropping<1>, nullptr, ""},
      {"keras.Cropping2D", "Slice", raise_cropping<2>, nullptr, ""},
      {"keras.Cropping3D", "Slice", raise_cropping<3>, nullptr, ""},
      {"keras.Flatten", "Flatten", raise_flatten, nullptr, ""},
      {"keras.Permute", "Transpose", raise_permute, nullptr, ""},
      {"keras.RepeatVector", "Expand", raise_repeat_vector, nullptr, ""},
      {"keras.Reshape", "Reshape", raise_reshape, nullptr, ""},
      {"keras.UpSampling1D", "Resize", raise_up_sampling<1>, nullptr, ""},
      {"keras.UpSampling2D", "Resize", raise_up_sampling<2>, nullptr,
       "nearest, bilinear, bicubic at powers of two"},
      {"keras.UpSampling3D", "Resize", raise_up_sampling<3>, nullptr, ""},
      {"keras.ZeroPadding1D", "Pad", raise_zero_padding<1>, nullptr, ""},
      {"keras.ZeroPadding2D", "Pad", raise_zero_padding<2>, nullptr, ""},
      {"keras.ZeroPadding3D", "Pad", raise_zero_padding<3>, nullptr, ""},
      {"keras.fold_time", "Reshape", raise_fold_time, nullptr, "part of TimeDistributed"},
      {"keras.reverse_time", "Slice", raise_reverse_time, nullptr, "part of go_backwards"},
      {"keras.unfold_time", "Reshape", raise_unfold_time, nullptr, "part of TimeDistributed"},
  };
}

}  // namespace modelconv::keras
