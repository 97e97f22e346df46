// Pooling.
#include <algorithm>
#include <limits>
#include <numeric>

#include "formats/common/wide_pools.h"
#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/lower/windows.h"

namespace modelconv::tensorflow {
namespace {

double lowest(DType dtype) {
  switch (dtype) {
    case DType::int8: return std::numeric_limits<int8_t>::lowest();
    case DType::uint8: return 0;
    default: return -std::numeric_limits<double>::infinity();
  }
}

bool is_dilated(const Window& window) {
  return std::any_of(window.dilations.begin(), window.dilations.end(), [](int64_t d) { return d != 1; });
}

Attrs pool_attrs(const Window& window, const std::string& padding) {
  return {{"ksize", per_axis(window.kernel)}, {"strides", per_axis(window.strides)}, {"padding", padding}};
}

// Explicit amounts, also where SAME would do: for windows that are taken apart.
Border spelled_out(const Translation& t, Window window, const Value& x) {
  Border border = border_of(t, window, x);
  if (border.padding == "EXPLICIT") return border;
  if (border.padding == "VALID")
    return {"EXPLICIT", std::vector<int64_t>(window.rank(), 0), std::vector<int64_t>(window.rank(), 0)};
  border = {"EXPLICIT", {}, {}};
  for (size_t i = 0; i < window.rank(); ++i) {
    const Dim size = x.shape()[i + 1];
    if (!size.is_known()) t.refuse("the size of its image is not known");
    const int64_t positions = (size.value() + window.strides[i] - 1) / window.strides[i];
    const int64_t total =
        std::max<int64_t>(0, (positions - 1) * window.strides[i] + window.extent(i) - size.value());
    border.pads_begin.push_back(total / 2);
    border.pads_end.push_back(total - total / 2);
  }
  return border;
}

std::vector<int64_t> positions_of(const Translation& t, const Window& window, const Border& border,
                                  const Value& x) {
  std::vector<int64_t> positions;
  for (size_t i = 0; i < window.rank(); ++i) {
    const Dim size = x.shape()[i + 1];
    if (!size.is_known()) t.refuse("it is dilated, and the size of its image is not known");
    positions.push_back((size.value() + border.pads_begin[i] + border.pads_end[i] - window.extent(i)) /
                            window.strides[i] +
                        1);
  }
  return positions;
}

Term combined(const std::vector<Term>& taps, OpName op) {
  Term result = taps[0];
  for (size_t i = 1; i < taps.size(); ++i) result = compute(op, {result, taps[i]});
  return result;
}

// The elements of the padded image seen at each tap, for windows with holes.
std::vector<Term> taps_of(Translation& t, const Term& x, const Window& window, double value) {
  const Border border = spelled_out(t, window, x.value());
  return window_taps(pad_image(x, border, value), window, positions_of(t, window, border, x.value()));
}

// --- MaxPool
// TensorFlow counts positions in one padded image (row, column, channel); ONNX in the whole unpadded batch, channels first.
Term positions_in_batch(const Term& found, const Term& x, const Term& padded, const Border& border,
                        bool by_columns) {
  Translation& t = x.translation();
  const auto scalar = [](const Term& size) { return reshape(size, std::vector<int64_t>{}); };
  const Term height = scalar(size_of(x, 1)), width = scalar(size_of(x, 2)), channels = scalar(size_of(x, 3));
  const Term padded_width = scalar(size_of(padded, 2));
  const Term place = found / channels;
  const bool is_padded = border.padding == "EXPLICIT";
  const Term row = place / padded_width - static_cast<double>(is_padded ? border.pads_begin[0] : 0);
  const Term column = modulo(place, padded_width) - static_cast<double>(is_padded ? border.pads_begin[1] : 0);
  const Term image = unsqueeze(range(size_of(x, 0)), {1, 2, 3}), channel = range(size_of(x, 3));
  const Term plane = (image * channels + channel) * (height * width);
  (void)t;
  return plane + (by_columns ? column * height + row : row * width + column);
}

void max_pool_with_positions(Translation& t, const Term& x, const Window& window) {
  if (window.rank() != 2 || is_dilated(window))
    t.refuse("its second output is used, and it is no plain pool of two axes");
  const Border border = border_of(t, window, x.value());
  const Term padded = pad_image(x, border, lowest(x.dtype()));
  Attrs attrs = pool_attrs(window, border.padding == "SAME" ? "SAME" : "VALID");
  attrs.set("Targmax", Type::tensor(DType::int64));
  Node& pool = t.add_node("tf.MaxPoolWithArgmax", {&padded.value()}, std::move(attrs), 2);
  pool.output(1)->type.shape = Shape::of_rank(4);
  t.set_output(0, *pool.output(0));
  const bool by_columns = t.node().attrs.get_or<int64_t>("storage_order", 0) != 0;
  set_output(t, 1, positions_in_batch({t, *pool.output(1)}, x, padded, border, by_columns));
}

Term max_pool(Translation& t, const Term& x, const Window& window) {
  if (is_dilated(window)) return combined(taps_of(t, x, window, lowest(x.dtype())), "Max");
  const Border border = border_of(t, window, x.value());
  const Term padded = pad_image(x, border, lowest(x.dtype()));
  return compute(window.rank() == 2 ? "tf.MaxPool" : "tf.MaxPool3D", {padded},
                 pool_attrs(window, border.padding == "SAME" ? "SAME" : "VALID"));
}

// A pool of one spatial axis is one of two.
template <class Pool>
void lower_by(Translation& t, const Pool& pool) {
  const Window window = read_window(t.node(), spatial_rank(t));
  const Term x = input(t, 0);
  if (window.rank() > 1) return set_output(t, 0, pool(t, x, window));
  set_output(t, 0, as_line(pool(t, as_plane(x), as_plane(window))));
}

void lower_max_pool(Translation& t) {
  if (t.wants_output(1))
    return max_pool_with_positions(t, input(t, 0), read_window(t.node(), spatial_rank(t)));
  if (!lower_wide_pool(t)) lower_by(t, max_pool);
}

// --- AveragePool
Term plain_average(const Term& x, const Window& window, const std::string& padding) {
  return compute(window.rank() == 2 ? "tf.AvgPool" : "tf.AvgPool3D", {x}, pool_attrs(window, padding));
}

// 1 for every element that counts: those of the image, and with count_include_pad those of the pads, but not what
// ceil_mode adds.
Term counting_image(Translation& t, const Term& x, const Window& window, const Border& border,
                    bool pads_count) {
  const auto rank = static_cast<int64_t>(window.rank());
  const Term sizes = concat({numbers(t, {1}), shape_part(x, 1, rank + 1), numbers(t, {1})}, 0);
  Border counted = border, rest = border;
  for (size_t i = 0; i < window.rank(); ++i) {
    const bool is_explicit = window.auto_pad == Window::AutoPad::explicit_pads;
    counted.pads_end[i] = is_explicit ? window.pads_end[i] : border.pads_end[i];
    rest.pads_begin[i] = 0;
    rest.pads_end[i] = border.pads_end[i] - counted.pads_end[i];
  }
  const Term ones = filled(sizes, x.dtype(), 1);
  return pad_image(pad_image(ones, counted, pads_count ? 1 : 0), rest, 0);
}

Term average_pool(Translation& t, const Term& x, const Window& window) {
  const bool pads_count = t.node().attrs.get_or<int64_t>("count_include_pad", 0) != 0;
  const Border border = border_of(t, window, x.value());
  if (!is_dilated(window) && (border.padding == "VALID" || (border.padding == "SAME" && !pads_count)))
    return plain_average(x, window, border.padding);
  const Border amounts = spelled_out(t, window, x.value());
  const Term padded = pad_image(x, amounts, 0);
  const Term counts = counting_image(t, x, window, amounts, pads_count);
  if (!is_dilated(window))
    return plain_average(padded, window, "VALID") / plain_average(counts, window, "VALID");
  const auto positions = positions_of(t, window, amounts, x.value());
  return combined(window_taps(padded, window, positions), "Add") /
         combined(window_taps(counts, window, positions), "Add");
}

void lower_average_pool(Translation& t) {
  if (!lower_wide_pool(t)) lower_by(t, average_pool);
}

// --- LpPool: the p-th root of the sum of p-th powers
Term to_power(const Term& x, double p) {
  if (p == 1) return x;
  return p == 2 ? x * x : compute("Pow", {x, number(x.translation(), x.dtype(), p)});
}

Term root(const Term& x, double p) {
  if (p == 1) return x;
  return p == 2 ? compute("Sqrt", {x}) : compute("Pow", {x, number(x.translation(), x.dtype(), 1 / p)});
}

double power_of(const Translation& t) { return static_cast<double>(t.node().attrs.get_or<int64_t>("p", 2)); }

Term lp_pool(Translation& t, const Term& x, const Window& window) {
  const double p = power_of(t);
  const Term powers = to_power(compute("Abs", {x}), p);
  if (is_dilated(window)) return root(combined(taps_of(t, powers, window, 0), "Add"), p);
  const Term padded = pad_image(powers, spelled_out(t, window, x.value()), 0);
  const auto count =
      std::accumulate(window.kernel.begin(), window.kernel.end(), int64_t{1}, std::multiplies<>());
  return root(plain_average(padded, window, "VALID") * static_cast<double>(count), p);
}

void lower_lp_pool(Translation& t) { lower_by(t, lp_pool); }

// --- over the whole image
std::vector<int64_t> spatial_axes(const Translation& t) {
  std::vector<int64_t> axes(t.rank(0) - 2);
  std::iota(axes.begin(), axes.end(), 1);
  return axes;
}

void lower_global(Translation& t, OpName op) {
  set_output(t, 0, reduce(op, input(t, 0), spatial_axes(t), true));
}
void lower_global_average(Translation& t) { lower_global(t, "ReduceMean"); }
void lower_global_max(Translation& t) { lower_global(t, "ReduceMax"); }
void lower_global_lp(Translation& t) {
  const double p = power_of(t);
  const Term powers = to_power(compute("Abs", {input(t, 0)}), p);
  set_output(t, 0, root(reduce("ReduceSum", powers, spatial_axes(t), true), p));
}

}  // namespace

OpMappings lower_pools() {
  return {
      {"tf.MaxPool", "nhwc.MaxPool", nullptr, lower_max_pool, "positions: two spatial axes, not dilated"},
      {"tf.AvgPool", "nhwc.AveragePool", nullptr, lower_average_pool, ""},
      {"tf.AvgPool", "nhwc.LpPool", nullptr, lower_lp_pool, ""},
      {"tf.Mean", "nhwc.GlobalAveragePool", nullptr, lower_global_average, ""},
      {"tf.Max", "nhwc.GlobalMaxPool", nullptr, lower_global_max, ""},
      {"tf.Sum", "nhwc.GlobalLpPool", nullptr, lower_global_lp, ""},
  };
}

}  // namespace modelconv::tensorflow
