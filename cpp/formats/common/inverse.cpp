#include "formats/common/inverse.h"

namespace modelconv::formula {
namespace {

constexpr int64_t kLargest = 32;  // about 20 nodes per row

// One step: the row with the largest element of column `k` at or below the diagonal becomes row k, scaled so that the
// element is 1; then it is taken off the other rows until they have 0 there. `x`: [..., n, 2 n].
Term eliminate(const Term& x, int64_t k, int64_t n) {
  Translation& t = x.translation();
  const Term column = slice(x, -1, k, k + 1), sizes = compute("Abs", {slice(column, -2, k, kEnd)});
  const Term chosen = compute("ArgMax", {sizes}, {{"axis", int64_t{-2}}, {"keepdims", int64_t{1}}}) +
                      static_cast<double>(k);                           // [..., 1, 1]
  const Term numbers_of_rows = unsqueeze(range(numbers(t, {n})), {1});  // [n, 1]
  const Term is_chosen = equal(numbers_of_rows, chosen),
             is_row = equal(numbers_of_rows, static_cast<double>(k));
  const Term row = slice(x, -2, k, k + 1);
  const Term pivot_row = reduce("ReduceSum", where(is_chosen, x, 0.0), {-2}, true);
  const Term swapped = where(is_row, pivot_row, where(is_chosen, row, x));
  const Term scaled = pivot_row / slice(pivot_row, -1, k, k + 1);
  return where(is_row, scaled, swapped - slice(swapped, -1, k, k + 1) * scaled);
}

int64_t row_count(const Term& x) {
  Translation& t = x.translation();
  const Shape& shape = x.value().shape();
  if (!shape.has_rank() || shape.rank() < 2 || !shape[shape.rank() - 1].is_known())
    t.refuse("the size of its matrices is not known");
  const int64_t n = shape[shape.rank() - 1].value();
  if (n > kLargest || n < 1) t.refuse("its matrices have {} rows, at most {} are written out", n, kLargest);
  return n;
}

}  // namespace

Term solution_of(const Term& a, const Term& b) {
  const int64_t n = row_count(a);
  Term rows = concat({a, b}, -1);
  for (int64_t k = 0; k < n; ++k) rows = eliminate(rows, k, n);
  return slice(rows, -1, n, kEnd);
}

Term inverse_of(const Term& x) {
  const Term index = range(numbers(x.translation(), {row_count(x)}));
  const Term one = cast(equal(unsqueeze(index, {0}), unsqueeze(index, {1})), x.dtype());
  return solution_of(x, expand(one, shape_of(x)));
}

}  // namespace modelconv::formula
