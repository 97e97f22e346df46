#include "ops/conv_plan.h"

#include <algorithm>

namespace modelconv {
namespace {

std::optional<Dims> kernel_of_weights(const Shape& w) {
  if (!w.has_rank() || w.rank() < 2) return std::nullopt;
  Dims kernel;
  for (size_t i = 2; i < w.rank(); ++i) {
    if (!w[i].is_known()) return std::nullopt;
    kernel.push_back(w[i].value());
  }
  return kernel;
}

void check_channels(const Node& node, int64_t group, const Dim& x_channels, const Shape& w) {
  ENSURE(group >= 1, ShapeError, "{}: group is {}", node.describe(), group);
  if (!w.has_rank()) return;
  ENSURE(!w[0].is_known() || w[0].value() % group == 0, ShapeError, "{}: {} output channels in {} groups",
         node.describe(), w[0].str(), group);
  if (x_channels.is_known() && w[1].is_known())
    ENSURE(x_channels.value() % group == 0 && x_channels.value() / group == w[1].value(), ShapeError,
           "{}: {} input channels in {} groups, but weights for {} each", node.describe(), x_channels.value(),
           group, w[1].value());
}

}  // namespace

bool ConvPlan::is_pointwise() const {
  for (size_t i = 0; i < 3; ++i)
    if (window.kernel[i] != 1 || window.strides[i] != 1 || window.pads_begin[i] != 0 ||
        window.pads_end[i] != 0)
      return false;
  return true;
}

ConvPlan plan_conv(const Node& node, const Dims& x, const Dims& w) {
  ENSURE(x.size() >= 2 && w.size() == x.size(), ShapeError, "{}: input {} and weights {}", node.describe(),
         to_string(x), to_string(w));
  const int64_t group = optional_int(node, "group").value_or(1);
  check_channels(node, group, x[1], Shape::of(w));
  const Window window = read_window(node, x.size() - 2, Dims(w.begin() + 2, w.end()));
  ConvPlan plan{x[0], group, w[1], w[0] / group, place_window(node, window, Dims(x.begin() + 2, x.end())),
                {}};
  plan.output = {x[0], w[0]};
  for (size_t i = 0; i < window.rank(); ++i) plan.output.push_back(plan.window.output[3 - window.rank() + i]);
  return plan;
}

Shape infer_conv_shape(const InferContext& context, const Shape& x, const Shape& w) {
  const Node& node = context.node();
  if (x.has_rank() && w.has_rank() && x.rank() != w.rank()) context.fail("input and weights differ in rank");
  if (!x.has_rank() && !w.has_rank()) return Shape::unranked();
  const size_t rank = x.has_rank() ? x.rank() : w.rank();
  if (rank < 2) context.fail("input and weights need a batch and a channel axis");
  check_channels(node, optional_int(node, "group").value_or(1), x.has_rank() ? x[1] : Dim(), w);
  std::vector<Dim> dims(rank);
  if (x.has_rank()) dims[0] = x[0];
  if (w.has_rank()) dims[1] = w[0];
  const std::optional<Dims> kernel = kernel_of_weights(w);
  const bool window_known =
      kernel || !optional_ints(node, "kernel_shape").value_or(std::vector<int64_t>()).empty();
  if (!x.has_rank() || !window_known) return dims;
  const Window window = read_window(node, rank - 2, kernel);
  for (size_t i = 0; i < window.rank(); ++i) dims[i + 2] = window_positions(node, window, i, x[i + 2]);
  return dims;
}

template <class T>
void ImageColumns<T>::fill(int64_t k, int64_t column, int64_t count, T* out) const {
  const PlacedWindow& w = window_;
  const auto offset = [&](size_t axis, int64_t place, int64_t tap) {
    return place * w.strides[axis] - w.pads_begin[axis] + tap * w.dilations[axis];
  };
  const int64_t tap_x = k % w.kernel[2], tap_y = k / w.kernel[2] % w.kernel[1];
  const int64_t tap_z = k / (w.kernel[2] * w.kernel[1]) % w.kernel[0], channel = k / w.kernel_size();
  const T* plane = image_ + channel * w.input_size();
  const Positions inside =
      positions_inside(w.output[2], w.input[2], w.strides[2], w.pads_begin[2], tap_x * w.dilations[2]);
  int64_t x = column % w.output[2], y = column / w.output[2] % w.output[1],
          z = column / (w.output[2] * w.output[1]);
  while (count > 0) {
    const int64_t run = std::min(count, w.output[2] - x);
    const int64_t from_z = offset(0, z, tap_z), from_y = offset(1, y, tap_y);
    if (from_z < 0 || from_z >= w.input[0] || from_y < 0 || from_y >= w.input[1]) {
      std::fill_n(out, run, T(0));
    } else {
      const int64_t begin = std::clamp(inside.begin, x, x + run),
                    end = std::clamp(inside.end, begin, x + run);
      const T* line = plane + (from_z * w.input[1] + from_y) * w.input[2];
      const int64_t step = w.strides[2];
      std::fill(out, out + (begin - x), T(0));
      if (begin < end) {
        const T* source = line + offset(2, begin, tap_x);
        T* target = out + (begin - x);
        if (step == 1) {
          std::copy_n(source, end - begin, target);
        } else {
          for (int64_t i = 0; i < end - begin; ++i) target[i] = source[i * step];
        }
      }
      std::fill(out + (end - x), out + run, T(0));
    }
    out += run;
    count -= run;
    x = 0;
    if (++y == w.output[1]) {
      y = 0;
      ++z;
    }
  }
}

template class ImageColumns<float>;
template class ImageColumns<double>;

}  // namespace modelconv
