// The angle of a point in the plane.
#pragma once

#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {

// Between the x axis and (x, y), from -pi to pi; 0 at the origin.
Term angle_of(const Term& y, const Term& x);

}  // namespace modelconv::tensorflow
