// GridSample, AffineGrid: sampling an image or a volume at given places.
#include <algorithm>
#include <cmath>
#include <complex>

#include "ops/all_ops.h"
#include "ops/move_elements.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

// --- GridSample

enum class SampleMode : uint8_t { nearest, linear, cubic };
enum class Padding : uint8_t { zeros, border, reflection };

struct SampleOptions {
  SampleMode mode;
  Padding padding;
  bool align_corners;
};

SampleOptions read_options(const Node& node) {
  const std::string mode = string_attr(node, "mode"), padding = string_attr(node, "padding_mode");
  SampleOptions options{SampleMode::linear, Padding::zeros, int_attr(node, "align_corners") != 0};
  if (mode == "nearest")
    options.mode = SampleMode::nearest;
  else if (mode == "cubic" || mode == "bicubic")
    options.mode = SampleMode::cubic;
  else
    ENSURE(mode == "linear" || mode == "bilinear", ShapeError, "{}: unknown mode '{}'", node.describe(),
           mode);
  if (padding == "border")
    options.padding = Padding::border;
  else if (padding == "reflection")
    options.padding = Padding::reflection;
  else
    ENSURE(padding == "zeros", ShapeError, "{}: unknown padding_mode '{}'", node.describe(), padding);
  return options;
}

void infer_grid_sample(InferContext& context) {
  read_options(context.node());
  const Shape &image = context.input_shape(0), &grid = context.input_shape(1);
  if (image.has_rank() && grid.has_rank() && image.rank() != grid.rank())
    context.fail("image and grid have different ranks");
  if (!image.has_rank() && !grid.has_rank())
    return context.set_output(0, context.input_dtype(0), Shape::unranked());
  const size_t rank = image.has_rank() ? image.rank() : grid.rank();
  if (rank < 3) context.fail("the image needs a spatial axis");
  Shape output = Shape::of_rank(rank);
  output[0] = image.has_rank() && !image[0].is_unknown() ? image[0] : grid.has_rank() ? grid[0] : Dim();
  if (image.has_rank()) output[1] = image[1];
  for (size_t i = 2; i < rank && grid.has_rank(); ++i) output[i] = grid[i - 1];
  context.set_output(0, context.input_dtype(0), output);
}

// -1 and 1 are the centres of the outermost entries when corners are aligned, else their outer edges.
template <class Real>
Real denormalize(Real at, int64_t length, bool align_corners) {
  const auto size = static_cast<Real>(length);
  return align_corners ? (at + 1) / 2 * (size - 1) : ((at + 1) * size - 1) / 2;
}

template <class Real>
Real reflect(Real at, int64_t length, bool align_corners) {
  const Real low = align_corners ? Real(0) : Real(-0.5), high = static_cast<Real>(length) - 1 - low;
  const Real range = high - low;
  if (range <= 0) return 0;
  if (at >= low && at <= high) return at;
  const Real beyond = at < low ? low - at : at - high;
  const Real turns = std::floor(beyond / range), rest = beyond - turns * range;
  const bool forward = (std::fmod(turns, Real(2)) == 0) == (at < low);
  return forward ? low + rest : high - rest;
}

// Entries along one axis that a place is made of; index -1 counts as zero.
struct Taps {
  int count = 0;
  int64_t indices[4] = {};
  double weights[4] = {};
};

int64_t inside_index(double at, int64_t length, const SampleOptions& options) {
  if (options.padding == Padding::zeros)
    return at >= 0 && at < static_cast<double>(length) ? static_cast<int64_t>(at) : -1;
  if (options.padding == Padding::reflection) at = std::trunc(reflect(at, length, options.align_corners));
  return static_cast<int64_t>(std::clamp(at, 0.0, static_cast<double>(length - 1)));
}

// Cubic convolution with a = -0.75 at distance x.
double cubic_weight(double x) {
  constexpr double a = -0.75;
  x = std::abs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

template <class Real>
Taps find_taps(Real normalized, int64_t length, const SampleOptions& options) {
  Real at = denormalize(normalized, length, options.align_corners);
  if (options.mode == SampleMode::nearest) at = std::nearbyint(at);
  if (!std::isfinite(at)) at = -10;  // nowhere in the image
  const Real low = options.align_corners ? Real(0) : Real(-0.5), high = static_cast<Real>(length) - 1 - low;
  // Cubic filters meet the padding entry by entry, as in PyTorch and ONNX Runtime.
  if (options.mode != SampleMode::cubic && (at < low || at > high)) {
    if (options.padding == Padding::border)
      at = std::clamp(at, Real(0), static_cast<Real>(length - 1));
    else if (options.padding == Padding::reflection)
      at = reflect(at, length, options.align_corners);
  }
  Taps taps;
  const double first = std::floor(static_cast<double>(at)), fraction = static_cast<double>(at) - first;
  const auto add = [&](double offset, double weight) {
    taps.indices[taps.count] = inside_index(first + offset, length, options);
    taps.weights[taps.count++] = weight;
  };
  if (options.mode == SampleMode::nearest) {
    add(0, 1);
  } else if (options.mode == SampleMode::linear) {
    add(0, 1 - fraction);
    add(1, fraction);
  } else {
    for (int i = -1; i <= 2; ++i) add(i, cubic_weight(fraction - i));
  }
  return taps;
}

// All entries that one place is made of, as offsets in a plane.
struct Blend {
  std::vector<int64_t> offsets;
  std::vector<double> weights;
};

template <class Real>
void blend_point(const Real* place, const Dims& spatial, const SampleOptions& options, Blend& blend) {
  blend.offsets.assign(1, 0);
  blend.weights.assign(1, 1);
  for (size_t axis = 0; axis < spatial.size(); ++axis) {
    // The grid names the axes in reverse order: x, y, z.
    const Taps taps = find_taps(place[spatial.size() - 1 - axis], spatial[axis], options);
    Blend next;
    for (size_t i = 0; i < blend.offsets.size(); ++i)
      for (int t = 0; t < taps.count; ++t) {
        if (taps.indices[t] < 0) continue;
        next.offsets.push_back(blend.offsets[i] * spatial[axis] + taps.indices[t]);
        next.weights.push_back(blend.weights[i] * taps.weights[t]);
      }
    blend = std::move(next);
  }
}

// Calls sample(plane of the image's first channel, target of the first channel, blend) for each place.
template <class Real, class Sample>
void for_each_place(KernelContext& context, const SampleOptions& options, const Sample& sample) {
  const Dims &image = context.input(0).dims(), &grid = context.input(1).dims();
  const Dims spatial(image.begin() + 2, image.end());
  const Real* places = context.input(1).data<Real>().data();
  const int64_t depth = grid.back(), points = context.input(1).size() / depth / image[0];
  const int64_t batch_size = context.input(0).size() / image[0];
  context.threads().parallel_for(image[0] * points, 256, [&](int64_t begin, int64_t end) {
    Blend blend;
    for (int64_t i = begin; i < end; ++i) {
      blend_point(places + i * depth, spatial, options, blend);
      const int64_t batch = i / points;
      sample(batch * batch_size, (batch * image[1]) * points + i % points, points, blend);
    }
  });
}

template <class T, class Real>
void grid_sample(KernelContext& context, const SampleOptions& options, Tensor& output) {
  const Dims& image = context.input(0).dims();
  const int64_t plane = context.input(0).size() / (image[0] * image[1]);
  const T* source = reinterpret_cast<const T*>(context.input(0).bytes().data());
  T* target = reinterpret_cast<T*>(output.mutable_bytes().data());
  for_each_place<Real>(context, options, [&](int64_t from, int64_t to, int64_t stride, const Blend& blend) {
    for (int64_t channel = 0; channel < image[1]; ++channel) {
      double sum = 0;
      for (size_t i = 0; i < blend.offsets.size(); ++i)
        sum += blend.weights[i] * static_cast<double>(source[from + channel * plane + blend.offsets[i]]);
      if constexpr (std::is_integral_v<T>)
        sum = std::clamp(sum, static_cast<double>(std::numeric_limits<T>::min()),
                         std::nextafter(static_cast<double>(std::numeric_limits<T>::max()), 0.0));
      target[to + channel * stride] = static_cast<T>(sum);
    }
  });
}

// Elements are only moved, so any type will do.
template <class Word, class Real>
void pick_nearest(KernelContext& context, const SampleOptions& options, Tensor& output) {
  const Dims& image = context.input(0).dims();
  const int64_t plane = context.input(0).size() / (image[0] * image[1]);
  const Word* source = words_of<Word>(context.input(0));
  Word* target = mutable_words<Word>(output);
  for_each_place<Real>(context, options, [&](int64_t from, int64_t to, int64_t stride, const Blend& blend) {
    for (int64_t channel = 0; channel < image[1]; ++channel)
      target[to + channel * stride] =
          blend.offsets.empty() ? Word() : source[from + channel * plane + blend.offsets[0]];
  });
}

template <class Real>
void sample_with(KernelContext& context, const SampleOptions& options, Tensor& output) {
  const DType dtype = context.input(0).dtype();
  if (options.mode == SampleMode::nearest)
    return visit_word(
        dtype, [&](auto tag) { pick_nearest<typename decltype(tag)::Type, Real>(context, options, output); });
  visit_types(
      context, dtype, [&](auto zero) { grid_sample<decltype(zero), Real>(context, options, output); },
      FloatTypes(), WideIntegers(), NarrowIntegers());
}

void grid_sample_kernel(KernelContext& context) {
  const Tensor &image = context.input(0), &grid = context.input(1);
  const SampleOptions options = read_options(context.node());
  const auto spatial_rank = static_cast<int64_t>(image.rank()) - 2;
  if (spatial_rank < 1 || grid.rank() != image.rank() || grid.dims()[0] != image.dims()[0] ||
      grid.dims().back() != spatial_rank)
    context.fail("the grid must be [N, ..., {}] for an image [N, C, ...]", spatial_rank);
  Dims dims{image.dims()[0], image.dims()[1]};
  dims.insert(dims.end(), grid.dims().begin() + 1, grid.dims().end() - 1);
  Tensor& output = context.allocate(0, image.dtype(), dims);
  if (output.size() == 0) return;
  if (image.size() == 0) context.fail("the image is empty");
  if (grid.dtype() == DType::float64) return sample_with<double>(context, options, output);
  if (grid.dtype() != DType::float32) context.fail("no kernel for a grid of {}", name_of(grid.dtype()));
  sample_with<float>(context, options, output);
}

// --- AffineGrid

void infer_affine_grid(InferContext& context) {
  const Shape& theta = context.input_shape(0);
  const auto size = context.elements(1);
  if (size && size->size() != 4 && size->size() != 5)
    context.fail("size has {} entries, not 4 or 5", size->size());
  const auto length = context.input_shape(1).has_rank() && context.input_shape(1).rank() == 1
                          ? context.input_shape(1)[0].known()
                          : std::nullopt;
  const bool known = length && (*length == 4 || *length == 5);
  if (!known) return context.set_output(0, context.input_dtype(0), Shape::unranked());
  const auto rank = static_cast<size_t>(*length);
  Shape output = Shape::of_rank(rank);
  if (theta.has_rank() && theta.rank() == 3) output[0] = theta[0];
  if (size && !(*size)[0].is_unknown()) output[0] = (*size)[0];
  for (size_t i = 2; size && i < rank; ++i) output[i - 1] = (*size)[i];
  output[rank - 1] = static_cast<int64_t>(rank) - 2;
  context.set_output(0, context.input_dtype(0), output);
}

// Place number i of `length` between -1 and 1; a single one stands in the middle.
double grid_position(int64_t i, int64_t length, bool align_corners) {
  const auto at = static_cast<double>(i), size = static_cast<double>(length);
  if (!align_corners) return (2 * at + 1) / size - 1;
  return length > 1 ? 2 * at / (size - 1) - 1 : 0;
}

template <class T>
void affine_grid(KernelContext& context, const Dims& spatial) {
  const bool align_corners = int_attr(context.node(), "align_corners") != 0;
  const auto rank = static_cast<int64_t>(spatial.size());
  Dims dims{context.input(0).dims()[0]};
  dims.insert(dims.end(), spatial.begin(), spatial.end());
  dims.push_back(rank);
  const T* theta = context.input(0).data<T>().data();
  T* target = context.allocate(0, dtype_of<T>, dims).template mutable_data<T>().data();
  const int64_t points = element_count(spatial);
  for (int64_t batch = 0; batch < dims[0]; ++batch) {
    const T* matrix = theta + batch * rank * (rank + 1);
    Walk walk(spatial, Dims(spatial.size(), 0));
    for (int64_t point = 0; point < points; ++point, walk.next())
      for (int64_t row = 0; row < rank; ++row) {
        auto sum = static_cast<double>(matrix[row * (rank + 1) + rank]);
        for (int64_t column = 0; column < rank; ++column) {
          const auto axis = static_cast<size_t>(rank - 1 - column);  // x is the last axis
          sum += static_cast<double>(matrix[row * (rank + 1) + column]) *
                 grid_position(walk.index()[axis], spatial[axis], align_corners);
        }
        *target++ = static_cast<T>(sum);
      }
  }
}

void affine_grid_kernel(KernelContext& context) {
  const std::vector<int64_t> size = context.input(1).to_int64();
  if (size.size() != 4 && size.size() != 5) context.fail("size has {} entries, not 4 or 5", size.size());
  const Dims spatial(size.begin() + 2, size.end());
  for (const int64_t length : size)
    if (length < 0) context.fail("a size is {}", length);
  const auto rank = static_cast<int64_t>(spatial.size());
  if (context.input(0).dims() != Dims{size[0], rank, rank + 1})
    context.fail("theta must be [{}, {}, {}]", size[0], rank, rank + 1);
  visit_types(
      context, context.input(0).dtype(), [&](auto zero) { affine_grid<decltype(zero)>(context, spatial); },
      FloatTypes());
}

}  // namespace

OpDefs grid_sample_ops() {
  return {OpDef("AffineGrid").infer(infer_affine_grid).evaluate(affine_grid_kernel).widen_half(),
          OpDef("GridSample").infer(infer_grid_sample).evaluate(grid_sample_kernel).widen_half()};
}

}  // namespace modelconv
