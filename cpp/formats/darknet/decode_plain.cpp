// Sections without weights: pooling, moving and joining.
#include "formats/darknet/filters.h"

namespace modelconv::darknet {

Blur read_blur(const Section& section, int64_t stride_y, int64_t stride_x) {
  const int64_t antialiasing = section.integer("antialiasing", 0);
  if (antialiasing == 0) return {};
  return {antialiasing == 2 ? 2 : 3, stride_y, stride_x};
}

Extent Blur::output(const Extent& image) const {
  if (size == 0) return image;
  const int64_t padding = size == 3 ? 1 : 0;
  return {image.c, (image.h + 2 * padding - size) / stride_y + 1,
          (image.w + 2 * padding - size) / stride_x + 1};
}

void Blur::set(Attrs& attrs) const {
  if (size == 0) return;
  attrs.set("blur", size);
  attrs.set("blur_strides", std::vector<int64_t>{stride_y, stride_x});
}

namespace {

void decode_pool(Network& network, const Blur& blur) {
  const Section& section = network.section();
  const int64_t stride = section.size("stride", 1), size = section.size("size", stride);
  int64_t stride_x = section.size("stride_x", stride), stride_y = section.size("stride_y", stride);
  if (blur.size > 0) stride_x = stride_y = 1;
  const int64_t padding = section.count("padding", size - 1);  // of both sides together
  const Extent& image = network.extent();
  const auto steps = [&](int64_t length, int64_t step) {
    return length + padding < size ? 0 : (length + padding - size) / step + 1;
  };
  Attrs attrs = {{"size", size}, {"strides", std::vector<int64_t>{stride_y, stride_x}}, {"padding", padding}};
  blur.set(attrs);
  const Extent pooled = {image.c, steps(image.h, stride_y), steps(image.w, stride_x)};
  network.add({&network.previous()}, std::move(attrs), blur.output(pooled));
}

}  // namespace

void decode_maxpool(Network& network) {
  const Section& section = network.section();
  if (section.flag("maxpool_zero_nonmax")) section.fail("maxpool_zero_nonmax=1 is not supported");
  if (section.flag("maxpool_depth")) {
    const Extent& image = network.extent();
    const int64_t channels = section.size("out_channels", 1);
    if (image.c % channels != 0)
      section.fail("out_channels={} does not divide the {} channels", channels, image.c);
    network.add({&network.previous()}, {{"depth", channels}}, {channels, image.h, image.w});
    return;
  }
  const int64_t stride = section.size("stride", 1);
  decode_pool(network,
              read_blur(section, section.size("stride_y", stride), section.size("stride_x", stride)));
}

void decode_local_avgpool(Network& network) { decode_pool(network, {}); }

void decode_avgpool(Network& network) { network.add({&network.previous()}, {}, {network.extent().c, 1, 1}); }

void decode_reorg(Network& network) {
  const Section& section = network.section();
  const int64_t stride = section.size("stride", 1), area = stride * stride;
  const bool reverse = section.flag("reverse");
  const Extent& image = network.extent();
  const bool by_channels = reverse || section.name() == "reorg";
  if (by_channels && image.c % area != 0)
    section.fail("{} channels are no multiple of stride * stride = {}", image.c, area);
  if (!reverse && (image.h % stride != 0 || image.w % stride != 0))
    section.fail("stride={} does not divide {}", stride, image.str());
  const Extent output = reverse ? Extent{image.c / area, image.h * stride, image.w * stride}
                                : Extent{image.c * area, image.h / stride, image.w / stride};
  network.add({&network.previous()}, {{"stride", stride}, {"reverse", int64_t{reverse}}}, output);
}

// A negative stride makes the image smaller: sums of squares of that many pixels.
void decode_upsample(Network& network) {
  const Section& section = network.section();
  const int64_t stride = section.integer("stride", 2), factor = stride < 0 ? -stride : stride;
  if (factor < 1 || factor > kLargestSize) section.fail("stride={} is not possible", stride);
  const Extent& image = network.extent();
  const Extent output = stride < 0 ? Extent{image.c, image.h / factor, image.w / factor}
                                   : Extent{image.c, image.h * factor, image.w * factor};
  network.add({&network.previous()}, {{"stride", stride}, {"scale", section.number("scale", 1)}}, output);
}

// What is not learning takes the middle.
void decode_crop(Network& network) {
  const Section& section = network.section();
  const Extent& image = network.extent();
  const Extent output = {image.c, section.size("crop_height", 1), section.size("crop_width", 1)};
  if (output.h > image.h || output.w > image.w)
    section.fail("the crop of {} is larger than the image of {}", output.str(), image.str());
  network.add(
      {&network.previous()},
      {{"size", std::vector<int64_t>{output.h, output.w}}, {"noadjust", int64_t{section.flag("noadjust")}}},
      output);
}

void decode_shortcut(Network& network) {
  const Section& section = network.section();
  std::vector<Value*> inputs = {&network.previous()};
  std::vector<int64_t> sizes;  // c, h, w of each
  const auto references = section.required_integers("from");
  for (const int64_t reference : references) {
    const Layer& layer = network.layer(reference);
    inputs.push_back(layer.value);
    for (const int64_t size : {layer.extent.c, layer.extent.h, layer.extent.w}) sizes.push_back(size);
  }
  const std::string kind = section.text("weights_type", "none");
  const auto terms = static_cast<int64_t>(inputs.size());
  const bool per_feature = kind == "per_feature" || kind == "per_layer";
  if (per_feature) inputs.push_back(&network.weights("weights", {terms, 1, 1, 1}));
  if (kind == "per_channel") inputs.push_back(&network.weights("weights", {terms, network.extent().c, 1, 1}));
  if (!per_feature && kind != "per_channel" && kind != "none")
    section.fail("weights_type={} is not known", kind);
  std::string normalization = section.text("weights_normalization", "none");
  if (normalization == "avg_relu") normalization = "relu";
  if (normalization != "none" && normalization != "relu" && normalization != "softmax")
    section.fail("weights_normalization={} is not known", normalization);
  network.add(inputs,
              {{"terms", terms},
               {"sizes", sizes},
               {"normalization", normalization},
               {"activation", section.text("activation", "linear")}},
              network.extent());
}

// The layer before gives one number per channel, or with scale_wh one per pixel.
void decode_scale_channels(Network& network) {
  const Section& section = network.section();
  const Layer& from = network.layer(section.required_integers("from")[0]);
  const Extent& scales = network.extent();
  const bool per_pixel = section.flag("scale_wh");
  const Extent wanted = per_pixel ? Extent{1, from.extent.h, from.extent.w} : Extent{from.extent.c, 1, 1};
  if (scales != wanted)
    section.fail("the scales have the size {}, an image of {} wants {}", scales.str(), from.extent.str(),
                 wanted.str());
  network.add({&network.previous(), from.value}, {{"activation", section.text("activation", "linear")}},
              from.extent);
}

void decode_sam(Network& network) {
  const Section& section = network.section();
  const Layer& from = network.layer(section.required_integers("from")[0]);
  if (from.extent != network.extent())
    section.fail("it multiplies {} with {}", network.extent().str(), from.extent.str());
  network.add({&network.previous(), from.value}, {{"activation", section.text("activation", "linear")}},
              from.extent);
}

void decode_route(Network& network) {
  const Section& section = network.section();
  const int64_t groups = section.size("groups", 1), group = section.count("group_id", 0);
  std::vector<Value*> inputs;
  std::vector<int64_t> sizes;  // c, h, w of each
  Extent output;
  for (const int64_t reference : section.required_integers("layers")) {
    const Layer& layer = network.layer(reference);
    if (!inputs.empty() && (layer.extent.h != output.h || layer.extent.w != output.w))
      section.fail("layer {} has the size {}, the first one {} x {}", reference, layer.extent.str(), output.h,
                   output.w);
    if (layer.extent.c % groups != 0)
      section.fail("groups={} does not divide the {} channels of layer {}", groups, layer.extent.c,
                   reference);
    output = {output.c + layer.extent.c / groups, layer.extent.h, layer.extent.w};
    inputs.push_back(layer.value);
    for (const int64_t size : {layer.extent.c, layer.extent.h, layer.extent.w}) sizes.push_back(size);
  }
  if (group >= groups) section.fail("there is no group_id={} of groups={}", group, groups);
  network.add(inputs, {{"groups", groups}, {"group_id", group}, {"sizes", sizes}}, output);
}

void decode_activation(Network& network) {
  network.add({&network.previous()}, {{"activation", network.section().text("activation", "linear")}},
              network.extent());
}

void decode_normalization(Network& network) {
  const Section& section = network.section();
  network.add({&network.previous()},
              {{"alpha", section.number("alpha", .0001F)},
               {"beta", section.number("beta", .75F)},
               {"kappa", section.number("kappa", 1)},
               {"size", section.size("size", 5)}},
              network.extent());
}

void decode_unchanged(Network& network) { network.add({&network.previous()}, {}, network.extent()); }

}  // namespace modelconv::darknet
