// Ragged tensors: values one after the other, and where each row ends.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/row_splits.h"

namespace modelconv::tensorflow {
namespace {

// One range per row; a scalar stands for all rows.
void raise_range(Translation& t) {
  const Term shapes[] = {shape_of(reshape(input(t, 0), {-1})), shape_of(reshape(input(t, 1), {-1})),
                         shape_of(reshape(input(t, 2), {-1}))};
  const Term rows = maximum(maximum(shapes[0], shapes[1]), shapes[2]);
  const Term start = expand(input(t, 0), rows), limit = expand(input(t, 1), rows),
             step = expand(input(t, 2), rows);
  Term lengths = (limit - start) / step;
  if (is_float(start.dtype())) {
    lengths = cast(compute("Ceil", {lengths}), DType::int64);
  } else {  // the quotient of integers is cut off: one more where something is left
    const Term whole = cast(lengths, DType::int64);
    const Term rest = cast(limit - start, DType::int64) - whole * cast(step, DType::int64);
    const Term is_more = either(both(rest < 0.0, cast(step, DType::int64) < 0.0),
                                both(-rest < 0.0, -cast(step, DType::int64) < 0.0));
    lengths = whole + cast(is_more, DType::int64);
  }
  const Term splits = splits_of_lengths(maximum(lengths, numbers(t, {0})));
  const Term row = rows_of_splits(splits);
  const Term place = range(slice(splits, 0, -1, kEnd)) - gather(splits, row);
  set_output(t, 0, cast(splits, type_of(t, "Tsplits", DType::int64)));
  set_output(t, 1, gather(start, row) + cast(place, start.dtype()) * gather(step, row));
}

// Rows picked out, level by level: the elements of the chosen rows are the rows of the next level.
void raise_gather(Translation& t) {
  ENSURE(t.input_count() >= 3, MalformedModelError, "it has {} inputs", t.input_count());
  const size_t levels = t.input_count() - 2;
  if (t.rank(levels + 1) != 1) t.refuse("its indices have rank {}", t.rank(levels + 1));
  Term chosen = index_input(t, levels + 1);
  for (size_t level = 0; level < levels; ++level) {
    const Term splits = index_input(t, level);
    const Term begins = gather(splits, chosen);
    const Term result = splits_of_lengths(gather(splits, chosen + 1.0) - begins);
    const Term row = rows_of_splits(result);
    chosen = gather(begins, row) + range(slice(result, 0, -1, kEnd)) - gather(result, row);
    set_output(t, level, cast(result, type_of(t, "Tsplits", DType::int64)));
  }
  set_output(t, levels, gather(input(t, levels), chosen));
}

// Coordinates of all values: the row and the place in it for each level.
Term coordinates(const std::vector<Term>& splits) {
  const size_t levels = splits.size();
  Term index = range(slice(splits[levels - 1], 0, -1, kEnd));  // of each value at the level above
  std::vector<Term> columns;
  for (size_t level = levels; level-- > 0;) {
    const Term row = gather(rows_of_splits(splits[level]), index);
    columns.insert(columns.begin(), unsqueeze(index - gather(splits[level], row), {1}));
    index = row;
  }
  columns.insert(columns.begin(), unsqueeze(index, {1}));
  return concat(columns, 1);
}

// Sizes of the tensor that holds all rows: the number of rows, then the longest row of each level.
Term bounding_shape(const std::vector<Term>& splits) {
  std::vector<Term> sizes = {size_of(splits[0], 0) - 1.0};
  for (const Term& level : splits) {
    const Term lengths = concat({lengths_of_splits(level), numbers(level.translation(), {0})}, 0);
    sizes.push_back(reduce("ReduceMax", lengths, {0}, true));
  }
  return concat(sizes, 0);
}

void raise_to_sparse(Translation& t) {
  ENSURE(t.input_count() >= 2, MalformedModelError, "it has {} inputs", t.input_count());
  const size_t levels = t.input_count() - 1;
  if (t.rank(levels) != 1) t.refuse("its values have rank {}", t.rank(levels));
  std::vector<Term> splits;
  for (size_t level = 0; level < levels; ++level) splits.push_back(index_input(t, level));
  set_output(t, 0, coordinates(splits));
  set_output(t, 1, input(t, levels));
  set_output(t, 2, bounding_shape(splits));
}

// Row numbers per value, with the number of rows in front of all.
std::vector<Term> splits_of_row_numbers(Translation& t, size_t levels) {
  std::vector<Term> splits;
  Term rows = reshape(index_input(t, 3), {1});
  for (size_t level = 0; level < levels; ++level) {
    const Term numbers_of_rows = index_input(t, 4 + level);
    const Term ones = filled(shape_of(numbers_of_rows), DType::int64, 1);
    const Term lengths =
        scatter_nd(filled(rows, DType::int64, 0), unsqueeze(numbers_of_rows, {1}), ones, "add");
    splits.push_back(splits_of_lengths(lengths));
    rows = size_of(numbers_of_rows, 0);
  }
  return splits;
}

// Inputs: the wanted shape (-1: as large as needed), values, the default, and how the rows are divided.
void raise_to_tensor(Translation& t) {
  const auto* types = t.node().attrs.get<std::vector<std::string>>("row_partition_types");
  if (!types || types->empty()) t.refuse("it has no row partitions");
  std::vector<Term> splits;
  if ((*types)[0] == "ROW_SPLITS") {
    for (size_t level = 0; level < types->size(); ++level) splits.push_back(index_input(t, 3 + level));
  } else if ((*types)[0] == "FIRST_DIM_SIZE" && types->size() > 1) {
    splits = splits_of_row_numbers(t, types->size() - 1);
  } else {
    t.refuse("row partitions of the kind {}", (*types)[0]);
  }
  const Term values = input(t, 1);
  const Term needed = concat({bounding_shape(splits), shape_from(values, 1)}, 0);
  Term shape = needed;
  if (t.rank(0) != 0) {
    const Term wanted = index_input(t, 0);
    shape = where(wanted < 0.0, needed, wanted);
  }
  // Put into a tensor of the needed size, then brought to the wanted one.
  const Term fallback = cast(input(t, 2), values.dtype());
  const Term all = scatter_nd(expand(fallback, needed), coordinates(splits), values, "none");
  const Term missing = maximum(shape - needed, numbers(t, {0}));
  const Term pads = concat({missing * 0.0, missing}, 0);
  if (t.rank(2) != 0) t.refuse("its default value has rank {}", t.rank(2));
  const Term padded = compute("Pad", {all, pads, fallback});
  set_output(t, 0, compute("Slice", {padded, shape * 0.0, shape}));
}

}  // namespace

OpMappings ragged_ops() {
  return {
      {"tf.RaggedGather", "Gather", raise_gather, nullptr, "indices of rank 1"},
      {"tf.RaggedRange", "Range", raise_range, nullptr, ""},
      {"tf.RaggedTensorToSparse", "ScatterND", raise_to_sparse, nullptr, "values of rank 1"},
      {"tf.RaggedTensorToTensor", "ScatterND", raise_to_tensor, nullptr, "scalar default"},
  };
}

}  // namespace modelconv::tensorflow
