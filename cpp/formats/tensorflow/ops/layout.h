// Image operators: TensorFlow's are NHWC unless data_format says otherwise, the canonical ones NCHW. A Transpose goes to
// each edge; passes/layout cancels them later.
#pragma once

#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {

// data_format begins with "NC": NCHW, NCDHW.
bool is_channels_first(const Translation& t);
Value& to_channels_first(Translation& t, Value& x, size_t spatial_rank);  // as the node's data_format demands
Value& from_channels_first(Translation& t, Value& y, size_t spatial_rank);

// From a list over all axes (strides, ksize, dilations) the spatial ones. refuse() when an entry for batch or channel
// is not 1. An empty list means 1 everywhere.
std::vector<int64_t> spatial_part(const Translation& t, const std::vector<int64_t>& list, size_t spatial_rank,
                                  std::string_view what);

// Sets pads or auto_pad from the node's padding and explicit_paddings.
// SAME with a stride above 1 depends on the input's size, which users may change after reading: that is auto_pad
// SAME_UPPER; with stride 1 it is the same padding for every size.
void set_padding(const Translation& t, Attrs& attrs, const std::vector<int64_t>& kernel,
                 const std::vector<int64_t>& strides, const std::vector<int64_t>& dilations);

}  // namespace modelconv::tensorflow
