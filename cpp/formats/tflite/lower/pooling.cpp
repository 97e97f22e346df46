// Pools of images in channels-last order.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "formats/common/wide_pools.h"
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "formats/tflite/lower/padding.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

Attrs pool_attrs(const PaddingPlan& plan, const Window& window) {
  return {{"padding", plan.name()},           {"stride_h", window.strides[0]},
          {"stride_w", window.strides[1]},    {"filter_height", window.kernel[0]},
          {"filter_width", window.kernel[1]}, {"fused_activation_function", std::string("NONE")}};
}

// Elements of the image under each place of the window along one axis; `pads` count too where asked for.
std::vector<double> counts_along(Translation& t, const Value& x, const Window& window,
                                 const PaddingPlan& plan, size_t axis, bool with_pads) {
  const int64_t size = static_dim(t, x, axis + 1), places = static_dim(t, *t.node().output(), axis + 1);
  const int64_t first = with_pads ? -window.pads_begin[axis] : 0,
                last = with_pads ? size + window.pads_end[axis] : size;
  std::vector<double> counts;
  for (int64_t place = 0; place < places; ++place) {
    double count = 0;
    for (int64_t tap = 0; tap < window.kernel[axis]; ++tap) {
      const int64_t at = place * window.strides[axis] - plan.begin[axis] + tap * window.dilations[axis];
      if (at >= first && at < last) ++count;
    }
    counts.push_back(count);
  }
  return counts;
}

// What an average over the whole window has to be multiplied by where parts of it lie outside; null where none does.
Value* correction(Translation& t, const Value& x, const Window& window, const PaddingPlan& plan,
                  bool with_pads) {
  if (!plan.has_pads()) return nullptr;
  const std::vector<double> rows = counts_along(t, x, window, plan, 0, with_pads),
                            columns = counts_along(t, x, window, plan, 1, with_pads);
  std::vector<float> factors;
  bool all_one = true;
  for (const double row : rows)
    for (const double column : columns) {
      const double factor = static_cast<double>(window.kernel[0] * window.kernel[1]) / (row * column);
      all_one = all_one && factor == 1;
      factors.push_back(static_cast<float>(factor));
    }
  if (all_one) return nullptr;
  return &t.constant(Tensor::of<float>(
      {1, static_cast<int64_t>(rows.size()), static_cast<int64_t>(columns.size()), 1}, factors));
}

void lower_average_2d(Translation& t, Window window) {
  Value& x = t.required(0);
  PaddingPlan plan = plan_padding(t, x, window);
  const bool with_pads = int_attr(t.node(), "count_include_pad") != 0;
  if (plan.same && with_pads) {  // SAME does not count what lies outside
    if (window.auto_pad != Window::AutoPad::explicit_pads) t.refuse("count_include_pad with auto_pad");
    plan = {false, window.pads_begin, window.pads_end};
  }
  Value& padded = pad_image(t, x, plan, 0);
  Value* factors = plan.same ? nullptr : correction(t, x, window, plan, with_pads);
  if (!factors) return finish(t, "AVERAGE_POOL_2D", {&padded}, pool_attrs(plan, window));
  Value& y = emit(t, "AVERAGE_POOL_2D", {&padded}, pool_attrs(plan, window), t.node().output()->type);
  t.set_output(0, t.add("Mul", {&y, factors}));
}

// Behind an activation that gives nothing below 0, zeros are as good as the lowest number, and PAD is delegated where PADV2 is
// not.
bool is_never_negative(const Value& x) {
  static const std::set<OpName> ops = {
      "Relu", "Sigmoid", "tflite.RELU", "tflite.RELU6", "tflite.RELU_0_TO_1", "tflite.LOGISTIC"};
  return x.producer() && ops.contains(x.producer()->op());
}

void lower_max_2d(Translation& t, const Window& window) {
  Value& x = t.required(0);
  const PaddingPlan plan = plan_padding(t, x, window);
  const double lowest = is_never_negative(x)       ? 0
                        : is_float(x.dtype())      ? static_cast<double>(std::numeric_limits<float>::lowest())
                        : x.dtype() == DType::int8 ? -128
                                                   : 0;
  finish(t, "MAX_POOL_2D", {&pad_image(t, x, plan, lowest)}, pool_attrs(plan, window));
}

std::vector<int64_t> part(const std::vector<int64_t>& values, size_t begin, size_t end) {
  return {values.begin() + static_cast<int64_t>(begin), values.begin() + static_cast<int64_t>(end)};
}

// The window's axes [begin, end), as attributes.
Attrs window_attrs(const Node& node, const Window& window, size_t begin, size_t end) {
  Attrs attrs = node.attrs;
  attrs.set("kernel_shape", part(window.kernel, begin, end));
  attrs.set("strides", part(window.strides, begin, end));
  attrs.set("dilations", part(window.dilations, begin, end));
  if (window.auto_pad == Window::AutoPad::explicit_pads) {
    std::vector<int64_t> pads = part(window.pads_begin, begin, end), ends = part(window.pads_end, begin, end);
    pads.insert(pads.end(), ends.begin(), ends.end());
    attrs.set("pads", pads);
  }
  return attrs;
}

// One axis at a time gives the same as all at once: [N, L, C] as [N, 1, L, C].
void lower_1d(Translation& t, const Window& window) {
  Attrs attrs = window_attrs(t.node(), window, 0, 1);
  attrs.set("kernel_shape", std::vector<int64_t>{1, window.kernel[0]});
  attrs.set("strides", std::vector<int64_t>{1, window.strides[0]});
  attrs.set("dilations", std::vector<int64_t>{1, window.dilations[0]});
  if (attrs.has("pads"))
    attrs.set("pads", std::vector<int64_t>{0, window.pads_begin[0], 0, window.pads_end[0]});
  Value& image = unsqueezed(t, t.required(0), {1});
  t.set_output(0, squeezed(t, t.add(t.node().op(), {&image}, attrs), {1}));
}

// [N, D, H, W, C]: over H and W with D in the batch, then over D with H and W as one axis.
void lower_3d(Translation& t, const Window& window) {
  Value& x = t.required(0);
  const int64_t depth = static_dim(t, x, 1), channels = static_dim(t, x, 4);
  const Value& y = *t.node().output();
  const int64_t rows = static_dim(t, y, 2), columns = static_dim(t, y, 3);
  Value& flat = reshaped(t, x, {-1, static_dim(t, x, 2), static_dim(t, x, 3), channels});
  Value& pooled = t.add(t.node().op(), {&flat}, window_attrs(t.node(), window, 1, 3));
  Value& lines = reshaped(t, pooled, {-1, depth, rows * columns, channels});
  Window deep = window;
  for (auto* values : {&deep.kernel, &deep.strides, &deep.dilations}) (*values)[1] = 1;
  deep.pads_begin[1] = deep.pads_end[1] = 0;
  Value& result = t.add(t.node().op(), {&lines}, window_attrs(t.node(), deep, 0, 2));
  t.set_output(0, reshaped(t, result, {-1, static_dim(t, y, 1), rows, columns, channels}));
}

// What each tap of a window with holes sees of the padded image.
std::vector<Value*> taps_of(Translation& t, Value& padded, const Window& window) {
  const Value& y = *t.node().output();
  std::vector<Value*> taps;
  for (int64_t i = 0; i < window.kernel[0]; ++i)
    for (int64_t j = 0; j < window.kernel[1]; ++j) {
      const int64_t top = i * window.dilations[0], left = j * window.dilations[1];
      taps.push_back(&t.add("Slice", {&padded, &t.ints({top, left}),
                                      &t.ints({top + (static_dim(t, y, 1) - 1) * window.strides[0] + 1,
                                               left + (static_dim(t, y, 2) - 1) * window.strides[1] + 1}),
                                      &t.ints({1, 2}), &t.ints(window.strides)}));
    }
  return taps;
}

PaddingPlan plan_spread_padding(Translation& t, const Value& x, const Window& window) {
  PaddingPlan plan = plan_padding(t, x, window);
  if (plan.same && window.auto_pad == Window::AutoPad::explicit_pads)
    plan = {false, window.pads_begin, window.pads_end};
  if (plan.same)
    t.refuse("dilations {} with padding that depends on unknown sizes", to_string(window.dilations));
  return plan;
}

void lower_dilated_max(Translation& t, const Window& window) {
  Value& x = t.required(0);
  const PaddingPlan plan = plan_spread_padding(t, x, window);
  Value& padded = pad_image(t, x, plan, static_cast<double>(std::numeric_limits<float>::lowest()));
  t.set_output(0, t.add("Max", taps_of(t, padded, window)));
}

// Numbers in the whole unpadded batch, channels first, of what one tap sees: [N, rows, columns, C].
Value& numbers_seen(Translation& t, const Window& window, const PaddingPlan& plan, int64_t top,
                    int64_t left) {
  const Dims image = static_dims(t, t.required(0)), places = static_dims(t, *t.node().output());
  const bool by_columns = int_attr(t.node(), "storage_order") != 0;
  std::vector<int64_t> numbers;
  for (int64_t n = 0; n < places[0]; ++n)
    for (int64_t i = 0; i < places[1]; ++i)
      for (int64_t j = 0; j < places[2]; ++j)
        for (int64_t c = 0; c < places[3]; ++c) {
          const int64_t row = i * window.strides[0] - plan.begin[0] + top * window.dilations[0],
                        column = j * window.strides[1] - plan.begin[1] + left * window.dilations[1];
          numbers.push_back((n * image[3] + c) * image[1] * image[2] +
                            (by_columns ? column * image[1] + row : row * image[2] + column));
        }
  return t.constant(Tensor::vector(numbers).reshaped(places));
}

// With the place of each maximum: of the first tap that has it.
void lower_max_with_places(Translation& t, const Window& window) {
  Value& x = t.required(0);
  const PaddingPlan plan = plan_spread_padding(t, x, window);
  Value& padded = pad_image(t, x, plan, static_cast<double>(std::numeric_limits<float>::lowest()));
  const std::vector<Value*> taps = taps_of(t, padded, window);
  Value& y = t.add("Max", taps);
  Value* places = nullptr;
  for (size_t tap = taps.size(); tap-- > 0;) {
    const auto at = static_cast<int64_t>(tap);
    Value& seen = numbers_seen(t, window, plan, at / window.kernel[1], at % window.kernel[1]);
    places = places ? &t.add("Where", {&t.add("Equal", {taps[tap], &y}), &seen, places}) : &seen;
  }
  t.set_output(0, y);
  t.set_output(1, *places);
}

// The sum of the taps, times what is divided by at each place.
void lower_dilated_average(Translation& t, const Window& window) {
  Value& x = t.required(0);
  const PaddingPlan plan = plan_spread_padding(t, x, window);
  const bool with_pads = int_attr(t.node(), "count_include_pad") != 0;
  const std::vector<double> rows = counts_along(t, x, window, plan, 0, with_pads),
                            columns = counts_along(t, x, window, plan, 1, with_pads);
  std::vector<float> factors;
  for (const double row : rows)
    for (const double column : columns) factors.push_back(static_cast<float>(1 / (row * column)));
  Value& factor = t.constant(Tensor::of<float>(
      {1, static_cast<int64_t>(rows.size()), static_cast<int64_t>(columns.size()), 1}, factors));
  t.set_output(0, t.add("Mul", {&t.add("Sum", taps_of(t, pad_image(t, x, plan, 0), window)), &factor}));
}

bool is_dilated(const Window& window) {
  return std::any_of(window.dilations.begin(), window.dilations.end(), [](int64_t d) { return d != 1; });
}

void lower_pool(Translation& t, void (*lower_2d)(Translation&, Window)) {
  const size_t rank = t.rank(0);
  if (rank < 3 || rank > 5) t.refuse("images of {} axes", rank);
  const Window window = read_window(t.node(), rank - 2);
  if (t.wants_output(1) && rank != 4) t.refuse("places of what is largest in images of {} axes", rank);
  if (lower_wide_pool(t)) return;
  if (rank == 3) return lower_1d(t, window);
  if (rank == 5) return lower_3d(t, window);
  lower_2d(t, window);
}

void lower_max(Translation& t) {
  lower_pool(t, [](Translation& each, Window window) {
    if (each.wants_output(1)) return lower_max_with_places(each, window);
    if (is_dilated(window)) return lower_dilated_max(each, window);
    lower_max_2d(each, window);
  });
}

void lower_average(Translation& t) {
  lower_pool(t, [](Translation& each, Window window) {
    if (is_dilated(window)) return lower_dilated_average(each, window);
    lower_average_2d(each, std::move(window));
  });
}

// The p-th root of the sum of |x|^p: the average of powers times their number, pads counting as zeros.
void lower_lp_pool(Translation& t) {
  const Window window = read_window(t.node(), t.rank(0) - 2);
  const auto p = static_cast<double>(int_attr(t.node(), "p"));
  double taps = 1;
  for (const int64_t size : window.kernel) taps *= static_cast<double>(size);
  Value& x = t.required(0);
  Value& powers = t.add("Pow", {&t.add("Abs", {&x}), &t.scalar_like(x, p)});
  Attrs attrs = t.node().attrs;
  attrs.remove("p");
  attrs.set("count_include_pad", int64_t{1});
  if (window.auto_pad == Window::AutoPad::same_upper || window.auto_pad == Window::AutoPad::same_lower ||
      window.ceil_mode)
    t.refuse("auto_pad and ceil_mode");
  Value& mean = t.add("nhwc.AveragePool", {&powers}, attrs);
  Value& sum = t.add("Mul", {&mean, &t.scalar_like(x, taps)});
  t.set_output(0, t.add("Pow", {&sum, &t.scalar_like(x, 1 / p)}));
}

// Over all spatial axes, which stay with size 1.
void lower_global(Translation& t, const char* reduce) {
  std::vector<int64_t> axes(t.rank(0) - 2);
  std::iota(axes.begin(), axes.end(), int64_t{1});
  t.set_output(0, t.add(reduce, {t.input(0), &t.ints(axes)}, {{"keepdims", int64_t{1}}}));
}

void lower_global_lp(Translation& t) {
  Value& x = t.required(0);
  const auto p = static_cast<double>(int_attr(t.node(), "p"));
  std::vector<int64_t> axes(t.rank(0) - 2);
  std::iota(axes.begin(), axes.end(), int64_t{1});
  Value& powers = t.add("Pow", {&t.add("Abs", {&x}), &t.scalar_like(x, p)});
  Value& sum = t.add("ReduceSum", {&powers, &t.ints(axes)}, {{"keepdims", int64_t{1}}});
  t.set_output(0, t.add("Pow", {&sum, &t.scalar_like(x, 1 / p)}));
}

}  // namespace

OpMappings lower_pools() {
  return {
      {"tflite.AVERAGE_POOL_2D", "nhwc.AveragePool", nullptr, lower_average, "one to three spatial axes"},
      {"tflite.MAX_POOL_2D", "nhwc.MaxPool", nullptr, lower_max, "one to three spatial axes"},
      {"tflite.AVERAGE_POOL_2D", "nhwc.LpPool", nullptr, lower_lp_pool, "of powers"},
      {"tflite.MEAN", "nhwc.GlobalAveragePool", nullptr,
       [](Translation& t) { lower_global(t, "ReduceMean"); }, ""},
      {"tflite.REDUCE_MAX", "nhwc.GlobalMaxPool", nullptr,
       [](Translation& t) { lower_global(t, "ReduceMax"); }, ""},
      {"tflite.SUM", "nhwc.GlobalLpPool", nullptr, lower_global_lp, "of powers"},
  };
}

}  // namespace modelconv::tflite
