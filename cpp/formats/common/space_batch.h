// BatchToSpaceND and SpaceToBatchND with TensorFlow's meaning, for the formats that have it.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv {

// Inputs: x, block sizes, crops (paddings); the last two are constant.
void raise_batch_to_space(Translation& t);
void raise_space_to_batch(Translation& t);

}  // namespace modelconv
