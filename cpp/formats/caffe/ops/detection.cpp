// SSD's output: boxes from prior boxes and what the net says of them, then suppression class by class.
// Sources: detection_output_layer.cpp and bbox_util.cpp of github.com/weiliu89/caffe.
#include <limits>

#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

Term column(const Term& x, int64_t index) { return slice(x, 2, index, index + 1); }

struct Corners {
  Term left, top, right, bottom;
};

Corners corners_of(const Term& boxes) {
  return {column(boxes, 0), column(boxes, 1), column(boxes, 2), column(boxes, 3)};
}

// [N, boxes, 4] of left, top, right, bottom.
Term decode_boxes(Translation& t, const Term& location, const Term& prior, const Term& variance) {
  const std::string code = enum_of(t, "code_type", {"CORNER", "CENTER_SIZE", "CORNER_SIZE"}, 1, "CORNER");
  const Term shift = flag_of(t, "variance_encoded_in_target", false) ? location : location * variance;
  const Corners p = corners_of(prior);
  if (code == "CORNER") return prior + shift;
  const Term w = p.right - p.left, h = p.bottom - p.top;
  if (code == "CORNER_SIZE") return prior + shift * concat({w, h, w, h}, 2);
  const Term x = column(shift, 0) * w + (p.left + p.right) * 0.5,
             y = column(shift, 1) * h + (p.top + p.bottom) * 0.5;
  const Term half_w = compute("Exp", {column(shift, 2)}) * w * 0.5,
             half_h = compute("Exp", {column(shift, 3)}) * h * 0.5;
  return concat({x - half_w, y - half_h, x + half_w, y + half_h}, 2);
}

// Scores below the best `count` of their class do not take part.
Term only_best(Translation& t, const Term& scores, int64_t count) {
  const Shape& shape = scores.value().shape();
  if (count <= 0 || (shape[2].is_known() && shape[2].value() <= count)) return scores;
  const Term most =
      shape[2].is_known() ? numbers(t, {count}) : minimum(size_of(scores, 2), numbers(t, {count}));
  Node& best = t.add_node("TopK", {&scores.value(), &most.value()}, {{"axis", int64_t{2}}}, 2);
  const Term least = reduce("ReduceMin", {t, *best.output(0)}, {2}, true);
  return where(scores < least, number(t, DType::float32, -std::numeric_limits<float>::max()), scores);
}

// The best `count` rows, order kept. Equal scores at the edge all stay.
Term best_rows(Translation& t, const Term& rows, const Term& scores, int64_t count) {
  const Term most = minimum(shape_of(scores), numbers(t, {count}));
  Node& best = t.add_node("TopK", {&scores.value(), &most.value()}, {{"axis", int64_t{0}}}, 2);
  const Term least = reduce("ReduceMin", {t, *best.output(0)}, {0});
  return compute("Compress", {rows, least <= scores}, {{"axis", int64_t{0}}});
}

void raise_detection_output(Translation& t) {
  if (bottom_count(t) != 3)
    t.refuse("{} bottoms; location, confidence and prior boxes are read", bottom_count(t));
  if (!flag_of(t, "share_location", true)) t.refuse("share_location: false");
  if (float_of(t, "nms_param.eta", 1) != 1) t.refuse("nms_param with eta");
  const int64_t classes = int_of(t, "num_classes", 0), background = int_of(t, "background_label_id", 0);
  if (classes < 1) fail(t, "num_classes is {}", classes);
  const Term prior = reshape(bottom(t, 2), {1, 2, -1, 4});
  const auto row = [&](int64_t index) { return squeeze(slice(prior, 1, index, index + 1), {1}); };
  const Term location = reshape(bottom(t, 0), {0, -1, 4});
  const Term boxes = decode_boxes(t, location, row(0), row(1));
  Term scores = transpose(reshape(bottom(t, 1), {0, -1, classes}), {0, 2, 1});
  if (background >= 0 &&
      background < classes) {  // it stays, so that classes keep their numbers, and never wins
    std::vector<float> shown(static_cast<size_t>(classes), 0);
    shown[static_cast<size_t>(background)] = -2;
    scores = scores + constant(t, {1, classes, 1}, shown);
  }
  const int64_t top = int_of(t, "nms_param.top_k", -1), keep = int_of(t, "keep_top_k", -1);
  scores = only_best(t, scores, top);
  const Dim& images = scores.value().shape()[0];
  if (keep > 0 && !images.equals(1)) t.refuse("keep_top_k for more than one image; give a batch of 1");
  const float threshold = float_of(t, "confidence_threshold", -1);
  const Term found =
      compute("NonMaxSuppression", {boxes, scores, reshape(size_of(boxes, 1), std::vector<int64_t>{}),
                                    number(t, DType::float32, float_of(t, "nms_param.nms_threshold", 0.3F)),
                                    number(t, DType::float32, threshold)});
  const Term score = gather_nd(scores, found);
  const Term labels = cast(slice(found, 1, 0, 2), DType::float32);
  Term rows =
      concat({labels, unsqueeze(score, {1}), gather_nd(boxes, gather(found, numbers(t, {0, 2}), 1))}, 1);
  if (keep > 0) rows = best_rows(t, rows, score, keep);
  set_output(t, 0, unsqueeze(rows, {0, 1}));
}

}  // namespace

OpMappings detection_ops() {
  return {{"caffe.DetectionOutput", "NonMaxSuppression", raise_detection_output, nullptr,
           "of SSD: share_location, no eta; keep_top_k for one image. Nothing found gives no rows"}};
}

}  // namespace modelconv::caffe
