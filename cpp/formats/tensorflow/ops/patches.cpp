// Windows of images laid side by side, and the maximum over windows plus a filter.
#include <algorithm>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/layout.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

constexpr int64_t kLargestWindow = 4096;  // elements; more make a model of unreasonable size

int64_t product(const std::vector<int64_t>& sizes) {
  int64_t result = 1;
  for (const int64_t size : sizes) {
    result *= size;
    if (result > kLargestWindow || size > kLargestWindow) result = kLargestWindow + 1;
  }
  return result;
}

// A convolution of each channel by itself with as many filters as the window has elements, each with one 1.
Tensor one_hot_filters(const std::vector<int64_t>& window) {
  const int64_t count = product(window);
  Dims dims = {count, 1};
  dims.insert(dims.end(), window.begin(), window.end());
  std::vector<float> values(static_cast<size_t>(count * count));
  for (int64_t i = 0; i < count; ++i) values[static_cast<size_t>(i * count + i)] = 1;
  return Tensor::of<float>(dims, values);
}

// Output channels are window rows, window columns, input channels, from the outside in.
void raise_patches(Translation& t) {
  const auto window = spatial_part(t, ints_of(t, "ksizes"), 2, "ksizes");
  const auto strides = spatial_part(t, ints_of(t, "strides"), 2, "strides");
  const auto rates = spatial_part(t, ints_of(t, "rates"), 2, "rates");
  if (product(window) > 256) t.refuse("a window of {} by {} is too large", window[0], window[1]);
  const DType dtype = element_type(t);
  const Term x = cast(input(t, 0), DType::float32);
  Attrs attrs = {{"kernel_shape", window}, {"strides", strides}, {"dilations", rates}};
  set_padding(t, attrs, window, strides, rates);
  // [n, h, w, c] -> [n * c, 1, h, w]
  const Term planes =
      reshape(transpose(x, {0, 3, 1, 2}), concat({numbers(t, {-1, 1}), shape_part(x, 1, 3)}, 0));
  const Term filters = {t, t.constant(one_hot_filters(window))};
  const Term found = compute("Conv", {planes, filters}, attrs);
  const Term split = concat({size_of(x, 0), size_of(x, 3), shape_from(found, 1)}, 0);
  const Term y = transpose(reshape(found, split), {0, 3, 4, 2, 1});  // [n, h, w, window, c]
  const Term merged = concat({shape_part(y, 0, 3), size_of(x, 3) * static_cast<double>(product(window))}, 0);
  set_output(t, 0, cast(reshape(y, merged), dtype));
}

// TensorFlow's SAME: as many outputs as strides fit into the input, the odd element after.
std::vector<int64_t> same_pads(const Translation& t, const Shape& shape, const std::vector<int64_t>& window,
                               const std::vector<int64_t>& strides, const std::vector<int64_t>& rates) {
  std::vector<int64_t> pads(4);
  for (size_t i = 0; i < 2; ++i) {
    const int64_t reach = (window[i] - 1) * rates[i] + 1;
    int64_t total = reach - 1;
    if (strides[i] != 1) {
      if (!shape.has_rank() || !shape[1 + i].is_known())
        t.refuse("the size of its input is not known before it runs");
      const int64_t size = shape[1 + i].value(), outputs = (size + strides[i] - 1) / strides[i];
      total = std::max<int64_t>((outputs - 1) * strides[i] + reach - size, 0);
    }
    pads[i] = total / 2;
    pads[2 + i] = total - total / 2;
  }
  return pads;
}

// The maximum over the window of pixel plus filter: a slice of the padded image per element of the window.
void raise_dilation(Translation& t) {
  const auto filter_dims = t.required(1).shape().static_dims();
  if (!filter_dims || filter_dims->size() != 3) t.refuse("the shape of its filter is not known");
  const std::vector<int64_t> window(filter_dims->begin(), filter_dims->begin() + 2);
  if (product(window) > 256) t.refuse("a window of {} by {} is too large", window[0], window[1]);
  const auto strides = spatial_part(t, ints_of(t, "strides"), 2, "strides");
  const auto rates = spatial_part(t, ints_of(t, "rates"), 2, "rates");
  Term x = input(t, 0);
  if (string_of(t, "padding", "") == "SAME") {
    const auto pads = same_pads(t, x.value().shape(), window, strides, rates);
    const Term lowest = number(t, x.dtype(), -65504);  // float16 has no lower number
    x = compute(
        "Pad", {x, numbers(t, {0, pads[0], pads[1], 0, 0, pads[2], pads[3], 0}),
                is_float(x.dtype()) && x.dtype() != DType::float16 ? number(t, x.dtype(), -3.0e38) : lowest});
  }
  const Term filter = input(t, 1);
  std::vector<Term> shifted;
  for (int64_t row = 0; row < window[0]; ++row)
    for (int64_t column = 0; column < window[1]; ++column) {
      const int64_t up = row * rates[0], left = column * rates[1];
      const Term height = size_of(x, 1) - static_cast<double>((window[0] - 1) * rates[0] - up);
      const Term width = size_of(x, 2) - static_cast<double>((window[1] - 1) * rates[1] - left);
      const Term part = compute("Slice", {x, numbers(t, {up, left}), concat({height, width}, 0),
                                          numbers(t, {1, 2}), numbers(t, strides)});
      const Term weight = gather(gather(filter, number(t, DType::int64, static_cast<double>(row))),
                                 number(t, DType::int64, static_cast<double>(column)));
      shifted.push_back(part + weight);
    }
  set_output(t, 0, shifted.size() == 1 ? shifted[0] : compute("Max", shifted));
}

}  // namespace

OpMappings patch_ops() {
  return {
      {"tf.Dilation2D", "Max", raise_dilation, nullptr,
       "filter of known shape; SAME with strides: input of known size"},
      {"tf.ExtractImagePatches", "Conv", raise_patches, nullptr, "windows of at most 256 elements"},
  };
}

}  // namespace modelconv::tensorflow
