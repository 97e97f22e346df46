// Boxes chosen by their scores.
#include "formats/common/suppression.h"
#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

Term scalar(const Term& x) { return reshape(x, std::vector<int64_t>{}); }

Term choose(const Term& boxes, const Term& scores, const Suppression& limits) {
  return compute("tf.NonMaxSuppressionV3", {boxes, scores, limits.most, limits.overlap, limits.least});
}

void lower_non_max_suppression(Translation& t) { lower_suppression(t, choose); }

// Distinct elements in order of their first appearance, or sorted.
void lower_unique(Translation& t) {
  const auto axis = optional_int(t.node(), "axis");
  const bool is_sorted = int_attr(t.node(), "sorted") != 0;
  Term x = input(t, 0);
  if (axis && x.rank() > 1) t.refuse("it compares slices along an axis");
  if (!axis) x = reshape(x, {-1});
  Node& unique = t.add_node("tf.UniqueWithCountsV2", {&x.value(), &t.ints({0})},
                            {{"out_idx", Type::tensor(DType::int64)}}, 3);
  for (Value* output : unique.outputs()) output->type.shape = Shape::of_rank(1);
  Term values = {t, *unique.output(0)}, inverse = {t, *unique.output(1)}, counts = {t, *unique.output(2)};
  const Term size = size_of(values, 0);
  // The first place of each: the smallest number of an element among those that are equal.
  const Term places = range(size_of(x, 0));
  Term first = compute("tf.UnsortedSegmentMin", {places, inverse, scalar(size)});
  if (is_sorted) {
    if (x.dtype() == DType::string) t.refuse("it sorts text");
    Node& order = t.add_node("TopK", {&values.value(), &size.value()},
                             {{"axis", int64_t{0}}, {"largest", int64_t{0}}, {"sorted", int64_t{1}}}, 2);
    const Term by_value = {t, *order.output(1)};
    const Term rank = scatter_nd(by_value * 0.0, unsqueeze(by_value, {1}), range(size), "none");
    values = {t, *order.output(0)};
    first = gather(first, by_value);
    counts = gather(counts, by_value);
    inverse = gather(rank, inverse);
  }
  const Term results[] = {values, first, inverse, counts};
  for (size_t i = 0; i < 4; ++i)
    if (t.node().output(i)) set_output(t, i, results[i]);
}

}  // namespace

OpMappings lower_detection() {
  return {
      {"tf.NonMaxSuppressionV3", "NonMaxSuppression", nullptr, lower_non_max_suppression,
       "known numbers of images and classes"},
      {"tf.UniqueWithCountsV2", "Unique", nullptr, lower_unique, "not along an axis of several"},
  };
}

}  // namespace modelconv::tensorflow
