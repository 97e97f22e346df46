// What moves pixels between places and channels. Images are in channels-last order.
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

// TFLite moves whole blocks of channels (DCR); in the other order they are transposed before.
void lower_depth_to_space(Translation& t) {
  Value& x = t.required(0);
  const int64_t block = int_attr(t.node(), "blocksize");
  if (string_attr(t.node(), "mode") == "DCR")
    return finish(t, "DEPTH_TO_SPACE", {&x}, {{"block_size", block}});
  const int64_t channels = static_dim(t, x, 3), rows = static_dim(t, x, 1), columns = static_dim(t, x, 2);
  Value& split = reshaped(t, x, {-1, rows * columns, channels / (block * block), block * block});
  Value& turned = t.transpose(split, {0, 1, 3, 2});
  Value& joined = reshaped(t, turned, {-1, rows, columns, channels});
  finish(t, "DEPTH_TO_SPACE", {&joined}, {{"block_size", block}});
}

void lower_space_to_depth(Translation& t) {
  Value& x = t.required(0);
  const int64_t block = int_attr(t.node(), "blocksize");
  if (!t.node().attrs.has("mode") || string_attr(t.node(), "mode") == "DCR")
    return finish(t, "SPACE_TO_DEPTH", {&x}, {{"block_size", block}});
  const Type& type = t.node().output()->type;
  Value& y = emit(t, "SPACE_TO_DEPTH", {&x}, {{"block_size", block}}, type);
  const int64_t channels = static_dim(t, x, 3), rows = static_dim(t, y, 1), columns = static_dim(t, y, 2);
  Value& turned = t.transpose(reshaped(t, y, {-1, rows * columns, block * block, channels}), {0, 1, 3, 2});
  t.set_output(0, reshaped(t, turned, {-1, rows, columns, channels * block * block}));
}

}  // namespace

OpMappings lower_images() {
  return {
      {"tflite.DEPTH_TO_SPACE", "nhwc.DepthToSpace", nullptr, lower_depth_to_space, ""},
      {"tflite.SPACE_TO_DEPTH", "nhwc.SpaceToDepth", nullptr, lower_space_to_depth, ""},
  };
}

}  // namespace modelconv::tflite
