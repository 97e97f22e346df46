// Moving elements between depth, space and batch.
#include "formats/common/space_batch.h"
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/layout.h"

namespace modelconv::tensorflow {
namespace {

int64_t block_size(const Translation& t) {
  const int64_t size = int_of(t, "block_size", 0);
  ENSURE(size > 0 && size < 65536, MalformedModelError, "block_size is {}", size);
  if (string_of(t, "data_format", "NHWC") == "NCHW_VECT_C") t.refuse("data_format NCHW_VECT_C");
  return size;
}

void raise_depth_to_space(Translation& t) {
  Value& x = to_channels_first(t, t.required(0), 2);
  Value& y = t.add("DepthToSpace", {&x}, {{"blocksize", block_size(t)}, {"mode", std::string("DCR")}});
  t.set_output(0, from_channels_first(t, y, 2));
}

void raise_space_to_depth(Translation& t) {
  Value& y = t.add("SpaceToDepth", {&to_channels_first(t, t.required(0), 2)}, {{"blocksize", block_size(t)}});
  t.set_output(0, from_channels_first(t, y, 2));
}

}  // namespace

OpMappings image_ops() {
  return {
      {"tf.BatchToSpaceND", "Transpose", raise_batch_to_space, nullptr, "constant blocks and crops"},
      {"tf.DepthToSpace", "DepthToSpace", raise_depth_to_space, nullptr, ""},
      {"tf.SpaceToBatchND", "Transpose", raise_space_to_batch, nullptr, "constant blocks and paddings"},
      {"tf.SpaceToDepth", "SpaceToDepth", raise_space_to_depth, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
