#include "formats/common/sampling.h"

#include <algorithm>
#include <cmath>

#include "formats/common/index_input.h"
#include "formats/common/term.h"
#include "ops/window.h"

namespace modelconv::formula {
namespace {

Term scalar(const Term& x) { return reshape(x, std::vector<int64_t>{}); }
Term length_of(const Term& image, size_t axis) {
  return scalar(size_of(image, static_cast<int64_t>(axis) + 1));
}

// All pixels in one list, [images * pixels, channels].
Term pixel_list(const Term& image) {
  return reshape(image, concat({numbers(image.translation(), {-1}), size_of(image, -1)}, 0));
}

// Numbers in that list of the pixels at these places, which must lie inside.
Term pixel_numbers(const Term& image, const Term& batch, const std::vector<Term>& places) {
  Term position = batch;
  for (size_t axis = 0; axis < places.size(); ++axis)
    position = position * length_of(image, axis) + cast(places[axis], DType::int64);
  return position;
}

// Images mirror at their first and last pixel, or half a pixel beyond them.
Term reflected(const Term& x, const Term& length, bool align_corners) {
  const Term size = cast(length, x.dtype());
  const Term low = number(x.translation(), x.dtype(), align_corners ? 0 : -0.5);
  const Term span = align_corners ? size - 1.0 : size;
  const Term safe = where(equal(span, 0.0), span + 1.0, span);
  const Term distance = compute("Abs", {x - low});
  const Term turns = compute("Floor", {distance / safe}), rest = distance - turns * safe;
  const Term is_even = equal(turns - compute("Floor", {turns / 2.0}) * 2.0, 0.0);
  return where(is_even, rest + low, span - rest + low);
}

class Sampler {
 public:
  Sampler(Translation& t, const Term& image, const Term& grid)
      : t_(t),
        image_(image),
        grid_(grid),
        rank_(image.rank() - 2),
        align_(t.node().attrs.get_or<int64_t>("align_corners", 0) != 0),
        padding_(t.node().attrs.get_or<std::string>("padding_mode", "zeros")),
        mode_(t.node().attrs.get_or<std::string>("mode", "linear")) {}

  Term sample() {
    std::vector<int64_t> spread;
    for (size_t axis = 0; axis < rank_; ++axis) spread.push_back(static_cast<int64_t>(axis) + 1);
    batch_ = unsqueeze(range(size_of(image_, 0)), spread);
    for (size_t axis = 0; axis < rank_; ++axis) places_.push_back(place(axis));
    if (!is_cubic()) {
      if (mode_ != "nearest") return linear();
      std::vector<Term> nearest;
      for (const Term& place : places_) nearest.push_back(compute("Round", {place}));
      return pixel(nearest);
    }
    if (rank_ != 2) t_.refuse("its mode is '{}' on images of {} axes", mode_, rank_);
    return cubic();
  }

 private:
  bool is_cubic() const { return mode_ == "cubic" || mode_ == "bicubic"; }

  // From -1 ... 1 to pixels. The grid's last axis has x first.
  Term place(size_t axis) const {
    const auto column = static_cast<int64_t>(rank_ - 1 - axis);
    const Term g = squeeze(slice(grid_, -1, column, column + 1), {-1});
    const Term length = cast(length_of(image_, axis), g.dtype());
    const Term x = align_ ? (g + 1.0) * (length - 1.0) / 2.0 : ((g + 1.0) * length - 1.0) / 2.0;
    if (is_cubic()) return x;  // its pixels are treated one by one
    if (padding_ == "border") return minimum(maximum(x, number(t_, x.dtype(), 0)), length - 1.0);
    return padding_ == "reflection" ? bounded(reflected(x, length, align_), axis) : x;
  }

  Term bounded(const Term& x, size_t axis) const {
    const Term last = cast(length_of(image_, axis), x.dtype()) - 1.0;
    return minimum(maximum(x, number(t_, x.dtype(), 0)), last);
  }

  // Whole places; outside is zero, or what the border or the mirror has.
  Term pixel(const std::vector<Term>& whole) const {
    std::optional<Term> inside;
    std::vector<Term> safe;
    for (size_t axis = 0; axis < rank_; ++axis) {
      Term x = whole[axis];
      if (padding_ == "reflection") x = reflected(x, length_of(image_, axis), align_);
      const Term limited = bounded(x, axis);
      const Term is_inside = equal(limited, x);
      inside = inside ? both(*inside, is_inside) : is_inside;
      safe.push_back(limited);
    }
    const Term values = gather(pixel_list(image_), pixel_numbers(image_, *batch_, safe));
    if (padding_ != "zeros") return values;
    return where(unsqueeze(*inside, {-1}), values, 0.0);
  }

  Term linear() const {
    std::vector<Term> low, fraction;
    for (const Term& place : places_) {
      low.push_back(compute("Floor", {place}));
      fraction.push_back(unsqueeze(place - low.back(), {-1}));
    }
    std::optional<Term> sum;
    for (size_t corner = 0; corner < size_t{1} << rank_; ++corner) {
      std::vector<Term> at;
      std::optional<Term> weight;
      for (size_t axis = 0; axis < rank_; ++axis) {
        const bool high = (corner >> axis & 1) != 0;
        at.push_back(high ? low[axis] + 1.0 : low[axis]);
        const Term part = high ? fraction[axis] : 1.0 - fraction[axis];
        weight = weight ? *weight * part : part;
      }
      const Term part = pixel(at) * cast(*weight, image_.dtype());
      sum = sum ? *sum + part : part;
    }
    return *sum;
  }

  // The cubic with a = -0.75, as in Resize.
  std::vector<Term> cubic_weights(const Term& f) const {
    constexpr double a = -0.75;
    const auto near = [&](const Term& x) { return ((x * (a + 2) - (a + 3)) * x) * x + 1.0; };
    const auto far = [&](const Term& x) { return ((x * a - 5 * a) * x + 8 * a) * x - 4 * a; };
    return {far(f + 1.0), near(f), near(1.0 - f), far(2.0 - f)};
  }

  Term cubic() const {
    std::vector<Term> low;
    std::vector<std::vector<Term>> weights;
    for (const Term& place : places_) {
      low.push_back(compute("Floor", {place}));
      weights.push_back(cubic_weights(unsqueeze(place - low.back(), {-1})));
    }
    std::optional<Term> sum;
    for (size_t i = 0; i < 4; ++i)
      for (size_t j = 0; j < 4; ++j) {
        const Term value =
            pixel({low[0] + (static_cast<double>(i) - 1), low[1] + (static_cast<double>(j) - 1)});
        const Term part = value * cast(weights[0][i] * weights[1][j], image_.dtype());
        sum = sum ? *sum + part : part;
      }
    return *sum;
  }

  Translation& t_;
  const Term image_, grid_;
  const size_t rank_;
  const bool align_;
  const std::string padding_, mode_;
  std::optional<Term> batch_;
  std::vector<Term> places_;
};

}  // namespace

void lower_grid_sample(Translation& t) { set_output(t, 0, Sampler(t, input(t, 0), input(t, 1)).sample()); }

// --- MaxUnpool: positions count in the whole result, channels first; where output_shape asks for more, in the result that
// the attributes imply
void lower_max_unpool(Translation& t) {
  const Term x = input(t, 0);
  const Shape &shape = t.node().output()->shape(), &image = t.input(0)->shape();
  const size_t rank = x.rank();
  if (!shape.is_static() || !image.is_static()) t.refuse("the size of its result is not known");
  const Window window = read_window(t.node(), rank - 2);
  std::vector<int64_t> counted{shape[0].value(), shape[rank - 1].value()}, to_last{0}, pads(2 * rank, 0);
  int64_t count = counted[0] * counted[1];
  for (size_t axis = 0; axis + 2 < rank; ++axis) {
    const int64_t size = (image[axis + 1].value() - 1) * window.strides[axis] + window.kernel[axis] -
                         window.pads_begin[axis] - window.pads_end[axis];
    counted.push_back(size);
    to_last.push_back(static_cast<int64_t>(axis) + 2);
    pads[rank + axis + 1] = shape[axis + 1].value() - size;
    count *= size;
  }
  to_last.push_back(1);
  const Term places = reshape(index_input(t, 1), {-1, 1});
  const Term flat = scatter_nd(filled(numbers(t, {count}), x.dtype(), 0), places, reshape(x, {-1}), "none");
  const Term y = transpose(reshape(flat, counted), to_last);
  const bool grows = std::any_of(pads.begin(), pads.end(), [](int64_t pad) { return pad > 0; });
  set_output(t, 0, grows ? compute("Pad", {y, numbers(t, pads)}) : y);
}

namespace {

// --- RoiAlign: the mean of samples on a regular grid in each part of a region
Term sample_places(const Term& start, const Term& part, int64_t parts, int64_t samples) {
  Translation& t = start.translation();
  std::vector<float> steps;
  for (int64_t i = 0; i < parts; ++i)
    for (int64_t s = 0; s < samples; ++s)
      steps.push_back(static_cast<float>(static_cast<double>(i) +
                                         (static_cast<double>(s) + 0.5) / static_cast<double>(samples)));
  const Term offsets = cast(Term(t, t.constant(Tensor::vector(steps))), start.dtype());
  return start + part * unsqueeze(offsets, {0});
}

struct Taps {
  Term low, high, fraction, is_inside;
};

// Up to a pixel outside the border counts, further out is zero.
Taps taps_of(const Term& place, const Term& length) {
  Translation& t = place.translation();
  const Term size = cast(length, place.dtype()), zero = number(t, place.dtype(), 0);
  const Term is_inside = both(number(t, place.dtype(), -1) <= place, place <= size);
  const Term limited = minimum(maximum(place, zero), size - 1.0);
  const Term low = compute("Floor", {limited});
  return {low, minimum(low + 1.0, size - 1.0), limited - low, is_inside};
}

}  // namespace

void lower_roi_align(Translation& t) {
  const Term image = input(t, 0), rois = input(t, 1), batch = index_input(t, 2);
  const auto attr = [&](const char* name, int64_t fallback) {
    return t.node().attrs.get_or<int64_t>(name, fallback);
  };
  const int64_t height = attr("output_height", 1), width = attr("output_width", 1),
                samples = attr("sampling_ratio", 0);
  if (samples <= 0) t.refuse("how many samples it takes depends on the regions");
  if (t.node().attrs.get_or<std::string>("mode", "avg") != "avg") t.refuse("its mode is max");
  const bool half =
      t.node().attrs.get_or<std::string>("coordinate_transformation_mode", "half_pixel") == "half_pixel";
  const double scale = double{t.node().attrs.get_or<float>("spatial_scale", 1)}, offset = half ? 0.5 : 0;
  const auto corner = [&](int64_t column) { return slice(rois, 1, column, column + 1) * scale - offset; };
  Term spans[2] = {corner(3) - corner(1), corner(2) - corner(0)};  // rows, columns
  if (!half)
    for (Term& span : spans) span = maximum(span, number(t, span.dtype(), 1));
  const Taps rows = taps_of(sample_places(corner(1), spans[0] / static_cast<double>(height), height, samples),
                            length_of(image, 0));
  const Taps columns = taps_of(
      sample_places(corner(0), spans[1] / static_cast<double>(width), width, samples), length_of(image, 1));
  const Term of_region = unsqueeze(batch, {1, 2}), pixels = pixel_list(image);
  std::optional<Term> sum;
  for (int corner_index = 0; corner_index < 4; ++corner_index) {
    const bool low_row = corner_index < 2, low_column = corner_index % 2 == 0;
    const Term row = unsqueeze(low_row ? rows.low : rows.high, {2}),
               column = unsqueeze(low_column ? columns.low : columns.high, {1});
    const Term row_weight = unsqueeze(low_row ? 1.0 - rows.fraction : rows.fraction, {2, 3});
    const Term column_weight = unsqueeze(low_column ? 1.0 - columns.fraction : columns.fraction, {1, 3});
    const Term part =
        gather(pixels, pixel_numbers(image, of_region, {row, column})) * (row_weight * column_weight);
    sum = sum ? *sum + part : part;
  }
  const Term inside = both(unsqueeze(rows.is_inside, {2, 3}), unsqueeze(columns.is_inside, {1, 3}));
  const Term values = where(inside, *sum, 0.0);
  const Term grouped = reshape(
      values,
      concat({size_of(rois, 0), numbers(t, {height, samples, width, samples}), size_of(image, -1)}, 0));
  set_output(t, 0, reduce("ReduceMean", grouped, {2, 4}));
}

}  // namespace modelconv::formula
