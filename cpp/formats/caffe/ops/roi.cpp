// Pooling over regions [count, 5]: number of the image, left, top, right, bottom.
#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

// Regions come as [count, 5] or [count, 5, 1, 1].
Term regions(Translation& t) {
  const Term rois = bottom(t, 1);
  return rois.rank() == 2 ? rois : reshape(rois, {-1, 5});
}

std::vector<int64_t> pooled_size(const Translation& t) {
  const int64_t h = int_of(t, "pooled_h", 0), w = int_of(t, "pooled_w", 0);
  if (h < 1 || w < 1) fail(t, "the pooled size is {} x {}", h, w);
  return {h, w};
}

void raise_roi_pooling(Translation& t) {
  set_output(t, 0,
             compute("MaxRoiPool", {bottom(t, 0), regions(t)},
                     {{"pooled_shape", pooled_size(t)}, {"spatial_scale", float_of(t, "spatial_scale", 1)}}));
}

void raise_roi_align(Translation& t) {
  const Term rois = regions(t);
  const auto size = pooled_size(t);
  const Term image = cast(squeeze(slice(rois, 1, 0, 1), {1}), DType::int64);
  set_output(t, 0,
             compute("RoiAlign", {bottom(t, 0), slice(rois, 1, 1, 5), image},
                     {{"output_height", size[0]},
                      {"output_width", size[1]},
                      {"sampling_ratio", int_of(t, "sampling_ratio", 2)},
                      {"spatial_scale", float_of(t, "spatial_scale", 1)},
                      {"coordinate_transformation_mode", std::string("output_half_pixel")}}));
}

Term rounded(const Term& x) {  // halves away from zero: coordinates are not negative
  return compute("Floor", {x + 0.5});
}

// Sums over rectangles from sums over all that is left of and above each pixel: [N, C, H + 1, W + 1].
Term integral(const Term& x) {
  Translation& t = x.translation();
  const Term sums = cumulative_sum(cumulative_sum(cast(x, DType::float64), 2), 3);
  return compute("Pad", {sums, numbers(t, {0, 0, 1, 1, 0, 0, 0, 0})});
}

// First or last pixel of the windows along one axis: [count, windows].
Term edges(const Term& start, const Term& length, int64_t windows, bool is_end, const Term& limit) {
  Translation& t = start.translation();
  std::vector<float> steps;
  for (int64_t i = 0; i < windows; ++i) steps.push_back(static_cast<float>(is_end ? i + 1 : i));
  const Term at = constant(t, {1, windows}, steps) * (length * (1.0 / static_cast<double>(windows))) + start;
  const Term whole = compute(is_end ? "Ceil" : "Floor", {at});
  return minimum(maximum(whole, number(t, DType::float32, 0)), cast(limit, DType::float32));
}

// R-FCN: window (i, j) of output channel c averages input channel (c * size + i) * size + j.
// Source: psroi_pooling_layer.cu of github.com/daijifeng001/caffe-rfcn.
void raise_psroi_pooling(Translation& t) {
  const Term x = bottom(t, 0), rois = regions(t);
  const int64_t outputs = int_of(t, "output_dim", 0), size = int_of(t, "group_size", 0);
  if (outputs < 1 || size < 1 || size > 64) fail(t, "output_dim={}, group_size={}", outputs, size);
  const double scale = float_of(t, "spatial_scale", 1);
  const auto coordinate = [&](int64_t i) { return rounded(slice(rois, 1, i, i + 1)); };
  const auto side = [&](int64_t low, int64_t axis, bool is_end) {
    const Term start = coordinate(low) * scale, end = (coordinate(low + 2) + 1.0) * scale;
    const Term length = maximum(end - start, number(t, DType::float32, 0.1));
    return edges(start, length, size, is_end, size_of(x, axis));
  };
  const Term left = side(1, 3, false), right = side(1, 3, true), top = side(2, 2, false),
             low = side(2, 2, true);
  const Term sums = integral(x);
  const Term count = size_of(rois, 0);
  const Term full = concat({count, numbers(t, {outputs, size, size})}, 0);
  const auto spread = [&](const Term& v, const std::vector<int64_t>& axes) {
    return expand(unsqueeze(cast(v, DType::int64), axes), full);
  };
  std::vector<int64_t> channels;
  for (int64_t c = 0; c < outputs * size * size; ++c) channels.push_back(c);
  const Term channel = expand(reshape(numbers(t, channels), {1, outputs, size, size}), full);
  const Term image = expand(reshape(cast(slice(rois, 1, 0, 1), DType::int64), {-1, 1, 1, 1}), full);
  const auto sum_to = [&](const Term& row, const Term& column) {
    const Term place = concat({unsqueeze(image, {4}), unsqueeze(channel, {4}),
                               unsqueeze(spread(row, {1, 3}), {4}), unsqueeze(spread(column, {1, 2}), {4})},
                              4);
    return gather_nd(sums, place);
  };
  const Term total = sum_to(low, right) - sum_to(top, right) - sum_to(low, left) + sum_to(top, left);
  const Term area = unsqueeze(low - top, {2}) * unsqueeze(right - left, {1});  // [count, size, size]
  const Term counted = unsqueeze(area, {1});
  const Term none = counted <= 0.0;
  const Term average = cast(total, DType::float32) / where(none, counted * 0.0 + 1.0, counted);
  set_output(t, 0, where(none, average * 0.0, average));
}

}  // namespace

OpMappings roi_ops() {
  return {
      {"caffe.PSROIPooling", "CumSum", raise_psroi_pooling, nullptr, "of R-FCN"},
      {"caffe.ROIAlign", "RoiAlign", raise_roi_align, nullptr, "of forks"},
      {"caffe.ROIPooling", "MaxRoiPool", raise_roi_pooling, nullptr, "of Fast R-CNN"},
  };
}

}  // namespace modelconv::caffe
