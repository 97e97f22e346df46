// Counting values, and finding their places among boundaries.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// Weights of an empty tensor mean that every value counts one.
bool has_weights(const Translation& t) {
  const Shape& shape = t.required(2).shape();
  if (!shape.static_dims() && !(shape.has_rank() && shape.rank() > 0 && shape[0].is_known()))
    t.refuse("whether it has weights is not known before it runs");
  const auto dims = shape.static_dims();
  return !dims || element_count(*dims) != 0;
}

// Values that are too large are counted in one bin more, which is cut off. `values` [..., n] int64; with two axes every row
// has bins of its own.
void count_values(Translation& t, const Term& values, bool binary) {
  const Term size = reshape(index_input(t, 1), {1});
  const DType dtype = type_of(t, "T", DType::int32);
  const bool is_weighted = !binary && has_weights(t);
  const bool by_row = values.rank() == 2;
  const Term safe = where(values < size, values, size);
  Term indices = unsqueeze(safe, {-1});
  if (by_row) {
    const Term row = unsqueeze(range(size_of(values, 0)), {1, 2});
    indices = concat({expand(row, shape_of(indices)), indices}, -1);
  }
  const Term bins = by_row ? concat({size_of(values, 0), size + 1.0}, 0) : size + 1.0;
  const Term each = is_weighted ? reshape(input(t, 2), shape_of(values)) : filled(shape_of(values), dtype, 1);
  const Term counts = scatter_nd(filled(bins, dtype, 0), indices, each, binary ? "max" : "add");
  set_output(t, 0, slice(counts, by_row ? 1 : 0, numbers(t, {0}), size));
}

void raise_bincount(Translation& t) { count_values(t, reshape(index_input(t, 0), {-1}), false); }

void raise_dense_bincount(Translation& t) {
  count_values(t, index_input(t, 0), flag_of(t, "binary_output", false));
}

// How many boundaries are at most the value.
void raise_bucketize(Translation& t) {
  const std::vector<float> boundaries = floats_of(t, "boundaries");
  const Term x = cast(input(t, 0), DType::float32);
  if (boundaries.empty()) return set_output(t, 0, filled(shape_of(x), DType::int32, 0));
  const Term limits = {t, t.constant(Tensor::vector(boundaries))};
  const Term reached = cast(limits <= unsqueeze(x, {-1}), DType::int32);
  set_output(t, 0, reduce("ReduceSum", reached, {-1}));
}

// Rows of sorted numbers [b, n], values [b, m]: how many of the row are below the value, or not above it.
void raise_search(Translation& t) {
  const Term sorted = unsqueeze(input(t, 0), {1}), values = unsqueeze(input(t, 1), {2});
  const bool upper = t.node().op().name() == "UpperBound";
  const Term counted = cast(upper ? sorted <= values : sorted < values, DType::int32);
  set_output(t, 0, cast(reduce("ReduceSum", counted, {2}), type_of(t, "out_type", DType::int32)));
}

}  // namespace

OpMappings count_ops() {
  const std::string note = "whether it has weights is known";
  return {
      {"tf.Bincount", "ScatterND", raise_bincount, nullptr, note},
      {"tf.Bucketize", "LessOrEqual", raise_bucketize, nullptr, ""},
      {"tf.DenseBincount", "ScatterND", raise_dense_bincount, nullptr, note},
      {"tf.LowerBound", "Less", raise_search, nullptr, ""},
      {"tf.UpperBound", "LessOrEqual", raise_search, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
