// Faster R-CNN's proposals as a layer of its own (OpenCV's forks and others): anchors moved by what the net says, the best
// after suppression. Source: proposal_layer.py and generate_anchors.py of github.com/rbgirshick/py-faster-rcnn.
#include <cmath>

#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

// Corners of the anchors around the first cell, ratio by ratio, scale by scale.
std::vector<float> base_anchors(const Translation& t, int64_t base) {
  auto ratios = floats_of(t, "ratio"), scales = floats_of(t, "scale");
  if (ratios.empty()) ratios = {0.5F, 1, 2};
  if (scales.empty()) scales = {8, 16, 32};
  const double middle = (static_cast<double>(base) - 1) / 2;
  std::vector<float> corners;
  for (const float ratio : ratios) {
    const double w = std::round(std::sqrt(static_cast<double>(base * base) / ratio)),
                 h = std::round(w * ratio);
    for (const float scale : scales) {
      const double half_w = (w * scale - 1) / 2, half_h = (h * scale - 1) / 2;
      for (const double corner : {middle - half_w, middle - half_h, middle + half_w, middle + half_h})
        corners.push_back(static_cast<float>(corner));
    }
  }
  return corners;
}

Term column(const Term& x, int64_t index) { return slice(x, 1, index, index + 1); }

// [rows * columns * anchors, 4], in the order in which [H, W, anchors] stands.
Term all_anchors(Translation& t, const Term& map) {
  const int64_t rows = known_size(map, 2, "the size of its map"),
                columns = known_size(map, 3, "the size of its map");
  const int64_t stride = int_of(t, "feat_stride", 16);
  const auto base = base_anchors(t, int_of(t, "base_size", 16));
  if (rows * columns * static_cast<int64_t>(base.size()) > (1 << 26)) t.refuse("too many anchors");
  std::vector<float> values;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t col = 0; col < columns; ++col)
      for (size_t i = 0; i < base.size(); ++i)
        values.push_back(base[i] + static_cast<float>((i % 2 == 0 ? col : row) * stride));
  return constant(t, {static_cast<int64_t>(values.size() / 4), 4}, values);
}

// [1, anchors * k, H, W] -> [H * W * anchors, k]
Term flattened(const Term& x, int64_t k) { return reshape(transpose(x, {0, 2, 3, 1}), {-1, k}); }

Term moved(const Term& anchors, const Term& deltas, const Term& limits) {
  Translation& t = anchors.translation();
  const Term w = column(anchors, 2) - column(anchors, 0) + 1.0,
             h = column(anchors, 3) - column(anchors, 1) + 1.0;
  const Term x = column(anchors, 0) + w * 0.5 + column(deltas, 0) * w;
  const Term y = column(anchors, 1) + h * 0.5 + column(deltas, 1) * h;
  const Term half_w = compute("Exp", {column(deltas, 2)}) * w * 0.5,
             half_h = compute("Exp", {column(deltas, 3)}) * h * 0.5;
  const Term boxes = concat({x - half_w, y - half_h, x + half_w, y + half_h}, 1);
  return minimum(maximum(boxes, number(t, DType::float32, 0)), limits);
}

void raise_proposal(Translation& t) {
  const Term chances = bottom(t, 0), deltas = bottom(t, 1),
             info = reshape(bottom(t, 2), std::vector<int64_t>{-1});
  if (!chances.value().shape()[0].equals(1)) t.refuse("a batch of more than one image");
  const int64_t before = int_of(t, "pre_nms_topn", 6000), after = int_of(t, "post_nms_topn", 300);
  if (before < 1 || after < 1) fail(t, "pre_nms_topn={}, post_nms_topn={}", before, after);
  const Term anchors = all_anchors(t, chances);
  const int64_t channels = known_size(chances, 1, "its number of anchors");
  const Term foreground =
      reshape(transpose(slice(chances, 1, channels / 2, kEnd), {0, 2, 3, 1}), std::vector<int64_t>{-1});
  const Term height = slice(info, 0, 0, 1), width = slice(info, 0, 1, 2), scale = slice(info, 0, 2, 3);
  const Term limits = concat({width - 1.0, height - 1.0, width - 1.0, height - 1.0}, 0);
  const Term boxes = moved(anchors, flattened(deltas, 4), limits);
  const Term least = scale * static_cast<double>(float_of(t, "min_size", 16));
  const Term w = column(boxes, 2) - column(boxes, 0) + 1.0, h = column(boxes, 3) - column(boxes, 1) + 1.0;
  const Term large = squeeze(both(least <= w, least <= h), {1});
  const Term scores = where(large, foreground, -1.0);
  const Term most = minimum(shape_of(scores), numbers(t, {before}));
  Node& best = t.add_node("TopK", {&scores.value(), &most.value()}, {{"axis", int64_t{0}}}, 2);
  const Term value = {t, *best.output(0)}, chosen = gather(boxes, {t, *best.output(1)});
  // Boxes are pixels here, so that right and bottom edges count: one more than ONNX thinks.
  const Term wider = chosen + constant(t, {1, 4}, {0, 0, 1, 1});
  const Term found = compute(
      "NonMaxSuppression",
      {unsqueeze(wider, {0}), unsqueeze(value, {0, 1}), number(t, DType::int64, static_cast<double>(after)),
       number(t, DType::float32, float_of(t, "nms_thresh", 0.7F)), number(t, DType::float32, -0.5)});
  const Term kept = squeeze(slice(found, 1, 2, 3), {1});
  const Term rois = gather(chosen, kept);
  set_output(t, 0, concat({column(rois, 0) * 0.0, rois}, 1));
  if (t.wants_output(1)) set_output(t, 1, unsqueeze(gather(value, kept), {1}));
}

}  // namespace

OpMappings proposal_ops() {
  return {{"caffe.Proposal", "NonMaxSuppression", raise_proposal, nullptr,
           "of forks: one image, a map of known size"}};
}

}  // namespace modelconv::caffe
