// Pools whose window is as large as the image along an axis, or larger: what lies in front of it and behind it would be
// made of pads, in the worst case gigabytes of them.
#pragma once

#include "formats/common/mapping.h"
#include "ops/window.h"

namespace modelconv {

// Lowers nhwc.AveragePool or nhwc.MaxPool along such axes by itself, and leaves the others to a pool of the same kind:
// a mean, or a largest element, where every place sees the whole axis; averages otherwise with a matrix of what each
// place sees. False: the window is an ordinary one, or sizes are not known, and nothing is done.
bool lower_wide_pool(Translation& t);

}  // namespace modelconv
