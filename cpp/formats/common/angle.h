// The angle of a point in the plane.
#pragma once

#include "formats/common/term.h"

namespace modelconv::formula {

// Between the x axis and (x, y), from -pi to pi; 0 at the origin.
Term angle_of(const Term& y, const Term& x);

}  // namespace modelconv::formula
