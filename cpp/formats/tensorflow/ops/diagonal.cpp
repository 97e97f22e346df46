// Matrices made of diagonals, diagonals taken out of matrices and put into them, bands.
#include <algorithm>
#include <optional>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// Which diagonals, and how short ones lie in their rows: diagonal d holds the elements (i, i + d), 0 the main one.
struct Band {
  int64_t lower = 0, upper = 0;
  bool upper_is_left = true, lower_is_left = true;
  bool is_single() const { return lower == upper; }
};

Band band_of(const Translation& t, std::optional<size_t> k_input) {
  Band band;
  if (k_input) {
    const auto k = t.constant_ints(*k_input, "the diagonals' numbers");
    ENSURE(k.size() == 1 || k.size() == 2, MalformedModelError, "there are {} diagonal numbers", k.size());
    band.lower = k[0];
    band.upper = k.back();
    for (const int64_t d : k)
      ENSURE(d > -(int64_t{1} << 40) && d < (int64_t{1} << 40), MalformedModelError,
             "there is no diagonal {}", d);
    ENSURE(band.lower <= band.upper, MalformedModelError, "the diagonals go from {} to {}", band.lower,
           band.upper);
  }
  const std::string align =
      string_of(t, "align", t.node().op().name().ends_with("V3") ? "RIGHT_LEFT" : "LEFT_LEFT");
  band.upper_is_left = align.starts_with("LEFT");
  band.lower_is_left = align.ends_with("LEFT");
  return band;
}

// The numbers of rows and columns, vectors of one element.
struct Size {
  Term rows, columns;
};

Size size_of_matrix(const Term& x) {
  const auto rank = static_cast<int64_t>(x.rank());
  return {size_of(x, rank - 2), size_of(x, rank - 1)};
}

Term vector(const Term& x, double value) { return numbers(x.translation(), {static_cast<int64_t>(value)}); }

// Length of the diagonals `d` (any shape).
Term length_of(const Term& d, const Size& size) {
  return minimum(size.rows + minimum(d, vector(d, 0)), size.columns - maximum(d, vector(d, 0)));
}

Term longest(const Band& band, const Size& size) {
  return minimum(size.rows + std::min<double>(static_cast<double>(band.upper), 0),
                 size.columns - std::max<double>(static_cast<double>(band.lower), 0));
}

// How far to the right short diagonals `d` begin in rows of `width`.
Term offset_of(const Term& d, const Size& size, const Term& width, const Band& band) {
  const Term missing = width - length_of(d, size), none = missing * 0.0;
  const Term zero = vector(d, 0);
  Term offset = none;
  if (!band.upper_is_left) offset = where(zero < d, missing, offset);
  if (!band.lower_is_left) offset = where(d < zero, missing, offset);
  if (!band.upper_is_left && !band.lower_is_left) offset = where(equal(d, zero), missing, offset);
  return offset;
}

Term rows_of(const Size& size) { return unsqueeze(range(size.rows), {1}); }
Term columns_of(const Size& size) { return unsqueeze(range(size.columns), {0}); }

Term is_within(const Term& d, const Band& band) {
  return both(vector(d, static_cast<double>(band.lower)) <= d,
              d <= vector(d, static_cast<double>(band.upper)));
}

// Elements of `diagonals` ([..., number, width] or [..., width]) at their places in a matrix; rubbish elsewhere.
Term spread(const Term& diagonals, const Band& band, const Size& size) {
  const Term width = size_of(diagonals, -1);
  const Term row = rows_of(size), column = columns_of(size), d = column - row;
  const Term place = minimum(row, column - maximum(d, vector(d, 0)));  // of the element in its diagonal
  const Term at = place + offset_of(d, size, width, band);
  Term index = at;
  Term flat = diagonals;
  if (!band.is_single()) {
    index = (vector(d, static_cast<double>(band.upper)) - d) * width + at;
    const Term outer = shape_part(diagonals, 0, -2);
    flat = reshape(diagonals, concat({outer, vector(d, -1)}, 0));
  }
  return gather(flat, where(is_within(d, band), index, 0.0), static_cast<int64_t>(flat.rank()) - 1);
}

void raise_make(Translation& t, std::optional<size_t> k_input) {
  const Band band = band_of(t, k_input);
  const Term diagonals = input(t, 0);
  const Term width = size_of(diagonals, -1);
  const Term least_rows = width - static_cast<double>(std::min<int64_t>(band.upper, 0));
  const Term least_columns = width + static_cast<double>(std::max<int64_t>(band.lower, 0));
  Size size = {maximum(least_rows, least_columns), maximum(least_rows, least_columns)};
  if (k_input) {
    const auto rows = t.constant_ints(2, "the number of rows"),
               columns = t.constant_ints(3, "the number of columns");
    ENSURE(rows.size() == 1 && columns.size() == 1, MalformedModelError, "the size is no number");
    if (rows[0] >= 0 || columns[0] >= 0)
      size = {rows[0] >= 0 ? numbers(t, rows) : least_rows,
              columns[0] >= 0 ? numbers(t, columns) : least_columns};
  }
  const Term d = columns_of(size) - rows_of(size);
  const Term padding = k_input ? input(t, 4) : number(t, diagonals.dtype(), 0);
  set_output(t, 0, where(is_within(d, band), spread(diagonals, band, size), padding));
}

void raise_diag(Translation& t) { raise_make(t, std::nullopt); }
void raise_diag_v2(Translation& t) { raise_make(t, 1); }

void raise_set(Translation& t, std::optional<size_t> k_input) {
  const Band band = band_of(t, k_input);
  const Term x = input(t, 0);
  const Size size = size_of_matrix(x);
  const Term d = columns_of(size) - rows_of(size);
  set_output(t, 0, where(is_within(d, band), spread(input(t, 1), band, size), x));
}

void raise_set_diag(Translation& t) { raise_set(t, std::nullopt); }
void raise_set_diag_v2(Translation& t) { raise_set(t, 2); }

void raise_part(Translation& t, std::optional<size_t> k_input) {
  const Band band = band_of(t, k_input);
  const Term x = input(t, 0);
  const Size size = size_of_matrix(x);
  const Term width = longest(band, size);
  const Term count = numbers(t, {band.upper - band.lower + 1});
  const Term d = unsqueeze(numbers(t, {band.upper}) - range(count), {1});  // [number, 1]
  const Term place = unsqueeze(range(width), {0}) - offset_of(d, size, width, band);
  const Term zero = numbers(t, {0});
  const Term valid = both(zero <= place, place < length_of(d, size));
  const Term row = place - minimum(d, zero), column = place + maximum(d, zero);
  const Term index = where(valid, row * size.columns + column, 0.0);
  const Term outer = shape_part(x, 0, -2);
  const Term flat = reshape(x, concat({outer, numbers(t, {-1})}, 0));
  const Term padding = k_input ? input(t, 2) : number(t, x.dtype(), 0);
  const Term parts = where(valid, gather(flat, index, static_cast<int64_t>(flat.rank()) - 1), padding);
  set_output(t, 0, band.is_single() ? squeeze(parts, {-2}) : parts);
}

void raise_diag_part(Translation& t) { raise_part(t, std::nullopt); }
void raise_diag_part_v2(Translation& t) { raise_part(t, 1); }

// Elements from `lower` diagonals below the main one to `upper` above it; a negative number means all.
void raise_band_part(Translation& t) {
  const Term x = input(t, 0), lower = index_input(t, 1), upper = index_input(t, 2);
  const Size size = size_of_matrix(x);
  const Term d = columns_of(size) - rows_of(size);
  const Term low_enough = either(lower < 0.0, -d <= lower), high_enough = either(upper < 0.0, d <= upper);
  set_output(t, 0, where(both(low_enough, high_enough), x, number(t, x.dtype(), 0)));
}

void raise_determinant(Translation& t) { set_output(t, 0, compute("Det", {input(t, 0)})); }

}  // namespace

OpMappings diagonal_ops() {
  const std::string note = "constant diagonal numbers";
  return {
      {"tf.MatrixBandPart", "Where", raise_band_part, nullptr, ""},
      {"tf.MatrixDeterminant", "Det", raise_determinant, nullptr, ""},
      {"tf.MatrixDiag", "Gather", raise_diag, nullptr, ""},
      {"tf.MatrixDiagPart", "Gather", raise_diag_part, nullptr, ""},
      {"tf.MatrixDiagPartV2", "Gather", raise_diag_part_v2, nullptr, note},
      {"tf.MatrixDiagPartV3", "Gather", raise_diag_part_v2, nullptr, note},
      {"tf.MatrixDiagV2", "Gather", raise_diag_v2, nullptr, note},
      {"tf.MatrixDiagV3", "Gather", raise_diag_v2, nullptr, note},
      {"tf.MatrixSetDiag", "Gather", raise_set_diag, nullptr, ""},
      {"tf.MatrixSetDiagV2", "Gather", raise_set_diag_v2, nullptr, note},
      {"tf.MatrixSetDiagV3", "Gather", raise_set_diag_v2, nullptr, note},
  };
}

}  // namespace modelconv::tensorflow
