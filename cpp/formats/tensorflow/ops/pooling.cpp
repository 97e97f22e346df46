// Pooling. Padded pixels do not count, in TensorFlow as in ONNX with count_include_pad = 0.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/layout.h"
#include "formats/tensorflow/ops/term.h"

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

// ONNX counts positions in NCHW, TensorFlow in NHWC of one image, or of the whole batch if told so.
void raise_max_pool_with_argmax(Translation& t) {
  if (!t.wants_output(1)) return raise_pool<2>(t);
  if (is_channels_first(t)) t.refuse("it counts positions in NCHW");
  Node& pool = add_pool(t, 2, ints_of(t, "ksize"), ints_of(t, "strides"), 2);
  t.set_output(0, from_channels_first(t, *pool.output(), 2));
  const Term x = input(t, 0), found = {t, from_channels_first(t, *pool.output(1), 2)};
  const Term plane = size_of(x, 1) * size_of(x, 2), channels = size_of(x, 3);
  Term position = modulo(found, plane) * channels + range(channels);
  if (flag_of(t, "include_batch_in_index", false))
    position = position + unsqueeze(range(size_of(x, 0)), {1, 2, 3}) * (plane * channels);
  set_output(t, 1, cast(position, type_of(t, "Targmax", DType::int64)));
}

}  // namespace

OpMappings pooling_ops() {
  return {
      {"tf.AvgPool", "AveragePool", raise_pool<2>, nullptr, ""},
      {"tf.AvgPool3D", "AveragePool", raise_pool<3>, nullptr, ""},
      {"tf.MaxPool", "MaxPool", raise_pool<2>, nullptr, ""},
      {"tf.MaxPool3D", "MaxPool", raise_pool<3>, nullptr, ""},
      {"tf.MaxPoolV2", "MaxPool", raise_max_pool_v2, nullptr, "constant window"},
      {"tf.MaxPoolWithArgmax", "MaxPool", raise_max_pool_with_argmax, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
