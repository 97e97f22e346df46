// Image operators: NHWC in TFLite, NCHW in ONNX. A Transpose goes to each edge; passes/layout cancels them later.
#pragma once

#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {

Value& to_channels_first(Translation& t, Value& x);
Value& from_channels_first(Translation& t, Value& y);

// Weights in another order of axes. Quantised ones are moved as the integers that they are stored as, so that
// DequantizeLinear stays next to what uses it: runtimes look for that pair.
Value& transpose_weights(Translation& t, Value& weights, const std::vector<int64_t>& perm);

// Sets pads or auto_pad from the option "padding". SAME with a stride above 1 depends on the input's size, which users may
// change after reading: that is auto_pad SAME_UPPER; with stride 1 it is the same padding for every size.
void set_padding(const Translation& t, Attrs& attrs, const std::vector<int64_t>& kernel,
                 const std::vector<int64_t>& strides, const std::vector<int64_t>& dilations);

// Options called name_h, name_w (and name_d first when there are three); sizes that are not positive are malformed.
std::vector<int64_t> spatial_option(const Translation& t, size_t spatial_rank, std::string_view before,
                                    std::string_view after = "");

}  // namespace modelconv::tflite
