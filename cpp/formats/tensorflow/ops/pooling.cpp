// Pooling. Padded pixels do not count, in TensorFlow as in ONNX with count_include_pad = 0.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/layout.h"

namespace modelconv::tensorflow {
namespace {

Node& add_pool(Translation& t, size_t rank, const std::vector<int64_t>& ksize,
               const std::vector<int64_t>& strides, size_t outputs) {
  const auto kernel = spatial_part(t, ksize, rank, "ksize");
  const auto steps = spatial_part(t, strides, rank, "strides");
  Attrs attrs = {{"kernel_shape", kernel}, {"strides", steps}};
  set_padding(t, attrs, kernel, steps, std::vector<int64_t>(rank, 1));
  Value& x = to_channels_first(t, t.required(0), rank);
  return t.add_node(t.target(), {&x}, attrs, outputs);
}

template <size_t rank>
void raise_pool(Translation& t) {
  Node& pool = add_pool(t, rank, ints_of(t, "ksize"), ints_of(t, "strides"), 1);
  t.set_output(0, from_channels_first(t, *pool.output(), rank));
}

void raise_max_pool_v2(Translation& t) {
  Node& pool = add_pool(t, 2, t.constant_ints(1, "ksize"), t.constant_ints(2, "strides"), 1);
  t.set_output(0, from_channels_first(t, *pool.output(), 2));
}

void raise_max_pool_with_argmax(Translation& t) {
  if (t.wants_output(1)) t.refuse("the positions of the maxima are used, and ONNX counts them otherwise");
  raise_pool<2>(t);
}

}  // namespace

OpMappings pooling_ops() {
  return {
      {"tf.AvgPool", "AveragePool", raise_pool<2>, nullptr, ""},
      {"tf.AvgPool3D", "AveragePool", raise_pool<3>, nullptr, ""},
      {"tf.MaxPool", "MaxPool", raise_pool<2>, nullptr, ""},
      {"tf.MaxPool3D", "MaxPool", raise_pool<3>, nullptr, ""},
      {"tf.MaxPoolV2", "MaxPool", raise_max_pool_v2, nullptr, "constant window"},
      {"tf.MaxPoolWithArgmax", "MaxPool", raise_max_pool_with_argmax, nullptr, "without the positions"},
  };
}

}  // namespace modelconv::tensorflow
