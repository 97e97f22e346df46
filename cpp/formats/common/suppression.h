// NonMaxSuppression for targets whose operator takes one image and one class.
#pragma once

#include "formats/common/term.h"

namespace modelconv::formula {

struct Suppression {
  Term most, overlap, least;  // scalars: boxes (int32), intersection over union, score
};

// Numbers of the boxes that stay: boxes [n, 4] by corners (y first), scores [n].
using ChooseBoxes = Term (*)(const Term& boxes, const Term& scores, const Suppression& limits);

// One choice for each image and class, whose numbers must be known; rows of (image, class, box).
void lower_suppression(Translation& t, ChooseBoxes choose);

}  // namespace modelconv::formula
