// Sums, means and extremes over the rows that have the same segment number.
#include <cmath>
#include <limits>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

enum class Kind : uint8_t { sum, mean, root_mean, largest, smallest, product };

Kind kind_of_op(const Translation& t) {
  const std::string_view name = t.node().op().name();
  if (name.find("SqrtN") != std::string_view::npos) return Kind::root_mean;
  if (name.find("Mean") != std::string_view::npos) return Kind::mean;
  if (name.find("Max") != std::string_view::npos) return Kind::largest;
  if (name.find("Min") != std::string_view::npos) return Kind::smallest;
  return name.find("Prod") != std::string_view::npos ? Kind::product : Kind::sum;
}

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

Tensor start_of(Kind kind, DType dtype) {
  if (kind == Kind::largest || kind == Kind::smallest) return extreme_of(dtype, kind == Kind::largest);
  return Tensor::filled(dtype, {1}, kind == Kind::product ? 1 : 0);
}

std::string reduction_of(Kind kind) {
  switch (kind) {
    case Kind::largest: return "max";
    case Kind::smallest: return "min";
    case Kind::product: return "mul";
    default: return "add";
  }
}

// Rows of `data` put together by `ids` (int64, all of 0 .. count - 1), which number the first `id_rank` axes.
Term combine(Kind kind, const Term& data, const Term& ids, size_t id_rank, const Term& count) {
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

// One more than the largest number; 0 where there is none.
Term count_segments(Translation& t, const Term& ids) {
  return reduce("ReduceMax", concat({ids, numbers(t, {-1})}, 0), {0}, true) + 1.0;
}

// Segments without rows are 0 whatever the operation is; negative numbers do not occur.
Term combine_sorted(Kind kind, const Term& data, const Term& ids, const Term& count) {
  const Kind scattered = kind == Kind::mean || kind == Kind::root_mean ? Kind::sum : kind;
  const Term result = combine(scattered, data, ids, 1, count);
  if (kind == Kind::sum) return result;
  const Term rows = rows_per_segment(data, ids, count);
  if (kind == Kind::mean || kind == Kind::root_mean) {
    const Term divisor = cast(maximum(rows, number(data.translation(), DType::int64, 1)), data.dtype());
    return result / (kind == Kind::mean ? divisor : compute("Sqrt", {divisor}));
  }
  // An empty product is 1 in TensorFlow, too.
  return kind == Kind::product
             ? result
             : where(equal(rows, 0.0), filled(numbers(data.translation(), {1}), data.dtype(), 0), result);
}

void raise_sorted(Translation& t) {
  const Term ids = index_input(t, 1);
  set_output(t, 0, combine_sorted(kind_of_op(t), input(t, 0), ids, count_segments(t, ids)));
}

// Numbers may come in any order, over several axes; rows with a negative number are left out: they go into one row more,
// which is cut off.
void raise_unsorted(Translation& t) {
  const Kind kind = kind_of_op(t);
  const Term data = input(t, 0), ids = index_input(t, 1), count = reshape(index_input(t, 2), {1});
  const Term safe = where(ids < 0.0, count, ids);
  const Term result = combine(kind, data, safe, t.rank(1), count + 1.0);
  set_output(t, 0, slice(result, 0, numbers(t, {0}), count));
}

// The rows are first picked out of `data`.
void raise_sparse(Translation& t) {
  const Term rows = gather(input(t, 0), index_input(t, 1)), ids = index_input(t, 2);
  const Term count = t.input_count() > 3 ? reshape(index_input(t, 3), {1}) : count_segments(t, ids);
  set_output(t, 0, combine_sorted(kind_of_op(t), rows, ids, count));
}

}  // namespace

OpMappings segment_ops() {
  OpMappings rows;
  const auto add = [&](const std::string& name, TranslateFn raise) {
    rows.push_back({OpName("tf", name), "ScatterND", raise, nullptr, ""});
  };
  for (const char* kind : {"Max", "Mean", "Min", "Prod", "Sum"})
    add(std::string("Segment") + kind, raise_sorted);
  for (const char* kind : {"Max", "Min", "Prod", "Sum"})
    add(std::string("UnsortedSegment") + kind, raise_unsorted);
  for (const char* kind : {"Mean", "SqrtN", "Sum"}) {
    add(std::string("SparseSegment") + kind, raise_sparse);
    add(std::string("SparseSegment") + kind + "WithNumSegments", raise_sparse);
  }
  return rows;
}

}  // namespace modelconv::tensorflow
