// Sections with weights, but for the recurrent ones.
#include "formats/darknet/filters.h"

namespace modelconv::darknet {
namespace {

void refuse_flags(const Section& section, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (section.flag(key)) section.fail("{}=1 is not supported", key);
}

}  // namespace

Extent Filters::output(const Extent& image) const {
  const int64_t reach = dilation * (size - 1) + 1;
  const auto steps = [&](int64_t length, int64_t stride) {
    return length + 2 * padding < reach ? 0 : (length + 2 * padding - reach) / stride + 1;
  };
  return {filters, steps(image.h, stride_y), steps(image.w, stride_x)};
}

Attrs Filters::attrs(const Network& network) const {
  return {{"filters", filters},
          {"size", size},
          {"strides", std::vector<int64_t>{stride_y, stride_x}},
          {"padding", padding},
          {"dilation", dilation},
          {"groups", groups},
          {"batch_normalize", int64_t{batch_normalize}},
          {"flipped", int64_t{flipped}},
          {"activation", activation},
          {"epsilon", network.settings().epsilon}};
}

void append_normalization(Network& network, const std::string& prefix, int64_t channels,
                          std::vector<Value*>& inputs) {
  if (network.section().flag("dontloadscales"))
    network.section().fail("dontloadscales=1: its scales, means and variances are in no file");
  for (const char* what : {"scales", "mean", "variance"})
    inputs.push_back(&network.weights(prefix + what, {channels}));
}

void Filters::append_weights(Network& network, const std::string& prefix, std::vector<Value*>& inputs) const {
  if (channels % groups != 0 || filters % groups != 0)
    network.section().fail("groups={} divides neither {} channels into {} filters", groups, channels,
                           filters);
  inputs.push_back(&network.weights(prefix + "biases", {filters}));
  if (batch_normalize) append_normalization(network, prefix, filters, inputs);
  const Dims dims =
      flipped ? Dims{channels / groups * size * size, filters} : Dims{filters, channels / groups, size, size};
  inputs.push_back(&network.weights(prefix + "weights", dims));
}

Filters read_filters(Network& network, const char* filters_key, int64_t channels) {
  const Section& section = network.section();
  Filters filters;
  filters.channels = channels;
  filters.filters = section.size(filters_key, 1);
  filters.groups = section.size("groups", 1);
  filters.dilation = section.size("dilation", 1);
  filters.batch_normalize = section.flag("batch_normalize") || section.flag("cbn");
  filters.activation = section.text("activation", "logistic");
  refuse_flags(section, {"binary", "xnor"});
  return filters;
}

void decode_convolutional(Network& network) {
  const Section& section = network.section();
  refuse_flags(section, {"sway", "rotate", "stretch", "stretch_sway", "coordconv"});
  Filters filters = read_filters(network, "filters", network.extent().c);
  filters.size = section.size("size", 1);
  const int64_t stride = section.size("stride", 1);
  filters.stride_x = section.integer("stride_x", -1) < 1 ? stride : section.size("stride_x", 1);
  filters.stride_y = section.integer("stride_y", -1) < 1 ? stride : section.size("stride_y", 1);
  filters.padding = section.flag("pad") ? filters.size / 2 : section.count("padding", 0);
  if (filters.size == 1) filters.dilation = 1;
  filters.flipped = section.flag("flipped");
  const Blur blur = read_blur(section, filters.stride_y, filters.stride_x);
  if (blur.size > 0) filters.stride_x = filters.stride_y = 1;  // the blur behind it steps
  std::vector<Value*> inputs = {&network.previous()};
  Attrs attrs = filters.attrs(network);
  if (section.has("share_index")) {
    const Layer& shared = network.layer(section.integer("share_index", 0));
    const Node* owner = shared.value->producer();
    if (!owner || shared.type != "convolutional") section.fail("share_index does not name a [convolutional]");
    for (size_t i = 1; i < owner->input_count(); ++i) inputs.push_back(owner->input(i));
  } else {
    filters.append_weights(network, "", inputs);
  }
  blur.set(attrs);
  network.add(inputs, std::move(attrs), blur.output(filters.output(network.extent())));
}

void decode_connected(Network& network) {
  const Section& section = network.section();
  const int64_t outputs = section.size("output", 1);
  std::vector<Value*> inputs = {&network.previous()};
  const Attrs attrs = append_connected(network, "", network.extent().count(), outputs, inputs);
  network.add(inputs, attrs, {outputs, 1, 1});
}

Attrs append_connected(Network& network, const std::string& prefix, int64_t inputs, int64_t outputs,
                       std::vector<Value*>& values) {
  const Section& section = network.section();
  const bool normalize = section.flag("batch_normalize");
  values.push_back(&network.weights(prefix + "biases", {outputs}));
  const Dims dims = network.transposed() ? Dims{inputs, outputs} : Dims{outputs, inputs};
  values.push_back(&network.weights(prefix + "weights", dims));
  if (normalize) append_normalization(network, prefix, outputs, values);
  return {{"batch_normalize", int64_t{normalize}},
          {"transposed", int64_t{network.transposed()}},
          {"activation", section.text("activation", "logistic")},
          {"epsilon", network.settings().epsilon}};
}

// Weights of their own for each place: [places, filters, channels * size * size].
void decode_local(Network& network) {
  const Section& section = network.section();
  const Extent& image = network.extent();
  Filters filters = read_filters(network, "filters", image.c);
  filters.size = section.size("size", 1);
  filters.stride_x = filters.stride_y = section.size("stride", 1);
  filters.padding = section.count("pad", 0);  // in pixels here
  const Extent output = filters.output(image);
  const int64_t edge = filters.padding > 0 ? 1 : filters.size;  // how local_out_height of Darknet counts
  if ((image.h - edge) / filters.stride_y + 1 != output.h ||
      (image.w - edge) / filters.stride_x + 1 != output.w)
    section.fail("pad={} and size={} do not fit each other", filters.padding, filters.size);
  Value& biases = network.weights("biases", {filters.filters, output.h, output.w});
  Value& weights = network.weights(
      "weights", {output.h * output.w, filters.filters, image.c * filters.size * filters.size});
  network.add({&network.previous(), &biases, &weights}, filters.attrs(network), output);
}

void decode_batchnorm(Network& network) {
  const int64_t channels = network.extent().c;
  std::vector<Value*> inputs = {&network.previous(), &network.weights("biases", {channels})};
  append_normalization(network, "", channels, inputs);
  network.add(inputs, {{"epsilon", network.settings().epsilon}}, network.extent());
}

void decode_implicit(Network& network) {
  const Extent extent = {network.section().size("filters", 128), network.section().size("atoms", 1), 1};
  network.add({&network.previous(), &network.weights("weights", {1, extent.c, extent.h, 1})}, {}, extent);
}

}  // namespace modelconv::darknet
