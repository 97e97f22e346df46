// Elements of images at computed places, as gathers from the list of all pixels. Images are channels last.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::formula {

void lower_grid_sample(Translation& t);  // nhwc.GridSample; cubic: two spatial axes
void lower_max_unpool(Translation& t);   // nhwc.MaxUnpool with known sizes
void lower_roi_align(Translation& t);    // nhwc.RoiAlign of mode avg, with a fixed number of samples

}  // namespace modelconv::formula
