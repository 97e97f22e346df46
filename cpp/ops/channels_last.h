// Image operators in channels-last form, for targets whose images are (N, spatial..., C).
//
// "nhwc.Conv" is Conv with the image operands in the order (N, spatial..., C). Everything else is as Conv has it:
// attributes, parameters such as pads, scales and sizes (in the canonical order of axes), and weights in the canonical
// layout. So "y = nhwc.Conv(x, w)" is by definition
// "y = Transpose[N, ..., C](Conv(Transpose[N, C, ...](x), w))", whatever the number of spatial axes, and each of these
// operators has its shape rule and kernel from the canonical one. Only passes/layout/channels_last.h makes them.
#pragma once

#include <vector>

#include "ops/axes.h"
#include "ops/op_def.h"

namespace modelconv {

// The operands of an image operator that are images: (N, C, spatial...) in the canonical form.
struct ImageOperands {
  std::vector<size_t> inputs, outputs;
  bool is_image_input(size_t index) const;
  bool is_image_output(size_t index) const;
};

// Null for operators whose axes are not those of an image. `canonical`: "Conv", not "nhwc.Conv".
const ImageOperands* image_operands(OpName canonical);

bool is_channels_last(OpName op);
OpName channels_last_form(OpName canonical);  // "Conv" -> "nhwc.Conv"
OpName canonical_form(OpName channels_last);  // "nhwc.Conv" -> "Conv"

// (N, C, spatial...) to (N, spatial..., C) for that many axes, at least two; inverse() goes back.
Permutation to_channels_last_order(size_t rank);

OpDefs channels_last_ops();

}  // namespace modelconv
