// How a window's padding is said in TFLite: SAME, VALID, or an operator of its own in front.
#pragma once

#include <string>
#include <vector>

#include "formats/common/mapping.h"
#include "ops/window.h"

namespace modelconv::tflite {

// Per spatial axis, begin and end; auto_pad resolved.
struct PaddingPlan {
  bool same = false;  // else VALID, with these pads in front (possibly none)
  std::vector<int64_t> begin, end;
  bool has_pads() const;
  std::string name() const { return same ? "SAME" : "VALID"; }
};

// For x [N, spatial..., C]. With ceil_mode the pads at the end grow, or become negative, so that the positions are exact.
PaddingPlan plan_padding(Translation& t, const Value& x, const Window& window);

// x with pads along its spatial axes, filled with `value`.
Value& pad_image(Translation& t, Value& x, const PaddingPlan& plan, double value);

}  // namespace modelconv::tflite
