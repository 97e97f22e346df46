// Sums, means and extremes over the rows that have the same segment number, with TensorFlow's meaning.
#pragma once

#include "formats/common/term.h"

namespace modelconv {

enum class Segments : uint8_t { sum, mean, root_mean, largest, smallest, product };

// One more than the largest number; 0 where there is none.
formula::Term count_segments(Translation& t, const formula::Term& ids);

// Rows of `data` by `ids` (int64, none negative). Segments without rows are 0 whatever the operation is, but products 1.
formula::Term combine_segments(Segments kind, const formula::Term& data, const formula::Term& ids,
                               const formula::Term& count);

// Inputs: data, numbers, how many segments. Numbers may come in any order, over several axes; rows with a negative number
// are left out: they go into one row more, which is cut off.
void raise_unsorted_segments(Translation& t, Segments kind);

}  // namespace modelconv
