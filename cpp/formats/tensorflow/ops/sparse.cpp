// Sparse tensors: indices [n, rank], values [n] and the shape.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/row_splits.h"

namespace modelconv::tensorflow {
namespace {

void raise_to_dense(Translation& t) {
  const Term shape = index_input(t, 1), values = input(t, 2);
  Term indices = index_input(t, 0);
  const size_t rank = t.rank(0);
  if (rank == 0) indices = reshape(indices, {1, 1});
  if (rank == 1) indices = unsqueeze(indices, {1});
  const Term dense = expand(input(t, 3), shape);
  set_output(t, 0, scatter_nd(dense, indices, expand(values, size_of(indices, 0)), "none"));
}

int64_t known_length(const Translation& t, size_t index) {
  const auto dims = t.required(index).shape().static_dims();
  if (!dims || dims->size() != 1 || (*dims)[0] < 1 || (*dims)[0] > 64)
    t.refuse("the rank of a shape is not known");
  return (*dims)[0];
}

// Through flat indices.
void raise_reshape(Translation& t) {
  const Term indices = input(t, 0), shape = input(t, 1), wanted = input(t, 2);
  const int64_t rank = known_length(t, 1), new_rank = known_length(t, 2);
  const Term all = reduce("ReduceProd", shape, {0}, true);
  // A -1 makes the product of the others negative.
  const Term others = maximum(-reduce("ReduceProd", wanted, {0}, true), numbers(t, {1}));
  const Term new_shape = where(wanted < 0.0, all / others, wanted);
  Term flat = slice(indices, 1, 0, 1);
  for (int64_t axis = 1; axis < rank; ++axis)
    flat = flat * slice(shape, 0, axis, axis + 1) + slice(indices, 1, axis, axis + 1);
  std::vector<Term> columns;
  for (int64_t axis = new_rank - 1; axis >= 0; --axis) {
    const Term size = slice(new_shape, 0, axis, axis + 1);
    columns.insert(columns.begin(), axis == 0 ? flat : modulo(flat, size));
    flat = flat / size;
  }
  set_output(t, 0, concat(columns, 1));
  set_output(t, 1, new_shape);
}

// Rows without an element get one in their first column. Elements come row by row.
void raise_fill_empty_rows(Translation& t) {
  const Term indices = input(t, 0), values = input(t, 1), shape = input(t, 2), fallback = input(t, 3);
  const Term rows = slice(shape, 0, 0, 1), row = squeeze(slice(indices, 1, 0, 1), {1});
  const Term none = filled(rows, DType::int64, 0), at_row = unsqueeze(row, {1});
  const Term ones = filled(shape_of(row), DType::int64, 1);
  const Term counts = scatter_nd(none, at_row, ones, "add");
  const Term is_empty = equal(counts, 0.0);
  // Where each row begins in the result, empty ones counted.
  const Term splits = splits_of_lengths(where(is_empty, filled(rows, DType::int64, 1), counts));
  const Term before = cumulative_sum(counts, 0, true);  // where it begins among the elements given
  const Term place = gather(splits, row) + range(size_of(row, 0)) - gather(before, row);
  const Term all = slice(splits, 0, -1, kEnd);

  // The result holds the added elements everywhere, then the given ones at their places.
  const Term rank = size_of(indices, 1);
  const Term zeros = filled(concat({all, rank - 1.0}, 0), DType::int64, 0);
  const Term added = concat({unsqueeze(rows_of_splits(splits), {1}), zeros}, 1);
  const Term at_place = unsqueeze(place, {1});
  set_output(t, 0, scatter_nd(added, at_place, indices, "none"));
  set_output(t, 1, scatter_nd(expand(fallback, all), at_place, values, "none"));
  set_output(t, 2, is_empty);
  set_output(t, 3, place);
}

}  // namespace

OpMappings sparse_ops() {
  return {
      {"tf.SparseFillEmptyRows", "ScatterND", raise_fill_empty_rows, nullptr, "elements row by row"},
      {"tf.SparseReshape", "Mod", raise_reshape, nullptr, "known ranks"},
      {"tf.SparseToDense", "ScatterND", raise_to_dense, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
