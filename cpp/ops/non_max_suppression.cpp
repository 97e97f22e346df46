// NonMaxSuppression.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"

namespace modelconv {
namespace {

void infer_non_max_suppression(InferContext& context) {
  for (const size_t i : {0, 1})
    if (context.input_shape(i).has_rank() && context.input_shape(i).rank() != 3)
      context.fail("input {} must have rank 3", i);
  context.set_output(0, DType::int64, {context.data_dependent(0, 0), 3});
}

struct Box {
  float x_low, y_low, x_high, y_high;
  float area() const { return (x_high - x_low) * (y_high - y_low); }
};

// Corners [y1, x1, y2, x2] in any order, or [x centre, y centre, width, height].
Box read_box(const float* data, bool by_centre) {
  if (by_centre)
    return {data[0] - data[2] / 2, data[1] - data[3] / 2, data[0] + data[2] / 2, data[1] + data[3] / 2};
  return {std::min(data[1], data[3]), std::min(data[0], data[2]), std::max(data[1], data[3]),
          std::max(data[0], data[2])};
}

bool overlap(const Box& a, const Box& b, float threshold) {
  const float width = std::min(a.x_high, b.x_high) - std::max(a.x_low, b.x_low);
  const float height = std::min(a.y_high, b.y_high) - std::max(a.y_low, b.y_low);
  if (!(width > 0) || !(height > 0) || a.area() <= 0 || b.area() <= 0) return false;
  const float shared = width * height;
  return shared / (a.area() + b.area() - shared) > threshold;
}

struct Limits {
  int64_t most;  // boxes per batch and class
  float iou, score;
  bool use_score;
};

Limits read_limits(KernelContext& context) {
  const auto scalar = [&](size_t index, double missing) {
    if (!context.has_input(index)) return missing;
    if (context.input(index).size() != 1) context.fail("input {} is not a single element", index);
    return context.input(index).to_double()[0];
  };
  const double most = scalar(2, 0);
  return {most > 0 ? static_cast<int64_t>(std::min(most, 4e18)) : 0, static_cast<float>(scalar(3, 0)),
          static_cast<float>(scalar(4, 0)), context.has_input(4)};
}

// Boxes of one batch that one class keeps, the highest score first, of equal ones the first.
std::vector<int64_t> select_boxes(const std::vector<Box>& boxes, const float* scores, const Limits& limits) {
  std::vector<int64_t> candidates, kept;
  for (int64_t i = 0; i < static_cast<int64_t>(boxes.size()); ++i)
    if (!std::isnan(scores[i]) && (!limits.use_score || scores[i] > limits.score)) candidates.push_back(i);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  for (const int64_t candidate : candidates) {
    if (static_cast<int64_t>(kept.size()) >= limits.most) break;
    const Box& box = boxes[static_cast<size_t>(candidate)];
    const bool hidden = std::any_of(kept.begin(), kept.end(), [&](int64_t other) {
      return overlap(box, boxes[static_cast<size_t>(other)], limits.iou);
    });
    if (!hidden) kept.push_back(candidate);
  }
  return kept;
}

void non_max_suppression_kernel(KernelContext& context) {
  const Tensor &boxes = context.input(0), &scores = context.input(1);
  if (boxes.rank() != 3 || scores.rank() != 3 || boxes.dims()[2] != 4 ||
      boxes.dims()[0] != scores.dims()[0] || boxes.dims()[1] != scores.dims()[2])
    context.fail("boxes must be [batches, boxes, 4] and scores [batches, classes, boxes]");
  const Limits limits = read_limits(context);
  const bool by_centre = int_attr(context.node(), "center_point_box") != 0;
  const int64_t batches = boxes.dims()[0], classes = scores.dims()[1], count = boxes.dims()[1];
  const float *box_data = boxes.data<float>().data(), *score_data = scores.data<float>().data();
  std::vector<int64_t> selected;
  if (count > 0 && limits.most > 0)
    for (int64_t batch = 0; batch < batches; ++batch) {
      std::vector<Box> candidates;
      for (int64_t i = 0; i < count; ++i)
        candidates.push_back(read_box(box_data + (batch * count + i) * 4, by_centre));
      for (int64_t label = 0; label < classes; ++label)
        for (const int64_t box :
             select_boxes(candidates, score_data + (batch * classes + label) * count, limits))
          selected.insert(selected.end(), {batch, label, box});
    }
  const auto found = static_cast<int64_t>(selected.size() / 3);
  context.set_output(0, Tensor::of({found, 3}, selected));
}

}  // namespace

OpDefs non_max_suppression_ops() {
  return {OpDef("NonMaxSuppression").infer(infer_non_max_suppression).evaluate(non_max_suppression_kernel)};
}

}  // namespace modelconv
