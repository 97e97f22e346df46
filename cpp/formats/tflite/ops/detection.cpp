// Choosing among overlapping boxes.
#include <cmath>
#include <limits>

#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"
#include "wire/flexbuffer.h"

namespace modelconv::tflite {
namespace {

// ONNX works on batches and classes and answers with rows (batch, class, box). boxes [n, 4], scores [classes, n].
Term suppress(const Term& boxes, const Term& scores, const Term& most, const Term& overlap,
              const Term& lowest) {
  const auto one = [](const Term& x) { return reshape(x, {1}); };
  return compute("NonMaxSuppression",
                 {unsqueeze(boxes, {0}), unsqueeze(scores, {0}), one(most), one(overlap), one(lowest)});
}

// Filled up with zeros along the first axis.
Term padded(const Term& x, const Term& length) {
  Translation& t = x.translation();
  std::vector<int64_t> before(x.rank(), 0), behind(x.rank() - 1, 0);
  std::vector<Term> pads = {numbers(t, before), length - size_of(x, 0)};
  if (!behind.empty()) pads.push_back(numbers(t, behind));
  return compute("Pad", {x, concat(pads, 0)});
}

// Inputs: boxes [n, 4], scores [n], most boxes, overlap, lowest score; version 5 also sigma of soft suppression.
// Outputs: indices, (version 5) their scores, how many; filled up with zeros.
void raise_suppression(Translation& t) {
  const bool with_scores = t.node().op().name().ends_with("V5");
  if (with_scores) {
    const Tensor& sigma = t.constant(5, "soft_nms_sigma");
    if (sigma.size() != 1 || sigma.to_double()[0] != 0) t.refuse("soft suppression has no ONNX form");
  }
  const Term most = reshape(index_input(t, 2), {1});
  const Term rows = suppress(input(t, 0), unsqueeze(input(t, 1), {0}), most, input(t, 3), input(t, 4));
  const Term indices = squeeze(slice(rows, 1, 2, 3), {1});
  set_output(t, 0, cast(padded(indices, most), DType::int32));
  if (with_scores) set_output(t, 1, padded(gather(input(t, 1), indices), most));
  set_output(t, with_scores ? 2 : 1, cast(squeeze(shape_of(indices), {0}), DType::int32));
}

// --- TFLite_Detection_PostProcess (tensorflow/lite/kernels/detection_postprocess.cc)

struct DetectionOptions {
  int64_t most, most_classes, classes, per_class;
  double scale[4];  // y, x, h, w
  double lowest, overlap;
  bool regular;
};

DetectionOptions detection_options(const Translation& t) {
  const auto* custom = t.node().attrs.get<Tensor>("custom_options");
  ENSURE(custom, MalformedModelError, "it has no options");
  const auto values = flexbuffer::read_numbers(custom->bytes());
  const auto value = [&](std::string_view name, double fallback) {
    const auto found = values.find(name);
    return found == values.end() ? fallback : found->second;
  };
  const auto count = [&](std::string_view name, double fallback) {
    const double number = value(name, fallback);
    ENSURE(number >= 1 && number <= 1e6, MalformedModelError, "its option {} is {}", name, number);
    return static_cast<int64_t>(number);
  };
  return {count("max_detections", 0),
          count("max_classes_per_detection", 0),
          count("num_classes", 0),
          count("detections_per_class", 100),
          {value("y_scale", 1), value("x_scale", 1), value("h_scale", 1), value("w_scale", 1)},
          value("nms_score_threshold", 0),
          value("nms_iou_threshold", 0.5),
          value("use_regular_nms", 0) != 0};
}

// Corners [n, 4] (y, x, y, x) from offsets to the anchors, whose rows are (y, x, h, w).
Term decode_boxes(Translation& t, const DetectionOptions& options) {
  const Term encoded = squeeze(input(t, 0), {0}), anchors = input(t, 2);
  const auto column = [](const Term& x, int64_t i) { return slice(x, 1, i, i + 1); };
  std::vector<Term> low, high;
  for (int64_t i = 0; i < 2; ++i) {
    const Term size = column(anchors, 2 + i);
    const Term centre = column(encoded, i) / options.scale[i] * size + column(anchors, i);
    const Term half = compute("Exp", {column(encoded, 2 + i) / options.scale[2 + i]}) * size * 0.5;
    low.push_back(centre - half);
    high.push_back(centre + half);
  }
  return concat({low[0], low[1], high[0], high[1]}, 1);
}

// ONNX keeps scores above the lowest one, TFLite that one too.
Term lowest_score(Translation& t, const DetectionOptions& options) {
  const auto lowest = static_cast<float>(options.lowest);
  return number(t, DType::float32, double{std::nextafter(lowest, -std::numeric_limits<float>::infinity())});
}

void set_detections(Translation& t, const Term& boxes, const Term& classes, const Term& scores,
                    const Term& count, int64_t length) {
  const Term size = numbers(t, {length});
  set_output(t, 0, unsqueeze(padded(boxes, size), {0}));
  set_output(t, 1, unsqueeze(padded(cast(classes, DType::float32), size), {0}));
  set_output(t, 2, unsqueeze(padded(scores, size), {0}));
  set_output(t, 3, cast(count, DType::float32));
}

Term top(const Term& x, const Term& k, size_t output) {
  Translation& t = x.translation();
  const Node& node = t.add_node("TopK", {&x.value(), &k.value()}, {{"axis", int64_t{-1}}}, 2);
  return {t, *node.output(output)};
}

// Boxes are chosen by their best class; each brings its best classes.
void detect_fast(Translation& t, const DetectionOptions& options, const Term& boxes, const Term& scores) {
  const Term best = reduce("ReduceMax", scores, {1});
  const Term rows = suppress(boxes, unsqueeze(best, {0}), numbers(t, {options.most}),
                             number(t, DType::float32, options.overlap), lowest_score(t, options));
  const Term chosen = squeeze(slice(rows, 1, 2, 3), {1});
  const int64_t columns = std::min(options.most_classes, options.classes);
  if (columns != options.most_classes) t.refuse("it wants more classes for a box than there are");
  const Term chosen_scores = gather(scores, chosen), k = numbers(t, {columns});
  const Term repeated =
      reshape(expand(unsqueeze(gather(boxes, chosen), {1}), numbers(t, {1, columns, 1})), {-1, 4});
  set_detections(t, repeated, reshape(top(chosen_scores, k, 1), {-1}),
                 reshape(top(chosen_scores, k, 0), {-1}), shape_of(chosen),
                 options.most * options.most_classes);
}

// Each class by itself, then the best of all.
void detect_regular(Translation& t, const DetectionOptions& options, const Term& boxes, const Term& scores) {
  const Term rows = suppress(boxes, transpose(scores, {1, 0}), numbers(t, {options.per_class}),
                             number(t, DType::float32, options.overlap), lowest_score(t, options));
  const auto column = [&](int64_t i) { return squeeze(slice(rows, 1, i, i + 1), {1}); };
  const Term classes = column(1), chosen = column(2);
  const Term pairs = concat({slice(rows, 1, 2, 3), slice(rows, 1, 1, 2)}, 1);
  const Term found = gather_nd(scores, pairs);
  const Term count = minimum(shape_of(found), numbers(t, {options.most}));
  const Term order = top(found, count, 1);
  set_detections(t, gather(boxes, gather(chosen, order)), gather(classes, order), gather(found, order), count,
                 options.most * options.most_classes);
}

void raise_post_process(Translation& t) {
  const DetectionOptions options = detection_options(t);
  const Term boxes = decode_boxes(t, options);
  const Dim classes = t.rank(1) == 3 ? t.required(1).shape()[2] : Dim::unknown();
  if (!classes.is_known()) t.refuse("the number of its classes is not known");
  const int64_t background = classes.value() - options.classes;
  ENSURE(background >= 0, MalformedModelError, "it has {} classes and scores for {}", options.classes,
         classes.value());
  const Term scores = slice(squeeze(input(t, 1), {0}), 1, background, kEnd);
  options.regular ? detect_regular(t, options, boxes, scores) : detect_fast(t, options, boxes, scores);
}

}  // namespace

OpMappings detection_ops() {
  return {
      {"tflite.NON_MAX_SUPPRESSION_V4", "NonMaxSuppression", raise_suppression, nullptr, ""},
      {"tflite.NON_MAX_SUPPRESSION_V5", "NonMaxSuppression", raise_suppression, nullptr, "soft_nms_sigma 0"},
      {"tflite.TFLite_Detection_PostProcess", "NonMaxSuppression", raise_post_process, nullptr,
       "unused rows are zeros"},
  };
}

}  // namespace modelconv::tflite
