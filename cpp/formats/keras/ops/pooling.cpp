// Pooling. Padded pixels do not count in averages, in Keras as in ONNX with count_include_pad = 0.
#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/layout.h"

namespace modelconv::keras {
namespace {

template <size_t rank>
void raise_pool(Translation& t) {
  const auto kernel = sizes_of(t, "pool_size", rank, 2);
  const auto strides = has(t, "strides") ? sizes_of(t, "strides", rank, 1) : kernel;
  Attrs attrs = {{"kernel_shape", kernel}, {"strides", strides}};
  set_padding(t, attrs, kernel, strides, std::vector<int64_t>(rank, 1));
  Value& x = to_channels_first(t, image(t, rank), rank);
  t.set_output(0, from_channels_first(t, t.add(t.target(), {&x}, attrs), rank));
}

std::vector<int64_t> spatial_axes(const Translation& t, size_t rank) {
  std::vector<int64_t> axes;
  for (size_t i = 0; i < rank; ++i) axes.push_back(static_cast<int64_t>(first_spatial_axis(t) + i));
  return axes;
}

template <size_t rank>
void raise_global_pool(Translation& t) {
  const int64_t keepdims = flag_of(t, "keepdims", false) ? 1 : 0;
  Value& axes = t.ints(spatial_axes(t, rank));
  t.set_output(0, t.add(t.target(), {&image(t, rank), &axes}, {{"keepdims", keepdims}}));
}

// The mean over the steps that the mask lets pass.
void raise_global_average_1d(Translation& t) {
  Value* mask = argument(t, "mask");
  if (!mask) return raise_global_pool<1>(t);
  const int64_t keepdims = flag_of(t, "keepdims", false) ? 1 : 0;
  Value& x = image(t, 1);
  Value& steps = t.ints(spatial_axes(t, 1));
  Value& weights =
      t.add("Unsqueeze", {&t.cast(*mask, element_type(t, x)), &t.ints({is_channels_first(t) ? 1 : 2})});
  Value& sum = t.add("ReduceSum", {&t.add("Mul", {&x, &weights}), &steps}, {{"keepdims", keepdims}});
  Value& count = t.add("ReduceSum", {&weights, &steps}, {{"keepdims", keepdims}});
  t.set_output(0, t.add("Div", {&sum, &count}));
}

// Cell i covers [floor(i * size / cells), ceil((i + 1) * size / cells)).
template <size_t rank>
void raise_adaptive_pool(Translation& t) {
  const auto cells = sizes_of(t, "output_size", rank, 1);
  Value* x = &image(t, rank);
  for (size_t i = 0; i < rank; ++i) {
    const auto axis = static_cast<int64_t>(first_spatial_axis(t) + i);
    const Dim& size = x->shape()[static_cast<size_t>(axis)];
    if (!size.is_known()) t.refuse("the size of axis {} is not known, and the windows depend on it", axis);
    std::vector<Value*> parts;
    for (int64_t cell = 0; cell < cells[i]; ++cell) {
      const int64_t begin = cell * size.value() / cells[i];
      const int64_t end = ((cell + 1) * size.value() + cells[i] - 1) / cells[i];
      Value& part = t.add("Slice", {x, &t.ints({begin}), &t.ints({end}), &t.ints({axis})});
      parts.push_back(&t.add(t.target(), {&part, &t.ints({axis})}, {{"keepdims", int64_t{1}}}));
    }
    x = &t.add("Concat", parts, {{"axis", axis}});
  }
  t.set_output(0, *x);
}

}  // namespace

OpMappings pooling_ops() {
  const char* known_size = "input of known size";
  return {
      {"keras.AdaptiveAveragePooling1D", "ReduceMean", raise_adaptive_pool<1>, nullptr, known_size},
      {"keras.AdaptiveAveragePooling2D", "ReduceMean", raise_adaptive_pool<2>, nullptr, known_size},
      {"keras.AdaptiveAveragePooling3D", "ReduceMean", raise_adaptive_pool<3>, nullptr, known_size},
      {"keras.AdaptiveMaxPooling1D", "ReduceMax", raise_adaptive_pool<1>, nullptr, known_size},
      {"keras.AdaptiveMaxPooling2D", "ReduceMax", raise_adaptive_pool<2>, nullptr, known_size},
      {"keras.AdaptiveMaxPooling3D", "ReduceMax", raise_adaptive_pool<3>, nullptr, known_size},
      {"keras.AveragePooling1D", "AveragePool", raise_pool<1>, nullptr, ""},
      {"keras.AveragePooling2D", "AveragePool", raise_pool<2>, nullptr, ""},
      {"keras.AveragePooling3D", "AveragePool", raise_pool<3>, nullptr, ""},
      {"keras.GlobalAveragePooling1D", "ReduceMean", raise_global_average_1d, nullptr, ""},
      {"keras.GlobalAveragePooling2D", "ReduceMean", raise_global_pool<2>, nullptr, ""},
      {"keras.GlobalAveragePooling3D", "ReduceMean", raise_global_pool<3>, nullptr, ""},
      {"keras.GlobalMaxPooling1D", "ReduceMax", raise_global_pool<1>, nullptr, ""},
      {"keras.GlobalMaxPooling2D", "ReduceMax", raise_global_pool<2>, nullptr, ""},
      {"keras.GlobalMaxPooling3D", "ReduceMax", raise_global_pool<3>, nullptr, ""},
      {"keras.MaxPooling1D", "MaxPool", raise_pool<1>, nullptr, ""},
      {"keras.MaxPooling2D", "MaxPool", raise_pool<2>, nullptr, ""},
      {"keras.MaxPooling3D", "MaxPool", raise_pool<3>, nullptr, ""},
  };
}

}  // namespace modelconv::keras
