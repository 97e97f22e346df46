// Resize, and Upsample, its deprecated predecessor.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/move_elements.h"
#include "ops/resize_plan.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

// floor(length * scale) where the scale is a whole number of sixteenths or one part of a whole number.
Dim scaled(const Dim& length, float scale) {
  if (length.is_known()) return scaled_length(length.value(), scale);
  for (int64_t parts = 1; parts <= 16; ++parts) {
    const float multiple = scale * static_cast<float>(parts);
    if (multiple == std::floor(multiple) && multiple >= 1 && multiple < 65536)
      return floor_div(length * static_cast<int64_t>(multiple), parts);
  }
  return Dim::unknown();
}

void scale_dims(InferContext& context, size_t index, Shape& output) {
  const Tensor* scales = context.constant(index);
  const std::vector<size_t> axes = resized_axes(context.node(), output.rank());
  if (scales && scales->size() != static_cast<int64_t>(axes.size()))
    context.fail("{} scales for {} axes", scales->size(), axes.size());
  const std::vector<double> factors = scales ? scales->to_double() : std::vector<double>(axes.size(), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    if (scales && !(factors[i] > 0)) context.fail("a scale is {}", factors[i]);
    output[axes[i]] = scales ? scaled(output[axes[i]], static_cast<float>(factors[i])) : Dim::unknown();
  }
}

void size_dims(InferContext& context, Shape& output) {
  const std::vector<size_t> axes = resized_axes(context.node(), output.rank());
  const auto sizes = context.elements(3);
  if (sizes && sizes->size() != axes.size()) context.fail("{} sizes for {} axes", sizes->size(), axes.size());
  std::vector<int64_t> lengths, wanted;
  for (size_t i = 0; sizes && i < axes.size(); ++i)
    if (output[axes[i]].is_known() && (*sizes)[i].is_known()) {
      lengths.push_back(output[axes[i]].value());
      wanted.push_back((*sizes)[i].value());
    }
  const bool stretched = string_attr(context.node(), "keep_aspect_ratio_policy") == "stretch";
  const bool all_known = sizes && wanted.size() == axes.size();
  const auto common = all_known ? common_scale(context.node(), lengths, wanted) : std::nullopt;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (!sizes || (!stretched && !common))
      output[axes[i]] = Dim::unknown();
    else
      output[axes[i]] = common ? Dim(rounded_length(lengths[i], *common)) : (*sizes)[i];
  }
}

bool is_given(const InferContext& context, size_t index) {
  if (!context.has_input(index)) return false;
  const Shape& shape = context.input_shape(index);
  return !(shape.has_rank() && shape.element_count().equals(0));  // an empty tensor stands for a missing one
}

void infer_resize(InferContext& context) {
  Shape output = context.input_shape(0);
  if (output.has_rank()) {
    const bool is_upsample = context.node().op() == OpName("Upsample");
    if (is_upsample || is_given(context, 2))
      scale_dims(context, is_upsample ? 1 : 2, output);
    else if (is_given(context, 3))
      size_dims(context, output);
    else if (output.rank() > 0)
      context.fail("neither scales nor sizes are given");
  }
  context.set_output(0, context.input_dtype(0), output);
}

// --- kernels

void resize_nearest(KernelContext& context, const ResizePlan& plan) {
  const Tensor& input = context.input(0);
  Tensor& output = context.allocate(0, input.dtype(), plan.output_dims());
  if (output.size() == 0) return;
  std::vector<std::vector<int64_t>> maps;
  bool covers = true;
  for (const ResizeAxis& axis : plan.axes) {
    maps.push_back(nearest_indices(plan, axis));
    covers = covers && std::find(maps.back().begin(), maps.back().end(), -1) == maps.back().end();
  }
  if (!covers) fill_with(output, Tensor::filled(input.dtype(), {}, plan.extrapolation_value));
  copy_mapped(context.threads(), input, maps, output);
}

// An entry of the output as the sum of two of the input. One that takes a single entry takes it twice by half, which is
// exact and keeps infinities.
template <class Real>
struct TwoTaps {
  std::vector<int64_t> first, second;
  std::vector<Real> first_weight, second_weight;
};

// Nothing when an entry needs more of them, or none.
template <class Real>
std::optional<TwoTaps<Real>> two_taps(const AxisWeights& weights) {
  TwoTaps<Real> taps;
  for (size_t x = 0; x + 1 < weights.first.size(); ++x) {
    const auto begin = static_cast<size_t>(weights.first[x]), end = static_cast<size_t>(weights.first[x + 1]);
    if (end - begin != 1 && end - begin != 2) return std::nullopt;
    const double share = end - begin == 1 ? 0.5 : 1;
    taps.first.push_back(weights.indices[begin]);
    taps.second.push_back(weights.indices[end - 1]);
    taps.first_weight.push_back(static_cast<Real>(share * weights.weights[begin]));
    taps.second_weight.push_back(static_cast<Real>(share * weights.weights[end - 1]));
  }
  return taps;
}

// One axis of `source`, [outer, length, inner] around it.
template <class Real>
void mix_two(ThreadPool& threads, const Real* source, Real* target, const AxisSplit& split,
             const TwoTaps<Real>& taps) {
  const size_t length = taps.first.size();
  const int64_t made = static_cast<int64_t>(length) * split.inner;  // per outer entry
  threads.parallel_for(split.outer, std::max<int64_t>(1, 8192 / made), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Real* from = source + i * split.length * split.inner;
      Real* to = target + i * made;
      if (split.inner == 1) {
        for (size_t x = 0; x < length; ++x)
          to[x] = taps.first_weight[x] * from[taps.first[x]] + taps.second_weight[x] * from[taps.second[x]];
        continue;
      }
      for (size_t x = 0; x < length; ++x, to += split.inner) {
        const Real *one = from + taps.first[x] * split.inner, *other = from + taps.second[x] * split.inner;
        const Real a = taps.first_weight[x], b = taps.second_weight[x];
        for (int64_t k = 0; k < split.inner; ++k) to[k] = a * one[k] + b * other[k];
      }
    }
  });
}

template <class Real>
void resize_axis(ThreadPool& threads, const Real* source, Real* target, const AxisSplit& split,
                 const AxisWeights& weights, int64_t length) {
  if (const auto taps = two_taps<Real>(weights)) return mix_two(threads, source, target, split, *taps);
  const std::vector<Real> factors(weights.weights.begin(), weights.weights.end());
  threads.parallel_for(split.outer * length, std::max<int64_t>(1, 4096 / split.inner),
                       [&](int64_t begin, int64_t end) {
                         for (int64_t i = begin; i < end; ++i) {
                           const auto x = static_cast<size_t>(i % length);
                           const Real* from = source + i / length * split.length * split.inner;
                           Real* to = target + i * split.inner;
                           std::fill_n(to, split.inner, Real(0));
                           for (int64_t j = weights.first[x]; j < weights.first[x + 1]; ++j) {
                             const Real factor = factors[static_cast<size_t>(j)];
                             const Real* line = from + weights.indices[static_cast<size_t>(j)] * split.inner;
                             for (int64_t k = 0; k < split.inner; ++k) to[k] += factor * line[k];
                           }
                         }
                       });
}

// The resized axes in the order of least work: those that shrink first, inner loops over whole rows where there is a
// choice (an outer axis shrinks before, and grows after, the axes inside it).
std::vector<size_t> cheapest_order(const ResizePlan& plan) {
  std::vector<size_t> order;
  for (size_t axis = 0; axis < plan.axes.size(); ++axis)
    if (plan.axes[axis].resized()) order.push_back(axis);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const float one = plan.axes[a].scale, other = plan.axes[b].scale;
    if (one != other) return one < other;
    return one < 1 ? a < b : a > b;
  });
  return order;
}

// Integers: cut off, as ONNX Runtime does it, but rounded where antialiasing averages (as it and imaging libraries do);
// cubic filters overshoot, so the value is brought into the type's range.
template <class T, class Real>
T to_element(Real value, bool rounds) {
  if constexpr (std::is_integral_v<T>) {
    const Real lowest = static_cast<Real>(std::numeric_limits<T>::min());
    const Real highest = static_cast<Real>(std::numeric_limits<T>::max());
    const Real whole = rounds ? std::floor(value + Real(0.5)) : std::trunc(value);
    if (!(whole > lowest)) return std::numeric_limits<T>::min();
    return whole >= highest ? std::numeric_limits<T>::max() : static_cast<T>(whole);
  } else {
    return static_cast<T>(value);
  }
}

template <class T>
void interpolate(KernelContext& context, const ResizePlan& plan) {
  using Real = std::conditional_t<std::is_same_v<T, double> || sizeof(T) >= 4, double, float>;
  using Work = std::conditional_t<std::is_same_v<T, float>, float, Real>;
  const Tensor& input = context.input(0);
  Tensor& output = context.allocate(0, input.dtype(), plan.output_dims());
  if (output.size() == 0) return;
  const T* source = reinterpret_cast<const T*>(input.bytes().data());
  T* target = reinterpret_cast<T*>(output.mutable_bytes().data());
  constexpr bool kInPlace = std::is_same_v<T, Work>;  // no conversion at either end
  std::vector<Work> memory, next;
  const Work* current = nullptr;
  if constexpr (kInPlace) {
    current = source;
  } else {
    memory.assign(source, source + input.size());
    current = memory.data();
  }
  Dims dims = input.dims();
  std::vector<std::vector<bool>> outside(dims.size());
  bool any_outside = false;
  const std::vector<size_t> order = cheapest_order(plan);
  for (const size_t axis : order) {
    const AxisWeights weights = interpolation_weights(plan, plan.axes[axis]);
    for (size_t i = 0; i + 1 < weights.first.size(); ++i) {
      outside[axis].push_back(weights.first[i] == weights.first[i + 1]);
      any_outside = any_outside || outside[axis].back();
    }
    const AxisSplit split = split_at(dims, axis);
    dims[axis] = plan.axes[axis].output;
    Work* made = nullptr;
    if constexpr (kInPlace)
      if (axis == order.back()) made = target;
    if (!made) {
      next.resize(static_cast<size_t>(element_count(dims)));
      made = next.data();
    }
    resize_axis(context.threads(), current, made, split, weights, dims[axis]);
    current = made;
    if (made != reinterpret_cast<Work*>(target)) std::swap(memory, next);
  }
  if constexpr (!kInPlace)
    for (int64_t i = 0; i < output.size(); ++i) target[i] = to_element<T>(current[i], plan.antialias);
  if (!any_outside) return;
  const T extrapolated = to_element<T>(static_cast<Work>(plan.extrapolation_value), false);
  Walk walk(dims, Dims(dims.size(), 0));
  for (int64_t i = 0; i < output.size(); ++i, walk.next())
    for (size_t axis = 0; axis < dims.size(); ++axis)
      if (!outside[axis].empty() && outside[axis][static_cast<size_t>(walk.index()[axis])])
        target[i] = extrapolated;
}

void resize_kernel(KernelContext& context) {
  const ResizePlan plan = plan_resize(context);
  const bool unchanged =
      std::none_of(plan.axes.begin(), plan.axes.end(), [](const ResizeAxis& axis) { return axis.resized(); });
  if (unchanged) return context.set_output(0, context.input(0));
  if (plan.mode == ResizeMode::nearest) return resize_nearest(context, plan);
  visit_types(
      context, context.input(0).dtype(), [&](auto zero) { interpolate<decltype(zero)>(context, plan); },
      FloatTypes(), WideIntegers(), NarrowIntegers());
}

// --- axis rule

// Constant parameters are permuted; otherwise the attribute `axes` says which axis each of their entries is for.
std::optional<AxisMove> resize_axes(const Node& node, size_t index, const Permutation& p) {
  if (index != 0) return std::nullopt;
  AxisMove move = move_first_input(node, p, p);
  const auto given = optional_ints(node, "axes");
  bool constant = !given;
  for (size_t i = 1; constant && i < node.input_count(); ++i) {
    if (!node.input(i)) continue;
    const Tensor* parameter = constant_input(node, i);
    const auto entries = parameter ? static_cast<size_t>(parameter->size()) : p.size() + 1;
    if (entries == 0) continue;
    if (entries == p.size() && parameter->dtype() == DType::int64)
      move.replaced_inputs.emplace_back(i, Tensor::vector(permute_values(parameter->to_int64(), p)));
    else if (entries == p.size() && parameter->dtype() == DType::float32) {
      const Tensor aligned = parameter->aligned();
      const auto data = aligned.data<float>();
      move.replaced_inputs.emplace_back(
          i, Tensor::vector(permute_values(std::vector<float>(data.begin(), data.end()), p)));
    } else
      constant = false;
  }
  if (constant) return move;
  if (node.op() == OpName("Upsample")) return std::nullopt;
  move.replaced_inputs.clear();
  std::vector<int64_t> axes(p.size());
  std::iota(axes.begin(), axes.end(), int64_t{0});
  const auto renumbered = renumber_axes(given.value_or(axes), p);
  if (!renumbered) return std::nullopt;
  move.attrs.set("axes", *renumbered);
  return move;
}

}  // namespace

OpDefs resize_ops() {
  const auto define = [](const char* name) {
    return OpDef(name).infer(infer_resize).axes(resize_axes).evaluate(resize_kernel).widen_half();
  };
  return {define("Resize"), define("Upsample")};
}

}  // namespace modelconv
