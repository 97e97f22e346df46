// Rows of different lengths, one after the other: row r has the elements splits[r] to splits[r + 1] - 1.
#pragma once

#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {

// [rows + 1] from lengths [rows]; int64.
Term splits_of_lengths(const Term& lengths);
Term lengths_of_splits(const Term& splits);
// The row of each element, [elements].
Term rows_of_splits(const Term& splits);

}  // namespace modelconv::tensorflow
