#include "formats/tensorflow/ops/row_splits.h"

namespace modelconv::tensorflow {

Term splits_of_lengths(const Term& lengths) {
  return concat({numbers(lengths.translation(), {0}), cumulative_sum(lengths, 0)}, 0);
}

Term lengths_of_splits(const Term& splits) { return slice(splits, 0, 1, kEnd) - slice(splits, 0, 0, -1); }

// How many rows end at or before the element: ends are counted at their places, then summed up.
Term rows_of_splits(const Term& splits) {
  const Term count = slice(splits, 0, -1, kEnd);
  const Term ends = slice(splits, 0, 1, kEnd);
  const Term ones = filled(shape_of(ends), DType::int64, 1);
  const Term counted = scatter_nd(filled(count + 1.0, DType::int64, 0), unsqueeze(ends, {1}), ones, "add");
  return slice(cumulative_sum(counted, 0), 0, 0, -1);
}

}  // namespace modelconv::tensorflow
