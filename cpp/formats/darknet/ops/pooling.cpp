// Pooling. `padding` is of both sides together, the smaller half in front.
#include "formats/darknet/ops/all_ops.h"
#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {
namespace {

Term pool(Translation& t) {
  const int64_t size = int_of(t, "size"), padding = int_of(t, "padding");
  const int64_t front = padding / 2, back = padding - front;
  return compute(t.target(), {image_input(t)},
                 {{"kernel_shape", std::vector<int64_t>{size, size}},
                  {"strides", ints_of(t, "strides")},
                  {"pads", std::vector<int64_t>{front, front, back, back}}});
}

// maxpool_depth: channels g, g + groups, g + 2 * groups, ... become channel g.
Term pool_channels(Translation& t, int64_t groups) {
  const auto chw = ints_of(t, "chw");
  const Term parts = reshape(image_input(t), {-1, chw.at(0) / groups, groups, chw[1], chw[2]});
  return reduce("ReduceMax", parts, {1});
}

void raise_maxpool(Translation& t) {
  const int64_t depth = int_of(t, "depth");
  set_output(t, 0, depth > 0 ? pool_channels(t, depth) : blurred(pool(t)));
}

void raise_local_avgpool(Translation& t) { set_output(t, 0, pool(t)); }

void raise_avgpool(Translation& t) { set_output(t, 0, compute("GlobalAveragePool", {image_input(t)})); }

}  // namespace

OpMappings pooling_ops() {
  return {
      {"darknet.avgpool", "GlobalAveragePool", raise_avgpool, nullptr, ""},
      {"darknet.local_avgpool", "AveragePool", raise_local_avgpool, nullptr, ""},
      {"darknet.maxpool", "MaxPool", raise_maxpool, nullptr, "not maxpool_zero_nonmax"},
  };
}

}  // namespace modelconv::darknet
