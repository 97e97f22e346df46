#include "formats/common/segment.h"

#include <cmath>
#include <limits>

#include "formats/common/index_input.h"

namespace modelconv {

using namespace formula;
namespace {

// The value that no element is beyond, as a tensor of one element.
Tensor extreme_of(DType dtype, bool lowest) {
  if (dtype == DType::int64) return Tensor::vector<int64_t>({lowest ? INT64_MIN : INT64_MAX});
  double highest = std::numeric_limits<float>::max();
  if (dtype == DType::float64) highest = std::numeric_limits<double>::max();
  if (dtype == DType::float16) highest = 65504;
  if (is_float(dtype)) return Tensor::filled(dtype, {1}, lowest ? -highest : highest);
  const int bits = static_cast<int>(storage_bytes(dtype, 1)) * 8 - (is_signed(dtype) ? 1 : 0);
  const double beyond = std::ldexp(1.0, bits);
  return Tensor::filled(dtype, {1}, lowest ? (is_signed(dtype) ? -beyond : 0) : beyond - 1);
}

Tensor start_of(Segments kind, DType dtype) {
  if (kind == Segments::largest || kind == Segments::smallest)
    return extreme_of(dtype, kind == Segments::largest);
  return Tensor::filled(dtype, {1}, kind == Segments::product ? 1 : 0);
}

std::string reduction_of(Segments kind) {
  switch (kind) {
    case Segments::largest: return "max";
    case Segments::smallest: return "min";
    case Segments::product: return "mul";
    default: return "add";
  }
}

// Rows of `data` put together by `ids` (int64, all of 0 .. count - 1), which number the first `id_rank` axes.
Term combine(Segments kind, const Term& data, const Term& ids, size_t id_rank, const Term& count) {
  const Term shape = concat({count, shape_from(data, static_cast<int64_t>(id_rank))}, 0);
  const Term start = compute("ConstantOfShape", {shape}, {{"value", start_of(kind, data.dtype())}});
  return scatter_nd(start, unsqueeze(ids, {-1}), data, reduction_of(kind));
}

// How many rows each segment has, shaped to go beside the result.
Term rows_per_segment(const Term& data, const Term& ids, const Term& count) {
  const Term zeros = filled(count, DType::int64, 0);
  const Term ones = filled(shape_of(ids), DType::int64, 1);
  const Term rows = scatter_nd(zeros, unsqueeze(ids, {-1}), ones, "add");
  std::vector<int64_t> inner;
  for (size_t axis = 1; axis < data.rank(); ++axis) inner.push_back(static_cast<int64_t>(axis));
  return inner.empty() ? rows : unsqueeze(rows, inner);
}

}  // namespace

Term count_segments(Translation& t, const Term& ids) {
  return reduce("ReduceMax", concat({ids, numbers(t, {-1})}, 0), {0}, true) + 1.0;
}

Term combine_segments(Segments kind, const Term& data, const Term& ids, const Term& count) {
  const Segments scattered = kind == Segments::mean || kind == Segments::root_mean ? Segments::sum : kind;
  const Term result = combine(scattered, data, ids, 1, count);
  if (kind == Segments::sum) return result;
  const Term rows = rows_per_segment(data, ids, count);
  if (kind == Segments::mean || kind == Segments::root_mean) {
    const Term divisor = cast(maximum(rows, number(data.translation(), DType::int64, 1)), data.dtype());
    return result / (kind == Segments::mean ? divisor : compute("Sqrt", {divisor}));
  }
  // An empty product is 1 in TensorFlow, too.
  return kind == Segments::product
             ? result
             : where(equal(rows, 0.0), filled(numbers(data.translation(), {1}), data.dtype(), 0), result);
}

void raise_unsorted_segments(Translation& t, Segments kind) {
  const Term data = input(t, 0), ids = index_input(t, 1), count = reshape(index_input(t, 2), {1});
  const Term safe = where(ids < 0.0, count, ids);
  const Term result = combine(kind, data, safe, t.rank(1), count + 1.0);
  set_output(t, 0, slice(result, 0, numbers(t, {0}), count));
}

}  // namespace modelconv
