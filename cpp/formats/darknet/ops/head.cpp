// The ends of detectors. As they are, they pass on what they read: the raw numbers. Decoded, each gives boxes
// [N, count, 4] (left, top, right, bottom; 1 is the width or height of the image) and scores [N, count, classes], ordered by
// row, column, anchor. Sources: get_yolo_box, get_gaussian_yolo_box, get_region_box and get_detection_detections of
// github.com/AlexeyAB/darknet.
#include "formats/darknet/ops/all_ops.h"
#include "formats/darknet/ops/softmax.h"

namespace modelconv::darknet {
namespace {

Term sigmoid(const Term& x) { return compute("Sigmoid", {x}); }
Term exp(const Term& x) { return compute("Exp", {x}); }

// [N, anchors * entries, H, W] -> [N, H, W, anchors, entries]
Term cells(Translation& t, int64_t anchors, int64_t entries) {
  const auto chw = ints_of(t, "chw");
  const Term x = reshape(image_input(t), {-1, anchors, entries, chw.at(1), chw.at(2)});
  return transpose(x, {0, 3, 4, 1, 2});
}

Term entry(const Term& x, int64_t index) { return slice(x, 4, index, index + 1); }

// 0, 1, 2, ... along one axis of [N, H, W, anchors, entries].
Term steps(Translation& t, size_t axis, int64_t count) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i));
  Dims dims(5, 1);
  dims[axis] = count;
  return constant(t, dims, values);
}

// Every second number of the anchors, from `first` on, divided: [1, 1, 1, anchors, 1].
Term anchor_sizes(Translation& t, size_t first, int64_t divisor) {
  const auto all = floats_of(t, "anchors");
  std::vector<float> chosen;
  for (size_t i = first; i < all.size(); i += 2) chosen.push_back(all[i] / static_cast<float>(divisor));
  return constant(t, {1, 1, 1, static_cast<int64_t>(chosen.size()), 1}, chosen);
}

// Middle and size of the boxes, each [N, H, W, anchors, 1].
struct Boxes {
  Term x, y, w, h;
};

// Where a number of 0 ... 1 within a cell lies in the image.
Boxes placed(Translation& t, const Boxes& within) {
  const auto chw = ints_of(t, "chw");
  const Term x = (within.x + steps(t, 2, chw.at(2))) * (1.0 / static_cast<double>(chw[2]));
  const Term y = (within.y + steps(t, 1, chw.at(1))) * (1.0 / static_cast<double>(chw[1]));
  return {x, y, within.w, within.h};
}

void set_decoded(Translation& t, const Boxes& boxes, const Term& scores) {
  const Term half_w = boxes.w * 0.5, half_h = boxes.h * 0.5;
  const Term corners = concat({boxes.x - half_w, boxes.y - half_h, boxes.x + half_w, boxes.y + half_h}, 4);
  const auto chw = ints_of(t, "chw");
  const int64_t count = chw.at(1) * chw.at(2) * static_cast<int64_t>(floats_of(t, "anchors").size() / 2);
  set_output(t, 0, reshape(corners, {-1, count, 4}));
  set_output(t, 1, reshape(scores, {-1, count, int_of(t, "classes")}));
}

Term stretched(const Term& x, float scale) { return scale == 1 ? x : x * scale - 0.5 * (scale - 1); }

void decode_yolo(Translation& t) {
  const int64_t classes = int_of(t, "classes");
  const auto anchors = static_cast<int64_t>(floats_of(t, "anchors").size() / 2);
  const auto net = ints_of(t, "net");
  const Term x = cells(t, anchors, 5 + classes);
  const float scale = float_of(t, "scale_x_y");
  const Term anchor_w = anchor_sizes(t, 0, net.at(1)), anchor_h = anchor_sizes(t, 1, net.at(0));
  if (flag_of(t, "new_coords")) {  // the section before has activated everything
    const auto squared = [](const Term& v) { return v * v * 4; };
    const Boxes within = {stretched(entry(x, 0), scale), stretched(entry(x, 1), scale),
                          squared(entry(x, 2)) * anchor_w, squared(entry(x, 3)) * anchor_h};
    return set_decoded(t, placed(t, within), entry(x, 4) * slice(x, 4, 5, kEnd));
  }
  const Boxes within = {stretched(sigmoid(entry(x, 0)), scale), stretched(sigmoid(entry(x, 1)), scale),
                        exp(entry(x, 2)) * anchor_w, exp(entry(x, 3)) * anchor_h};
  set_decoded(t, placed(t, within), sigmoid(entry(x, 4)) * sigmoid(slice(x, 4, 5, kEnd)));
}

// Entries: x, its uncertainty, y, its, w, its, h, its, objectness, classes.
void decode_gaussian(Translation& t) {
  const int64_t classes = int_of(t, "classes");
  const auto anchors = static_cast<int64_t>(floats_of(t, "anchors").size() / 2);
  const auto net = ints_of(t, "net");
  const Term x = cells(t, anchors, 9 + classes);
  const float scale = float_of(t, "scale_x_y");
  Boxes boxes = placed(t, {stretched(sigmoid(entry(x, 0)), scale), stretched(sigmoid(entry(x, 2)), scale),
                           exp(entry(x, 4)) * anchor_sizes(t, 0, net.at(1)),
                           exp(entry(x, 6)) * anchor_sizes(t, 1, net.at(0))});
  const std::string point = text_of(t, "yolo_point");
  const double shift = point == "left_top" ? 0.5 : point == "right_bottom" ? -0.5 : 0;
  if (shift != 0) boxes = {boxes.x + boxes.w * shift, boxes.y + boxes.h * shift, boxes.w, boxes.h};
  const Term doubt =
      (sigmoid(entry(x, 1)) + sigmoid(entry(x, 3)) + sigmoid(entry(x, 5)) + sigmoid(entry(x, 7))) * 0.25;
  set_decoded(t, boxes, sigmoid(entry(x, 8)) * sigmoid(slice(x, 4, 9, kEnd)) * (1.0 - doubt));
}

// YOLO v2: anchors in cells. classfix=-1 drops boxes of an objectness below a half.
void decode_region(Translation& t) {
  const int64_t classes = int_of(t, "classes");
  const auto anchors = static_cast<int64_t>(floats_of(t, "anchors").size() / 2);
  const auto chw = ints_of(t, "chw");
  const Term x = cells(t, anchors, 5 + classes);
  const Boxes within = {sigmoid(entry(x, 0)), sigmoid(entry(x, 1)),
                        exp(entry(x, 2)) * anchor_sizes(t, 0, chw.at(2)),
                        exp(entry(x, 3)) * anchor_sizes(t, 1, chw.at(1))};
  Term objectness = sigmoid(entry(x, 4)), scores = slice(x, 4, 5, kEnd);
  if (int_of(t, "classfix") == -1) objectness = where(objectness < 0.5, objectness * 0.0, objectness);
  const auto groups = ints_of(t, "group_sizes");
  if (!groups.empty())
    scores = tree_products(tree_softmax(scores, groups), ints_of(t, "parents"));
  else if (flag_of(t, "softmax"))
    scores = compute("Softmax", {scores}, {{"axis", int64_t{4}}});
  set_decoded(t, placed(t, within), objectness * scores);
}

template <void (*decode)(Translation&)>
void raise_head(Translation& t) {
  if (flag_of(t, "decode")) return decode(t);
  set_output(t, 0, compute("Identity", {input(t, 0)}));
}

}  // namespace

OpMappings head_ops() {
  const char* note = "raw numbers, or boxes and scores with the option decode";
  return {
      {"darknet.Gaussian_yolo", "Identity", raise_head<decode_gaussian>, nullptr, note},
      {"darknet.region", "Identity", raise_head<decode_region>, nullptr, note},
      {"darknet.yolo", "Identity", raise_head<decode_yolo>, nullptr, note},
  };
}

}  // namespace modelconv::darknet
