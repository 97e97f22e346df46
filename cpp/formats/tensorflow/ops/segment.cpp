// Sums, means and extremes over the rows that have the same segment number.
#include "formats/common/segment.h"
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

Segments kind_of_op(const Translation& t) {
  const std::string_view name = t.node().op().name();
  if (name.find("SqrtN") != std::string_view::npos) return Segments::root_mean;
  if (name.find("Mean") != std::string_view::npos) return Segments::mean;
  if (name.find("Max") != std::string_view::npos) return Segments::largest;
  if (name.find("Min") != std::string_view::npos) return Segments::smallest;
  return name.find("Prod") != std::string_view::npos ? Segments::product : Segments::sum;
}

void raise_sorted(Translation& t) {
  const Term ids = index_input(t, 1);
  set_output(t, 0, combine_segments(kind_of_op(t), input(t, 0), ids, count_segments(t, ids)));
}

void raise_unsorted(Translation& t) { raise_unsorted_segments(t, kind_of_op(t)); }

// The rows are first picked out of `data`.
void raise_sparse(Translation& t) {
  const Term rows = gather(input(t, 0), index_input(t, 1)), ids = index_input(t, 2);
  const Term count = t.input_count() > 3 ? reshape(index_input(t, 3), {1}) : count_segments(t, ids);
  set_output(t, 0, combine_segments(kind_of_op(t), rows, ids, count));
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
