// What moves pixels between places and channels. Images are in channels-last order.
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

// Channels counted [major][minor], counted [minor][major] instead.
Value& regrouped(Translation& t, Value& x, int64_t major, int64_t minor) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < minor; ++i)
    for (int64_t j = 0; j < major; ++j) order.push_back(j * minor + i);
  return t.add("Gather", {&x, &t.ints(order)}, {{"axis", int64_t{3}}});
}

bool moves_whole_blocks(const Node& node) {
  const auto* mode = node.attrs.get<std::string>("mode");
  return !mode || *mode == "DCR";
}

// TFLite moves whole blocks of channels (DCR); in the other order they are regrouped before.
void lower_depth_to_space(Translation& t) {
  Value& x = t.required(0);
  const int64_t block = int_attr(t.node(), "blocksize"), places = block * block;
  Value& blocks = moves_whole_blocks(t.node()) ? x : regrouped(t, x, static_dim(t, x, 3) / places, places);
  finish(t, "DEPTH_TO_SPACE", {&blocks}, {{"block_size", block}});
}

void lower_space_to_depth(Translation& t) {
  Value& x = t.required(0);
  const int64_t block = int_attr(t.node(), "blocksize");
  if (moves_whole_blocks(t.node())) return finish(t, "SPACE_TO_DEPTH", {&x}, {{"block_size", block}});
  Value& y = emit(t, "SPACE_TO_DEPTH", {&x}, {{"block_size", block}}, t.node().output()->type);
  t.set_output(0, regrouped(t, y, block * block, static_dim(t, x, 3)));
}

}  // namespace

OpMappings lower_images() {
  return {
      {"tflite.DEPTH_TO_SPACE", "nhwc.DepthToSpace", nullptr, lower_depth_to_space, ""},
      {"tflite.SPACE_TO_DEPTH", "nhwc.SpaceToDepth", nullptr, lower_space_to_depth, ""},
  };
}

}  // namespace modelconv::tflite
