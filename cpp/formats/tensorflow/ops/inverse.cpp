// Inverse matrices, for which ONNX has no operator: Gauss and Jordan's elimination, written out row by row.
#include <utility>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

constexpr int64_t kLargest = 32;  // about 20 nodes per row

std::vector<int64_t> with_last_axes_swapped(size_t rank) {
  std::vector<int64_t> perm;
  for (size_t axis = 0; axis < rank; ++axis) perm.push_back(static_cast<int64_t>(axis));
  std::swap(perm[rank - 1], perm[rank - 2]);
  return perm;
}

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

void raise_inverse(Translation& t) {
  const Shape& shape = t.required(0).shape();
  if (is_complex(element_type(t))) t.refuse("it works on complex numbers");
  if (!shape.has_rank() || shape.rank() < 2 || !shape[shape.rank() - 1].is_known())
    t.refuse("the size of its matrices is not known");
  const int64_t n = shape[shape.rank() - 1].value();
  if (n > kLargest || n < 1) t.refuse("its matrices have {} rows, at most {} are written out", n, kLargest);
  Term x = input(t, 0);
  if (flag_of(t, "adjoint", false)) x = transpose(x, with_last_axes_swapped(x.rank()));
  const Term index = range(numbers(t, {n}));
  const Term one = cast(equal(unsqueeze(index, {0}), unsqueeze(index, {1})), x.dtype());
  Term rows = concat({x, expand(one, shape_of(x))}, -1);
  for (int64_t k = 0; k < n; ++k) rows = eliminate(rows, k, n);
  set_output(t, 0, slice(rows, -1, n, kEnd));
}

// Products of all elements up to each: every element in a row of its own, the later ones as 1.
void raise_cumulative_product(Translation& t) {
  const auto given = t.constant_ints(1, "the axis");
  ENSURE(given.size() == 1, MalformedModelError, "the axis is given as {} numbers", given.size());
  const Term x = input(t, 0);
  const auto rank = static_cast<int64_t>(x.rank());
  const int64_t axis = given[0] < 0 ? given[0] + rank : given[0];
  ENSURE(axis >= 0 && axis < rank, MalformedModelError, "the axis is {}, the rank {}", given[0], rank);
  const Term index = range(size_of(x, axis));
  const Term row = unsqueeze(index, {1}), column = unsqueeze(index, {0});
  const bool reverse = flag_of(t, "reverse", false), exclusive = flag_of(t, "exclusive", false);
  const Term &low = reverse ? row : column, &high = reverse ? column : row;
  Term counts = exclusive ? low < high : low <= high;  // [n, n]
  for (int64_t inner = axis + 1; inner < rank; ++inner) counts = unsqueeze(counts, {-1});
  const Term factors = where(counts, unsqueeze(x, {axis}), 1.0);
  set_output(t, 0, reduce("ReduceProd", factors, {axis + 1}));
}

}  // namespace

OpMappings inverse_ops() {
  return {
      {"tf.Cumprod", "ReduceProd", raise_cumulative_product, nullptr, "constant axis"},
      {"tf.MatrixInverse", "Where", raise_inverse, nullptr, "matrices of at most 32 rows"},
  };
}

}  // namespace modelconv::tensorflow
