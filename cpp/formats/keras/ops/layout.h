// Image layers: Keras's are NHWC ("channels_last") unless data_format says otherwise, the canonical operators NCHW. A
// Transpose goes to each edge; passes/layout cancels them later.
#pragma once

#include "formats/keras/ops/arguments.h"

namespace modelconv::keras {

bool is_channels_first(const Translation& t);
Value& to_channels_first(Translation& t, Value& x, size_t spatial_rank);  // as data_format demands
Value& from_channels_first(Translation& t, Value& y, size_t spatial_rank);
// The data input; MalformedModelError unless its rank is `spatial_rank` + 2.
Value& image(Translation& t, size_t spatial_rank);
// First spatial axis in the layer's own layout.
inline size_t first_spatial_axis(const Translation& t) { return is_channels_first(t) ? 2 : 1; }

// Sets pads or auto_pad from the layer's "padding": valid, same, causal. "same" with a stride above 1 depends on the
// input's size, which users may change after reading: that is auto_pad SAME_UPPER.
void set_padding(const Translation& t, Attrs& attrs, const std::vector<int64_t>& kernel,
                 const std::vector<int64_t>& strides, const std::vector<int64_t>& dilations);

// A bias or scale of one number per channel, shaped so that it broadcasts against [N, C, spatial...].
Value& per_channel(Translation& t, Value& values, size_t spatial_rank);

}  // namespace modelconv::keras
