// Rows put together by the numbers of their segments.
#include "formats/common/segment.h"

#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

void raise_segment_sum(Translation& t) {
  const Term ids = index_input(t, 1);
  set_output(t, 0, combine_segments(Segments::sum, input(t, 0), ids, count_segments(t, ids)));
}

template <Segments kind>
void raise_unsorted(Translation& t) {
  raise_unsorted_segments(t, kind);
}

// Rows of `values`, picked, weighted and added up by the first column of the indices, which are sorted.
// Inputs: rows [n], indices [n, k], shape of what they index, weights [n], values.
void raise_embedding_lookup_sparse(Translation& t) {
  const Term indices = index_input(t, 1), values = input(t, 4);
  const auto columns = indices.value().shape().has_rank() && indices.rank() == 2
                           ? indices.value().shape()[1].known()
                           : std::nullopt;
  if (columns != 2) t.refuse("its indices are not pairs");
  std::vector<int64_t> inner;
  for (size_t axis = 1; axis < values.rank(); ++axis) inner.push_back(static_cast<int64_t>(axis));
  const Term weights = inner.empty() ? input(t, 3) : unsqueeze(input(t, 3), inner);
  const Term ids = squeeze(slice(indices, 1, 0, 1), {1}), count = slice(index_input(t, 2), 0, 0, 1);
  const Term sum = combine_segments(Segments::sum, gather(values, input(t, 0)) * weights, ids, count);
  const std::string combiner = string_of(t, "combiner");
  if (combiner == "SUM") return set_output(t, 0, sum);
  const Term squares = combiner == "SQRTN" ? weights * weights : weights;
  const Term total = combine_segments(Segments::sum, squares, ids, count);
  const Term divisor = combiner == "SQRTN" ? compute("Sqrt", {total}) : total;
  set_output(t, 0, where(equal(divisor, 0.0), number(t, sum.dtype(), 0), sum / divisor));
}

}  // namespace

OpMappings segment_ops() {
  return {
      {"tflite.EMBEDDING_LOOKUP_SPARSE", "ScatterND", raise_embedding_lookup_sparse, nullptr,
       "indices in pairs"},
      {"tflite.SEGMENT_SUM", "ScatterND", raise_segment_sum, nullptr, ""},
      {"tflite.UNSORTED_SEGMENT_MAX", "ScatterND", raise_unsorted<Segments::largest>, nullptr, ""},
      {"tflite.UNSORTED_SEGMENT_MIN", "ScatterND", raise_unsorted<Segments::smallest>, nullptr, ""},
      {"tflite.UNSORTED_SEGMENT_PROD", "ScatterND", raise_unsorted<Segments::product>, nullptr, ""},
      {"tflite.UNSORTED_SEGMENT_SUM", "ScatterND", raise_unsorted<Segments::sum>, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
