// Boxes chosen by their scores.
#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

Term scalar(const Term& x) { return reshape(x, std::vector<int64_t>{}); }

// Corners, from centre and size.
Term corners(const Term& boxes) {
  const Term x = slice(boxes, -1, 0, 1), y = slice(boxes, -1, 1, 2), w = slice(boxes, -1, 2, 3),
             h = slice(boxes, -1, 3, 4);
  return concat({y - h / 2.0, x - w / 2.0, y + h / 2.0, x + w / 2.0}, -1);
}

// One suppression per image and class; rows of (image, class, box).
void lower_non_max_suppression(Translation& t) {
  Term boxes = input(t, 0);
  const Term scores = input(t, 1);
  const Shape& shape = scores.value().shape();
  constexpr int64_t kMost = 4096;
  if (!shape.has_rank() || !shape[0].is_known() || !shape[1].is_known() ||
      shape[0].value() * shape[1].value() > kMost)
    t.refuse("the number of images or classes is not known, or too large");
  if (int_attr(t.node(), "center_point_box") != 0) boxes = corners(boxes);
  const Term none = number(t, DType::int32, 0);
  const Term count = cast(scalar(size_of(boxes, 1)), DType::int64);
  const Term most = t.input(2) ? cast(minimum(scalar(index_input(t, 2)), count), DType::int32) : none;
  const Term overlap = t.input(3) ? scalar(input(t, 3)) : number(t, DType::float32, 0);
  const Term least = t.input(4) ? scalar(input(t, 4)) : number(t, DType::float32, -3.4028234663852886e38);
  std::vector<Term> rows;
  for (int64_t image = 0; image < shape[0].value(); ++image) {
    const Term of_image = squeeze(slice(boxes, 0, image, image + 1), {0});
    const Term scores_of_image = squeeze(slice(scores, 0, image, image + 1), {0});
    for (int64_t label = 0; label < shape[1].value(); ++label) {
      const Term of_label = squeeze(slice(scores_of_image, 0, label, label + 1), {0});
      const Term chosen = compute("tf.NonMaxSuppressionV3", {of_image, of_label, most, overlap, least});
      const Term column = unsqueeze(cast(chosen, DType::int64), {1});
      const Term zeros = column * 0.0;
      rows.push_back(
          concat({zeros + static_cast<double>(image), zeros + static_cast<double>(label), column}, 1));
    }
  }
  if (rows.empty()) t.refuse("there is no image or no class");
  set_output(t, 0, rows.size() == 1 ? compute("Identity", {rows[0]}) : concat(rows, 0));
}

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
