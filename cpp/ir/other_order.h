// Whether a shape that does not fit is that of an image with its axes in the other order, the most frequent mistake.
#pragma once

#include <string>

#include "ir/shape.h"

namespace modelconv {

// What to try when `given` is not `declared`, but would be with its channels (the axis behind the batch, or the last one) at
// the other end; empty when that does not help either. Both have their batch first.
std::string hint_for_other_order(const Shape& declared, const Shape& given);

}  // namespace modelconv
