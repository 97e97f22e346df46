// CombinedNonMaxSuppression: for each image the best boxes of all classes together.
#include <limits>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

Term float_vector(const Term& x) { return reshape(cast(x, DType::float32), {1}); }

// boxes [images, n, 1 or classes, 4], scores [images, n, classes]. With boxes per class each class of each image goes
// into ONNX's operator as an image of its own.
struct Candidates {
  Term boxes;   // [groups, n, 4]
  Term scores;  // [groups, classes of the group, n]
};

Candidates candidates_of(const Term& boxes, const Term& scores, bool by_class) {
  if (!by_class) return {squeeze(boxes, {2}), scores};
  Translation& t = boxes.translation();
  const Term groups = numbers(t, {-1});
  return {reshape(transpose(boxes, {0, 2, 1, 3}), concat({groups, size_of(boxes, 1), numbers(t, {4})}, 0)),
          reshape(scores, concat({groups, numbers(t, {1}), size_of(scores, 2)}, 0))};
}

void raise_combined(Translation& t) {
  const Shape& shape = t.required(0).shape();
  const bool is_known = shape.has_rank() && shape.rank() == 4 && shape[2].is_known();
  const bool by_class = !is_known || shape[2].value() != 1;
  const Term scores = transpose(input(t, 1), {0, 2, 1});  // [images, classes, n]
  Term all_boxes = input(t, 0);
  if (!is_known)  // one box for all classes or one for each
    all_boxes = expand(all_boxes, concat({numbers(t, {1, 1}), size_of(scores, 1), numbers(t, {1})}, 0));
  const Candidates from = candidates_of(all_boxes, scores, by_class);
  const Term per_class = reshape(index_input(t, 2), {1});
  const Term rows = compute("NonMaxSuppression", {from.boxes, from.scores, per_class,
                                                  float_vector(input(t, 4)), float_vector(input(t, 5))});

  // The scores of the chosen boxes at their places, everything else below any score.
  const double none = -std::numeric_limits<float>::infinity();
  const Term chosen = scatter_nd(filled(shape_of(from.scores), DType::float32, none), rows,
                                 gather_nd(from.scores, rows), "none");
  const Term images = size_of(scores, 0), count = size_of(scores, 2), classes = size_of(scores, 1);
  const Term flat = reshape(chosen, concat({images, classes * count}, 0));
  Term most = reshape(index_input(t, 3), {1});
  if (flag_of(t, "pad_per_class", false)) most = minimum(most, per_class * classes);
  const Term padded = concat({flat, filled(concat({images, most}, 0), DType::float32, none)}, 1);
  Node& best = t.add_node("TopK", {&padded.value(), &most.value()}, {{"axis", int64_t{1}}}, 2);
  const Term best_scores = {t, *best.output(0)}, places = {t, *best.output(1)};

  const Term is_there = number(t, DType::float32, none) < best_scores;  // [images, most]
  const Term place = where(is_there, places, 0.0);
  const Term box = modulo(place, count), of_class = place / count;
  const Term box_class = by_class ? of_class : place * 0.0;
  Term boxes = gather_nd(all_boxes, concat({unsqueeze(box, {2}), unsqueeze(box_class, {2})}, 2), 1);
  if (flag_of(t, "clip_boxes", true)) boxes = clip(boxes, 0, 1);
  set_output(t, 0, where(unsqueeze(is_there, {2}), boxes, 0.0));
  set_output(t, 1, where(is_there, best_scores, 0.0));
  set_output(t, 2, where(is_there, cast(of_class, DType::float32), 0.0));
  set_output(t, 3, reduce("ReduceSum", cast(is_there, DType::int32), {1}));
}

}  // namespace

OpMappings combined_suppression_ops() {
  return {{"tf.CombinedNonMaxSuppression", "NonMaxSuppression", raise_combined, nullptr, ""}};
}

}  // namespace modelconv::tensorflow
