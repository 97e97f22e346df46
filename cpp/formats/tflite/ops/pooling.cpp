// Pooling. Padded pixels do not count, in TFLite as in ONNX with count_include_pad = 0.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/layout.h"

namespace modelconv::tflite {
namespace {

Value& add_pool(Translation& t, OpName op, Value& image) {
  const std::vector<int64_t> kernel = {int_of(t, "filter_height"), int_of(t, "filter_width")};
  for (const int64_t size : kernel) ENSURE(size > 0, MalformedModelError, "its window has the size {}", size);
  const auto strides = spatial_option(t, 2, "stride_");
  Attrs attrs = {{"kernel_shape", kernel}, {"strides", strides}};
  set_padding(t, attrs, kernel, strides, {1, 1});
  return t.add(op, {&image}, attrs);
}

void raise_pool(Translation& t) {
  Value& y = activated(t, add_pool(t, t.target(), to_channels_first(t, t.required(0))));
  t.set_output(0, from_channels_first(t, y));
}

// The root of the mean of the squares.
void raise_l2_pool(Translation& t) {
  Value& x = to_channels_first(t, t.required(0));
  Value& mean = add_pool(t, "AveragePool", t.add("Mul", {&x, &x}));
  t.set_output(0, from_channels_first(t, activated(t, t.add("Sqrt", {&mean}))));
}

}  // namespace

OpMappings pooling_ops() {
  return {
      {"tflite.AVERAGE_POOL_2D", "AveragePool", raise_pool, nullptr, ""},
      {"tflite.L2_POOL_2D", "AveragePool", raise_l2_pool, nullptr, ""},
      {"tflite.MAX_POOL_2D", "MaxPool", raise_pool, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
