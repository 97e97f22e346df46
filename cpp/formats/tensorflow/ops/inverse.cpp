// Inverse matrices and running products.
#include <utility>

#include "formats/common/inverse.h"
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

std::vector<int64_t> with_last_axes_swapped(size_t rank) {
  std::vector<int64_t> perm;
  for (size_t axis = 0; axis < rank; ++axis) perm.push_back(static_cast<int64_t>(axis));
  std::swap(perm[rank - 1], perm[rank - 2]);
  return perm;
}

void raise_inverse(Translation& t) {
  if (is_complex(element_type(t))) t.refuse("it works on complex numbers");
  const Term x = input(t, 0);
  set_output(t, 0,
             inverse_of(flag_of(t, "adjoint", false) ? transpose(x, with_last_axes_swapped(x.rank())) : x));
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
