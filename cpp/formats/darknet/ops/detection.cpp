// The head of YOLO v1, and what joins the boxes of all heads.
#include "formats/darknet/ops/all_ops.h"
#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {
namespace {

// A vector of three parts: classes of each place [places, classes], objectness [places, boxes], boxes [places, boxes, 4] of
// x and y within the place and w and h of the image, or their roots.
void decode_detection(Translation& t) {
  const int64_t side = int_of(t, "side"), boxes = int_of(t, "num"), classes = int_of(t, "classes"),
                places = side * side;
  const Term x = as_vector(input(t, 0));
  Term chances = reshape(slice(x, 1, 0, places * classes), {-1, places, 1, classes});
  if (flag_of(t, "softmax")) chances = compute("Softmax", {chances}, {{"axis", int64_t{3}}});
  const Term objectness =
      reshape(slice(x, 1, places * classes, places * (classes + boxes)), {-1, places, boxes, 1});
  const Term box = reshape(slice(x, 1, places * (classes + boxes), kEnd), {-1, places, boxes, 4});
  std::vector<float> corner;
  for (int64_t place = 0; place < places; ++place) {
    corner.push_back(static_cast<float>(place % side));
    corner.push_back(static_cast<float>(place / side));
  }
  const Term middle =
      (slice(box, 3, 0, 2) + constant(t, {1, places, 1, 2}, corner)) * (1.0 / static_cast<double>(side));
  Term size = slice(box, 3, 2, 4);
  if (flag_of(t, "sqrt")) size = size * size;
  const Term half = size * 0.5;
  set_output(t, 0, reshape(concat({middle - half, middle + half}, 3), {-1, places * boxes, 4}));
  set_output(t, 1, reshape(objectness * chances, {-1, places * boxes, classes}));
}

void raise_detection(Translation& t) {
  if (flag_of(t, "decode")) return decode_detection(t);
  set_output(t, 0, compute("Identity", {input(t, 0)}));
}

// All boxes, then all scores, one of each per head.
void raise_boxes(Translation& t) {
  const size_t heads = t.input_count() / 2;
  std::vector<Term> boxes, scores;
  for (size_t i = 0; i < heads; ++i) {
    boxes.push_back(input(t, i));
    scores.push_back(input(t, heads + i));
  }
  const auto joined = [](const std::vector<Term>& parts) {
    return parts.size() == 1 ? compute("Identity", parts) : concat(parts, 1);
  };
  set_output(t, 0, joined(boxes));
  set_output(t, 1, joined(scores));
}

// [found, 7]: number of the image, class, score, left, top, right, bottom. Each class by itself, as do_nms_sort in box.c.
void raise_nms(Translation& t) {
  const Term boxes = input(t, 0), scores = transpose(input(t, 1), {0, 2, 1});
  const Term most = reshape(size_of(boxes, 1), std::vector<int64_t>{});
  const Term found = compute("NonMaxSuppression",
                             {boxes, scores, most, number(t, DType::float32, float_of(t, "nms_threshold")),
                              number(t, DType::float32, float_of(t, "score_threshold"))});
  const Term image_and_box = gather(found, numbers(t, {0, 2}), 1);
  const Term labels = cast(slice(found, 1, 0, 2), DType::float32);
  set_output(t, 0,
             concat({labels, unsqueeze(gather_nd(scores, found), {1}), gather_nd(boxes, image_and_box)}, 1));
}

}  // namespace

OpMappings detection_ops() {
  return {
      {"darknet.boxes", "Concat", raise_boxes, nullptr, "of the reader: the boxes of all heads"},
      {"darknet.detection", "Identity", raise_detection, nullptr,
       "raw numbers, or boxes and scores with the option decode"},
      {"darknet.nms", "NonMaxSuppression", raise_nms, nullptr, "of the reader, with the option nms"},
  };
}

}  // namespace modelconv::darknet
