// Diagonals of matrices.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

// True where row and column have the same number, [rows, columns].
Term is_diagonal(const Term& rows, const Term& columns) {
  return equal(unsqueeze(range(rows), {1}), unsqueeze(range(columns), {0}));
}

void raise_matrix_diag(Translation& t) {
  const Term x = input(t, 0), size = size_of(x, -1);
  set_output(t, 0, where(is_diagonal(size, size), unsqueeze(x, {-1}), 0.0));
}

// Rows below the end of the diagonal get its last element, which no column of theirs takes.
void raise_matrix_set_diag(Translation& t) {
  const Term matrix = input(t, 0), diagonal = input(t, 1);
  const auto rank = static_cast<int64_t>(matrix.rank());
  const Term rows = size_of(matrix, rank - 2), columns = size_of(matrix, rank - 1);
  const Term place = minimum(range(rows), size_of(diagonal, -1) - 1.0);
  const Term by_row = unsqueeze(gather(diagonal, place, -1), {-1});
  set_output(t, 0, where(is_diagonal(rows, columns), by_row, matrix));
}

}  // namespace

OpMappings diagonal_ops() {
  return {
      {"tflite.MATRIX_DIAG", "Where", raise_matrix_diag, nullptr, ""},
      {"tflite.MATRIX_SET_DIAG", "Where", raise_matrix_set_diag, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
