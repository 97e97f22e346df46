// RoiAlign, MaxRoiPool: pooling over regions of an image.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "ops/all_ops.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

void set_pooled(InferContext& context, int64_t height, int64_t width) {
  const Shape &image = context.input_shape(0), &rois = context.input_shape(1);
  if (image.has_rank() && image.rank() != 4) context.fail("the image must be [N, C, H, W]");
  if (rois.has_rank() && rois.rank() != 2) context.fail("the regions must have rank 2");
  if (height <= 0 || width <= 0) context.fail("the pooled size is {} x {}", height, width);
  context.set_output(0, context.input_dtype(0),
                     {rois.has_rank() ? rois[0] : Dim(), image.has_rank() ? image[1] : Dim(), height, width});
}

void check_image_and_rois(const KernelContext& context, int64_t roi_columns) {
  const Tensor &image = context.input(0), &rois = context.input(1);
  if (image.rank() != 4 || rois.rank() != 2 || rois.dims()[1] != roi_columns || image.dtype() != rois.dtype())
    context.fail("the image must be [N, C, H, W] and the regions [count, {}] of its type", roi_columns);
}

// Calls pool(roi, plane, target) for each region and channel.
template <class T, class Pool>
void for_each_plane(KernelContext& context, int64_t height, int64_t width,
                    const std::vector<int64_t>& batch_of_roi, const Pool& pool) {
  const Dims& image = context.input(0).dims();
  const int64_t rois = context.input(1).dims()[0], channels = image[1], plane = image[2] * image[3];
  for (const int64_t batch : batch_of_roi)
    if (batch < 0 || batch >= image[0])
      context.fail("a region is of image {}, there are {}", batch, image[0]);
  const T* source = context.input(0).data<T>().data();
  Tensor& output = context.allocate(0, dtype_of<T>, {rois, channels, height, width});
  if (output.size() == 0) return;
  T* target = output.template mutable_data<T>().data();
  context.threads().parallel_for(rois, 1, [&](int64_t begin, int64_t end) {
    for (int64_t roi = begin; roi < end; ++roi)
      pool(roi, source + batch_of_roi[static_cast<size_t>(roi)] * channels * plane,
           target + roi * channels * height * width);
  });
}

// --- RoiAlign

struct AlignOptions {
  int64_t height, width, samples;
  double scale, offset;
  bool maximum, at_least_one;
};

AlignOptions read_align(const Node& node) {
  const std::string mode = string_attr(node, "mode"),
                    transformation = string_attr(node, "coordinate_transformation_mode");
  ENSURE(mode == "avg" || mode == "max", ShapeError, "{}: unknown mode '{}'", node.describe(), mode);
  ENSURE(transformation == "half_pixel" || transformation == "output_half_pixel", ShapeError,
         "{}: unknown mode '{}'", node.describe(), transformation);
  const bool half_pixel = transformation == "half_pixel";
  return {int_attr(node, "output_height"),
          int_attr(node, "output_width"),
          int_attr(node, "sampling_ratio"),
          static_cast<double>(float_attr(node, "spatial_scale")),
          half_pixel ? 0.5 : 0.0,
          mode == "max",
          !half_pixel};
}

// The four elements around a point and their weights; all zero outside the image.
struct Sample {
  std::array<int64_t, 4> offsets{};
  std::array<double, 4> weights{};
};

struct AxisSample {
  int64_t low = 0, high = 0;
  double fraction = 0;
  bool inside = false;
};

AxisSample sample_axis(double at, int64_t length) {
  if (!(at >= -1) || at > static_cast<double>(length)) return {};
  at = std::max(at, 0.0);
  const auto low = static_cast<int64_t>(at);
  if (low >= length - 1) return {length - 1, length - 1, 0, true};
  return {low, low + 1, at - static_cast<double>(low), true};
}

Sample sample_point(double y, double x, int64_t height, int64_t width) {
  const AxisSample row = sample_axis(y, height), column = sample_axis(x, width);
  if (!row.inside || !column.inside) return {};
  const double top = 1 - row.fraction, left = 1 - column.fraction;
  return {{row.low * width + column.low, row.low * width + column.high, row.high * width + column.low,
           row.high * width + column.high},
          {top * left, top * column.fraction, row.fraction * left, row.fraction * column.fraction}};
}

// Points of one bin along an axis: `count` of them in the middle of equal parts.
struct BinAxis {
  double start, size;
  int64_t count;
  double point(int64_t bin, int64_t i) const {
    return start + static_cast<double>(bin) * size +
           (static_cast<double>(i) + 0.5) * size / static_cast<double>(count);
  }
};

// More would only be met in damaged regions, and take forever.
constexpr double kMostSamples = 65536;

BinAxis make_axis(const KernelContext& context, double start, double end, int64_t bins,
                  const AlignOptions& options) {
  start = start * options.scale - options.offset;
  end = end * options.scale - options.offset;
  const double length = options.at_least_one ? std::max(end - start, 1.0) : end - start;
  const double adaptive = std::ceil(length / static_cast<double>(bins));
  if (!std::isfinite(adaptive) || (options.samples <= 0 && adaptive > kMostSamples))
    context.fail("a region reaches from {} to {}", start, end);
  return {start, length / static_cast<double>(bins),
          options.samples > 0 ? options.samples : std::max<int64_t>(0, static_cast<int64_t>(adaptive))};
}

template <class T>
T pool_samples(const T* plane, const std::vector<Sample>& samples, bool maximum) {
  double result = 0;
  bool first = true;
  for (const Sample& sample : samples) {
    for (size_t i = 0; i < 4; ++i) {
      const double part = sample.weights[i] * static_cast<double>(plane[sample.offsets[i]]);
      // The maximum is over the weighted corners, not over interpolated points: so ONNX defines it.
      if (maximum)
        result = first ? part : std::max(result, part);
      else
        result += part;
      first = false;
    }
  }
  return static_cast<T>(maximum || samples.empty() ? result : result / static_cast<double>(samples.size()));
}

template <class T>
void roi_align(KernelContext& context, const AlignOptions& options) {
  const Dims& image = context.input(0).dims();
  const T* rois = context.input(1).data<T>().data();
  const std::vector<int64_t> batches = context.input(2).to_int64();
  if (static_cast<int64_t>(batches.size()) != context.input(1).dims()[0])
    context.fail("the regions and batch_indices differ in number");
  if (image[2] == 0 || image[3] == 0) context.fail("the image is empty");
  const int64_t plane = image[2] * image[3];
  for_each_plane<T>(
      context, options.height, options.width, batches, [&](int64_t roi, const T* source, T* target) {
        const T* box = rois + roi * 4;
        const BinAxis x = make_axis(context, static_cast<double>(box[0]), static_cast<double>(box[2]),
                                    options.width, options);
        const BinAxis y = make_axis(context, static_cast<double>(box[1]), static_cast<double>(box[3]),
                                    options.height, options);
        std::vector<Sample> samples;
        for (int64_t bin = 0; bin < options.height * options.width; ++bin) {
          samples.clear();
          for (int64_t i = 0; i < y.count; ++i)
            for (int64_t j = 0; j < x.count; ++j)
              samples.push_back(sample_point(y.point(bin / options.width, i), x.point(bin % options.width, j),
                                             image[2], image[3]));
          for (int64_t channel = 0; channel < image[1]; ++channel)
            target[channel * options.height * options.width + bin] =
                pool_samples(source + channel * plane, samples, options.maximum);
        }
      });
}

void infer_roi_align(InferContext& context) {
  const AlignOptions options = read_align(context.node());
  set_pooled(context, options.height, options.width);
}

void roi_align_kernel(KernelContext& context) {
  check_image_and_rois(context, 4);
  const AlignOptions options = read_align(context.node());
  if (options.height <= 0 || options.width <= 0 || options.samples > 65536)
    context.fail("the pooled size does not make sense");
  visit_types(
      context, context.input(0).dtype(), [&](auto zero) { roi_align<decltype(zero)>(context, options); },
      FloatTypes());
}

// --- MaxRoiPool

std::pair<int64_t, int64_t> pooled_shape(const Node& node) {
  const std::vector<int64_t> shape = ints_attr(node, "pooled_shape");
  ENSURE(shape.size() == 2 && shape[0] > 0 && shape[1] > 0, ShapeError,
         "{}: pooled_shape must be two positive numbers", node.describe());
  return {shape[0], shape[1]};
}

// Entries [first, last) of bin number `bin` of `bins` over [start, end], both included, cut to the image.
std::pair<int64_t, int64_t> bin_range(double start, double end, int64_t bin, int64_t bins, int64_t length) {
  const double size = std::max(end - start + 1, 1.0) / static_cast<double>(bins);
  const auto cut = [&](double at) {
    return static_cast<int64_t>(std::clamp(at, 0.0, static_cast<double>(length)));
  };
  return {cut(start + std::floor(static_cast<double>(bin) * size)),
          cut(start + std::ceil(static_cast<double>(bin + 1) * size))};
}

template <class T>
void max_roi_pool(KernelContext& context) {
  const auto [height, width] = pooled_shape(context.node());
  const auto scale = static_cast<double>(float_attr(context.node(), "spatial_scale"));
  const Dims& image = context.input(0).dims();
  const T* rois = context.input(1).data<T>().data();
  std::vector<int64_t> batches;
  for (int64_t roi = 0; roi < context.input(1).dims()[0]; ++roi) {
    for (int64_t i = 0; i < 5; ++i)
      if (!std::isfinite(rois[roi * 5 + i])) context.fail("region {} is not finite", roi);
    const auto batch = static_cast<double>(rois[roi * 5]);
    batches.push_back(batch > -1 && batch < 9e18 ? static_cast<int64_t>(batch) : -1);
  }
  const int64_t plane = image[2] * image[3], rows = height, columns = width;
  for_each_plane<T>(context, height, width, batches, [&](int64_t roi, const T* source, T* target) {
    const auto bound = [&](int64_t i) { return std::round(static_cast<double>(rois[roi * 5 + i]) * scale); };
    for (int64_t bin = 0; bin < rows * columns; ++bin) {
      const auto [top, bottom] = bin_range(bound(2), bound(4), bin / columns, rows, image[2]);
      const auto [left, right] = bin_range(bound(1), bound(3), bin % columns, columns, image[3]);
      for (int64_t channel = 0; channel < image[1]; ++channel) {
        const T* from = source + channel * plane;
        T best =
            top < bottom && left < right ? std::numeric_limits<T>::lowest() : T(0);  // an empty bin gives 0
        for (int64_t y = top; y < bottom; ++y)
          for (int64_t x = left; x < right; ++x) best = std::max(best, from[y * image[3] + x]);
        target[channel * rows * columns + bin] = best;
      }
    }
  });
}

void infer_max_roi_pool(InferContext& context) {
  const auto [height, width] = pooled_shape(context.node());
  set_pooled(context, height, width);
}

void max_roi_pool_kernel(KernelContext& context) {
  check_image_and_rois(context, 5);
  visit_types(
      context, context.input(0).dtype(), [&](auto zero) { max_roi_pool<decltype(zero)>(context); },
      FloatTypes());
}

}  // namespace

OpDefs roi_pool_ops() {
  return {OpDef("MaxRoiPool").infer(infer_max_roi_pool).evaluate(max_roi_pool_kernel).widen_half(),
          OpDef("RoiAlign").infer(infer_roi_align).evaluate(roi_align_kernel).widen_half()};
}

}  // namespace modelconv
