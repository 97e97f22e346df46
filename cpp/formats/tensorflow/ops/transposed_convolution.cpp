// Conv2DBackpropInput and Conv3DBackpropInputV2: the gradient of a convolution, used as transposed convolution.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/layout.h"

namespace modelconv::tensorflow {
namespace {

struct Axis {
  int64_t kernel, stride, dilation;
  Dim input, output;  // sizes: of the given tensor, and of what comes out
};

// Output size of ConvTranspose without padding: (input - 1) * stride + the dilated kernel.
Dim full_size(const Axis& axis) {
  return (axis.input - Dim(1)) * Dim(axis.stride) + Dim((axis.kernel - 1) * axis.dilation + 1);
}

// Sizes of the wanted output, as far as known, in the node's data format.
std::vector<Dim> wanted_sizes(const Translation& t, size_t rank) {
  const Value& sizes = t.required(0);
  if (sizes.elements && sizes.elements->size() == rank) return *sizes.elements;
  std::vector<Dim> dims;
  if (const auto known = t.known_ints(0))
    for (const int64_t size : *known) dims.emplace_back(size);
  if (dims.size() != rank) dims.assign(rank, Dim::unknown());
  return dims;
}

// What is cut off the full output along one axis, negative: what is missing. When sizes are not known, SAME is taken to
// make input * stride (as Keras does) only if that is provable.
int64_t surplus(const Translation& t, const Axis& axis, bool same) {
  const Dim difference = full_size(axis) - axis.output;
  if (difference.is_known()) return difference.value();
  if (axis.output.is_unknown() || axis.input.is_unknown())
    t.refuse("the size of its {} is not known before it runs", same ? "SAME output" : "output");
  t.refuse("its output size {} does not follow from its input size {}", axis.output.str(), axis.input.str());
}

void raise_transposed(Translation& t, size_t spatial_rank) {
  const auto kernel_dims = t.required(1).shape().static_dims();
  if (!kernel_dims || kernel_dims->size() != spatial_rank + 2)
    t.refuse("the shape of its kernel is not known");
  const auto strides = spatial_part(t, ints_of(t, "strides"), spatial_rank, "strides");
  const auto dilations = spatial_part(t, ints_of(t, "dilations"), spatial_rank, "dilations");
  const std::string padding = string_of(t, "padding", "");
  if (padding != "SAME" && padding != "VALID" && padding != "EXPLICIT")
    t.refuse("padding '{}' is not known", padding);

  Value& x = to_channels_first(t, t.required(2), spatial_rank);
  if (t.rank_of(x) != spatial_rank + 2) t.refuse("its input has rank {}", t.rank_of(x));
  const std::vector<Dim> wanted = wanted_sizes(t, spatial_rank + 2);
  const std::vector<int64_t> given = ints_of(t, "explicit_paddings");
  const size_t first = is_channels_first(t) ? 2 : 1;

  std::vector<int64_t> pads(2 * spatial_rank), output_padding(spatial_rank);
  for (size_t i = 0; i < spatial_rank; ++i) {
    const Axis axis = {(*kernel_dims)[i], strides[i], dilations[i], x.shape()[2 + i], wanted[first + i]};
    const int64_t cut = surplus(t, axis, padding == "SAME");
    int64_t before = 0;
    if (padding == "SAME") before = std::max<int64_t>(cut, 0) / 2;
    if (padding == "EXPLICIT" && given.size() == 2 * (spatial_rank + 2)) before = given[2 * (first + i)];
    pads[i] = before;
    pads[spatial_rank + i] = std::max<int64_t>(cut - before, 0);
    output_padding[i] = std::max<int64_t>(before - cut, 0);
    if (output_padding[i] >= std::max(strides[i], dilations[i]))
      t.refuse("its output is {} larger than the convolution reaches", output_padding[i]);
  }

  const auto rank = static_cast<int64_t>(spatial_rank);
  std::vector<int64_t> perm = {rank + 1, rank};  // [spatial..., out, in] to [in, out, spatial...]
  for (int64_t axis = 0; axis < rank; ++axis) perm.push_back(axis);
  Attrs attrs = {
      {"strides", strides}, {"dilations", dilations}, {"pads", pads}, {"output_padding", output_padding}};
  attrs.set("kernel_shape", std::vector<int64_t>(kernel_dims->begin(), kernel_dims->begin() + rank));
  Value& y = t.add("ConvTranspose", {&x, &t.transpose(t.required(1), perm)}, attrs);
  t.set_output(0, from_channels_first(t, y, spatial_rank));
}

void raise_transposed_2d(Translation& t) { raise_transposed(t, 2); }
void raise_transposed_3d(Translation& t) { raise_transposed(t, 3); }

}  // namespace

OpMappings transposed_convolution_ops() {
  const std::string note = "output size provable from the input size";
  return {
      {"tf.Conv2DBackpropInput", "ConvTranspose", raise_transposed_2d, nullptr, note},
      {"tf.Conv3DBackpropInputV2", "ConvTranspose", raise_transposed_3d, nullptr, note},
  };
}

}  // namespace modelconv::tensorflow
