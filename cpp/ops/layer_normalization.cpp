// LayerNormalization, RMSNormalization, LpNormalization, MeanVarianceNormalization: over named axes.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"
#include "ops/broadcast_parameter.h"
#include "ops/moments.h"
#include "ops/reduce_plan.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

size_t first_axis(const Node& node, size_t rank) { return normalize_axis(int_attr(node, "axis"), rank); }

// Scale or bias over the normalised axes, or over the whole input when it differs between lines.
template <class T>
std::vector<T> line_parameter(const KernelContext& context, size_t index, const Dims& dims, size_t axis) {
  const Tensor& parameter = context.input(index);
  const size_t lines = dims.size() - axis;
  if (parameter.rank() <= lines)
    return broadcast_parameter<T>(context, parameter,
                                  Dims(dims.begin() + static_cast<std::ptrdiff_t>(axis), dims.end()));
  return broadcast_parameter<T>(context, parameter, dims);
}

struct Lines {
  int64_t count = 1, length = 1;
  Dims statistics;  // the input's dims with the normalised ones 1
};

Lines split_lines(const Dims& dims, size_t axis) {
  Lines lines;
  for (size_t i = 0; i < dims.size(); ++i) {
    (i < axis ? lines.count : lines.length) *= dims[i];
    lines.statistics.push_back(i < axis ? dims[i] : 1);
  }
  return lines;
}

// Calls line(x, y, first element's number, line number) for every line.
template <class T, class Line>
void for_each_line(KernelContext& context, const Lines& lines, const Line& line) {
  const Tensor& x = context.input(0);
  const T* source = x.data<T>().data();
  T* target = context.allocate(0, x.dtype(), x.dims()).template mutable_data<T>().data();
  context.threads().parallel_for(lines.count, 1 + 16384 / (lines.length + 1),
                                 [&](int64_t begin, int64_t end) {
                                   for (int64_t i = begin; i < end; ++i)
                                     line(source + i * lines.length, target + i * lines.length, i);
                                 });
}

// --- LayerNormalization
void infer_layer_normalization(InferContext& context) {
  infer_same_as_first(context);
  Shape statistics = context.input_shape(0);
  if (statistics.has_rank())
    for (size_t i = first_axis(context.node(), statistics.rank()); i < statistics.rank(); ++i)
      statistics[i] = 1;
  const DType stash = int_attr(context.node(), "stash_type") == 16 ? DType::bfloat16 : DType::float32;
  for (size_t i : {1, 2}) context.set_output(i, stash, statistics);
}

template <class T>
void layer_normalization(KernelContext& context) {
  const Dims& dims = context.input(0).dims();
  const size_t axis = first_axis(context.node(), dims.size());
  const Lines lines = split_lines(dims, axis);
  const std::vector<T> scale = line_parameter<T>(context, 1, dims, axis);
  const std::vector<T> bias =
      context.has_input(2) ? line_parameter<T>(context, 2, dims, axis) : std::vector<T>{0};
  const double epsilon = float_attr(context.node(), "epsilon");
  float* statistics[2] = {nullptr, nullptr};
  for (size_t i : {0, 1})
    if (context.wants_output(i + 1))
      statistics[i] = context.allocate(i + 1, DType::float32, lines.statistics).mutable_data<float>().data();
  const auto lines_of = [&](const std::vector<T>& v) {
    return static_cast<int64_t>(v.size()) / lines.length;
  };
  const int64_t scale_lines = lines.length == 0 ? 1 : lines_of(scale);
  const int64_t bias_lines = lines.length == 0 || bias.size() == 1 ? 1 : lines_of(bias);
  const int64_t bias_step = bias.size() == 1 ? 0 : 1;
  for_each_line<T>(context, lines, [&](const T* x, T* y, int64_t line) {
    const Moments moments = moments_of(x, lines.length);
    const double inverse_deviation = 1 / std::sqrt(moments.variance + epsilon);
    if (statistics[0]) statistics[0][line] = static_cast<float>(moments.mean);
    if (statistics[1]) statistics[1][line] = static_cast<float>(inverse_deviation);
    const T* factor = scale.data() + line % scale_lines * lines.length;
    const T* offset = bias.data() + line % bias_lines * lines.length * bias_step;
    const T mean = static_cast<T>(moments.mean), inverse = static_cast<T>(inverse_deviation);
    for (int64_t i = 0; i < lines.length; ++i)
      y[i] = (x[i] - mean) * inverse * factor[i] + offset[i * bias_step];
  });
}

void run_layer_normalization(KernelContext& context) {
  visit_types(
      context, context.input(0).dtype(), [&]<class T>(T) { layer_normalization<T>(context); }, FloatTypes());
}

// --- RMSNormalization
void infer_rms_normalization(InferContext& context) {
  context.set_output(0, context.input_dtype(1), context.input_shape(0));
}

template <class T>
void rms_normalization(KernelContext& context) {
  const Dims& dims = context.input(0).dims();
  const size_t axis = first_axis(context.node(), dims.size());
  const Lines lines = split_lines(dims, axis);
  const std::vector<T> scale = line_parameter<T>(context, 1, dims, axis);
  const double epsilon = float_attr(context.node(), "epsilon");
  const int64_t scale_lines = lines.length == 0 ? 1 : static_cast<int64_t>(scale.size()) / lines.length;
  for_each_line<T>(context, lines, [&](const T* x, T* y, int64_t line) {
    const T inverse = static_cast<T>(1 / std::sqrt(mean_square(x, lines.length) + epsilon));
    const T* factor = scale.data() + line % scale_lines * lines.length;
    for (int64_t i = 0; i < lines.length; ++i) y[i] = x[i] * inverse * factor[i];
  });
}

void run_rms_normalization(KernelContext& context) {
  const DType scale = context.input(1).dtype(), wanted = context.input(0).dtype();
  visit_types(context, wanted, [&]<class T>(T) { rms_normalization<T>(context); }, FloatTypes());
  if (scale == wanted || context.node().output()->dtype() == wanted) return;
  // The result has the scale's type.
  const std::vector<double> values = context.output(0).tensor().to_double();
  if (scale == DType::float64) return context.set_output(0, Tensor::of(context.input(0).dims(), values));
  context.set_output(0,
                     Tensor::of(context.input(0).dims(), std::vector<float>(values.begin(), values.end())));
}

// Axes in front of the normalised ones may change places among themselves.
std::optional<AxisMove> move_leading_axes(const Node& node, size_t index, const Permutation& p) {
  if (index != 0) return std::nullopt;
  for (size_t i = first_axis(node, p.size()); i < p.size(); ++i)
    if (p[i] != i) return std::nullopt;
  for (size_t i = 1; i < node.input_count();
       ++i) {  // parameters that differ between lines would have to follow
    const Value* parameter = node.input(i);
    if (parameter &&
        (!parameter->shape().has_rank() || parameter->shape().rank() > p.size() - first_axis(node, p.size())))
      return std::nullopt;
  }
  AxisMove move;
  move.inputs.resize(node.input_count());
  move.inputs[0] = p;
  move.outputs.assign(node.output_count(), p);
  move.attrs = node.attrs;
  if (move.attrs.has(
          "axis"))  // the same from either end, but it may have been a negative one of another rank
    move.attrs.set("axis", static_cast<int64_t>(first_axis(node, p.size())));
  return move;
}

// --- LpNormalization
template <class T>
void lp_normalization(KernelContext& context) {
  const Tensor& x = context.input(0);
  const int64_t p = int_attr(context.node(), "p");
  if (p != 1 && p != 2) context.fail("p is {}, not 1 or 2", p);
  const size_t axis = first_axis(context.node(), x.rank());
  int64_t inner = 1;
  for (size_t i = axis + 1; i < x.rank(); ++i) inner *= x.dims()[i];
  const int64_t length = x.dims()[axis];
  const T* source = x.data<T>().data();
  T* target = context.allocate(0, x.dtype(), x.dims()).template mutable_data<T>().data();
  if (x.size() == 0) return;
  context.threads().parallel_for(x.size() / length, 1 + 8192 / length, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t first = line / inner * length * inner + line % inner;
      double sum = 0;
      for (int64_t i = 0; i < length; ++i) {
        const double value = source[first + i * inner];
        sum += p == 1 ? std::abs(value) : value * value;
      }
      const T norm = static_cast<T>(p == 1 ? sum : std::sqrt(sum));
      for (int64_t i = 0; i < length; ++i)  // zeros stay zeros
        target[first + i * inner] = norm == 0 ? T(0) : source[first + i * inner] / norm;
    }
  });
}

void run_lp_normalization(KernelContext& context) {
  visit_types(
      context, context.input(0).dtype(), [&]<class T>(T) { lp_normalization<T>(context); }, FloatTypes());
}

// --- MeanVarianceNormalization: (x - mean) / (deviation + 1e-9), as the operator's function body in onnx says
template <class T>
void mean_variance_normalization(KernelContext& context) {
  const Tensor& x = context.input(0);
  const ReducePlan plan =
      plan_reduction(x.dims(), mark_axes(ints_attr(context.node(), "axes"), x.rank()), true);
  const T* source = x.data<T>().data();
  T* target = context.allocate(0, x.dtype(), x.dims()).template mutable_data<T>().data();
  if (x.size() == 0) return;
  context.threads().parallel_for(
      plan.outputs, 1 + 8192 / plan.reduced_count(), [&](int64_t begin, int64_t end) {
        for (int64_t output = begin; output < end; ++output) {
          const int64_t first = plan.kept_offset(output / plan.inner) + output % plan.inner;
          const auto visit = [&](const auto& each) {
            for (int64_t offset : plan.reduced_offsets)
              for (int64_t j = 0; j < plan.length; ++j) each(first + offset + j * plan.step);
          };
          const double count = static_cast<double>(plan.reduced_count());
          double sum = 0, squares = 0;
          visit([&](int64_t i) { sum += static_cast<double>(source[i]); });
          const double mean = sum / count;
          visit([&](int64_t i) {
            squares += (static_cast<double>(source[i]) - mean) * (static_cast<double>(source[i]) - mean);
          });
          const double divisor = std::sqrt(squares / count) + 1e-9;
          visit([&](int64_t i) {
            target[i] = static_cast<T>((static_cast<double>(source[i]) - mean) / divisor);
          });
        }
      });
}

void run_mean_variance(KernelContext& context) {
  visit_types(
      context, context.input(0).dtype(), [&]<class T>(T) { mean_variance_normalization<T>(context); },
      FloatTypes());
}

std::optional<AxisMove> move_mean_variance(const Node& node, size_t index, const Permutation& p) {
  if (index != 0) return std::nullopt;
  const std::vector<bool> normalized = mark_axes(ints_attr(node, "axes"), p.size());
  AxisMove move = move_reduction(node, p, normalized, true);
  std::vector<int64_t> axes;
  for (size_t i = 0; i < p.size(); ++i)
    if (normalized[p[i]]) axes.push_back(static_cast<int64_t>(i));
  move.attrs.set("axes", axes);
  return move;
}

}  // namespace

OpDefs layer_normalization_ops() {
  return {
      OpDef("LayerNormalization")
          .infer(infer_layer_normalization)
          .axes(move_leading_axes)
          .evaluate(run_layer_normalization)
          .widen_half(),
      OpDef("RMSNormalization")
          .infer(infer_rms_normalization)
          .axes(move_leading_axes)
          .evaluate(run_rms_normalization)
          .widen_half(),
      OpDef("LpNormalization")
          .infer(infer_same_as_first)
          .axes(axes_follow_axis)
          .evaluate(run_lp_normalization)
          .widen_half(),
      OpDef("MeanVarianceNormalization")
          .infer(infer_same_as_first)
          .axes(move_mean_variance)
          .evaluate(run_mean_variance)
          .widen_half(),
  };
}

}  // namespace modelconv
