// BatchNormalization, InstanceNormalization, GroupNormalization, LRN: axis 1 holds the channels.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"
#include "ops/broadcast_parameter.h"
#include "ops/moments.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

// The input as [batches, channels, places].
struct Channels {
  int64_t batches, channels, places;
};

Channels split_channels(const KernelContext& context) {
  const Dims& dims = context.input(0).dims();
  if (dims.empty()) context.fail("a scalar has no channels");
  Channels c{dims[0], dims.size() > 1 ? dims[1] : 1, 1};
  for (size_t i = 2; i < dims.size(); ++i) c.places *= dims[i];
  return c;
}

// y = factor * x + offset for the planes of all channels; factors(batch, channel) gives both.
template <class T, class Factors>
void scale_planes(KernelContext& context, const Channels& c, const Factors& factors) {
  const Tensor& x = context.input(0);
  const T* source = x.data<T>().data();
  T* target = context.allocate(0, x.dtype(), x.dims(), 0).template mutable_data<T>().data();
  context.threads().parallel_for(
      c.batches * c.channels, 1 + 16384 / (c.places + 1), [&](int64_t begin, int64_t end) {
        for (int64_t plane = begin; plane < end; ++plane) {
          const auto [factor, offset] = factors(plane / c.channels, plane % c.channels);
          for (int64_t i = plane * c.places; i < (plane + 1) * c.places; ++i)
            target[i] = source[i] * factor + offset;
        }
      });
}

template <class T>
struct Factors {
  T factor, offset;
};

template <class T>
Factors<T> normalizing(double mean, double variance, double epsilon, double scale, double bias) {
  const double factor = scale / std::sqrt(variance + epsilon);
  return {static_cast<T>(factor), static_cast<T>(bias - mean * factor)};
}

// --- BatchNormalization
void infer_batch_normalization(InferContext& context) {
  infer_same_as_first(context);
  for (size_t i : {1, 2}) context.set_output_type(i, context.input_type(i + 2));
}

// Mean and variance of each channel over batches and places.
template <class T>
std::vector<Moments> channel_moments(const Channels& c, const T* x) {
  std::vector<Moments> result;
  const double count = static_cast<double>(c.batches * c.places);
  for (int64_t channel = 0; channel < c.channels; ++channel) {
    double sum = 0, squares = 0;
    const auto visit = [&](const auto& add) {
      for (int64_t batch = 0; batch < c.batches; ++batch)
        for (int64_t i = 0; i < c.places; ++i)
          add(static_cast<double>(x[(batch * c.channels + channel) * c.places + i]));
    };
    visit([&](double value) { sum += value; });
    const double mean = sum / count;
    visit([&](double value) { squares += (value - mean) * (value - mean); });
    result.push_back({mean, squares / count});
  }
  return result;
}

void set_running(KernelContext& context, size_t output, const std::vector<double>& old,
                 const std::vector<double>& now) {
  if (!context.wants_output(output)) return;
  const double momentum = float_attr(context.node(), "momentum");
  const DType dtype = context.input(output + 2).dtype();
  Tensor& result = context.allocate(output, dtype, {static_cast<int64_t>(old.size())});
  visit_types(
      context, dtype,
      [&]<class T>(T) {
        for (size_t i = 0; i < old.size(); ++i)
          result.mutable_data<T>()[i] = static_cast<T>(old[i] * momentum + now[i] * (1 - momentum));
      },
      FloatTypes());
}

template <class T>
void batch_normalization(KernelContext& context) {
  Channels c = split_channels(context);
  const auto scale = channel_parameter<double>(context, 1, c.channels);
  const auto bias = channel_parameter<double>(context, 2, c.channels);
  std::vector<double> mean = channel_parameter<double>(context, 3, c.channels);
  std::vector<double> variance = channel_parameter<double>(context, 4, c.channels);
  if (int_attr(context.node(), "training_mode") != 0) {
    const auto old_mean = mean, old_variance = variance;
    const std::vector<Moments> now = channel_moments(c, context.input(0).data<T>().data());
    for (size_t i = 0; i < now.size(); ++i) mean[i] = now[i].mean, variance[i] = now[i].variance;
    set_running(context, 1, old_mean, mean);
    set_running(context, 2, old_variance, variance);
  } else {
    for (size_t i : {1, 2})
      if (context.wants_output(i)) context.set_output(i, context.input(i + 2));
  }
  const double epsilon = float_attr(context.node(), "epsilon");
  scale_planes<T>(context, c, [&](int64_t, int64_t channel) {
    const auto i = static_cast<size_t>(channel);
    return normalizing<T>(mean[i], variance[i], epsilon, scale[i], bias[i]);
  });
}

// --- InstanceNormalization and GroupNormalization
template <class T>
void group_normalization(KernelContext& context, int64_t groups) {
  const Channels c = split_channels(context);
  if (groups < 1 || c.channels % groups != 0) context.fail("{} channels in {} groups", c.channels, groups);
  const auto scale = channel_parameter<double>(context, 1, c.channels);
  const auto bias = channel_parameter<double>(context, 2, c.channels);
  const double epsilon = float_attr(context.node(), "epsilon");
  const int64_t per_group = c.channels / groups;
  std::vector<Moments> moments(static_cast<size_t>(c.batches * groups));
  const T* x = context.input(0).data<T>().data();
  const int64_t size = per_group * c.places;
  context.threads().parallel_for(c.batches * groups, 1 + 16384 / (size + 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) moments[static_cast<size_t>(i)] = moments_of(x + i * size, size);
  });
  scale_planes<T>(context, c, [&](int64_t batch, int64_t channel) {
    const Moments& m = moments[static_cast<size_t>(batch * groups + channel / per_group)];
    const auto i = static_cast<size_t>(channel);
    return normalizing<T>(m.mean, m.variance, epsilon, scale[i], bias[i]);
  });
}

struct Batch {
  template <class T>
  static void run(KernelContext& context) {
    batch_normalization<T>(context);
  }
};

struct Instance {
  template <class T>
  static void run(KernelContext& context) {
    if (context.input(0).rank() < 2) context.fail("the input has no channel axis");
    group_normalization<T>(context, std::max<int64_t>(1, context.input(0).dims()[1]));
  }
};

struct Group {
  template <class T>
  static void run(KernelContext& context) {
    if (context.input(0).rank() < 2) context.fail("the input has no channel axis");
    group_normalization<T>(context, int_attr(context.node(), "num_groups"));
  }
};

// y = x / (bias + alpha / size * sum of the squares of `size` neighbouring channels)^beta
struct LocalResponse {
  template <class T>
  static void run(KernelContext& context) {
    const Channels c = split_channels(context);
    const Node& node = context.node();
    const int64_t size = int_attr(node, "size");
    if (size < 1) context.fail("size is {}", size);
    const T alpha = static_cast<T>(float_attr(node, "alpha") / static_cast<float>(size));
    const T beta = static_cast<T>(float_attr(node, "beta")), bias = static_cast<T>(float_attr(node, "bias"));
    const Tensor& x = context.input(0);
    const T* source = x.data<T>().data();
    T* target = context.allocate(0, x.dtype(), x.dims()).template mutable_data<T>().data();
    context.threads().parallel_for(
        c.batches * c.channels, 1 + 4096 / (c.places + 1), [&](int64_t begin, int64_t end) {
          std::vector<T> sums(static_cast<size_t>(c.places));
          for (int64_t plane = begin; plane < end; ++plane) {
            const int64_t first = plane / c.channels * c.channels, channel = plane % c.channels;
            const int64_t reach = std::min(size - 1, c.channels);
            const int64_t low = std::max<int64_t>(0, channel - std::min(c.channels, (size - 1) / 2));
            const int64_t high = std::min(c.channels - 1, channel + std::min(c.channels, reach - reach / 2));
            std::fill(sums.begin(), sums.end(), T(0));
            for (int64_t other = low; other <= high; ++other)
              for (int64_t i = 0; i < c.places; ++i) {
                const T value = source[(first + other) * c.places + i];
                sums[static_cast<size_t>(i)] += value * value;
              }
            for (int64_t i = 0; i < c.places; ++i)
              target[plane * c.places + i] =
                  source[plane * c.places + i] / std::pow(bias + alpha * sums[static_cast<size_t>(i)], beta);
          }
        });
  }
};

template <class Function>
void run_float(KernelContext& context) {
  visit_types(
      context, context.input(0).dtype(), [&]<class T>(T) { Function::template run<T>(context); },
      FloatTypes());
}

// Spatial axes may change places; batch and channel stay.
std::optional<AxisMove> move_spatial_axes(const Node& node, size_t index, const Permutation& p) {
  if (index != 0 || p.size() < 2 || p[0] != 0 || p[1] != 1) return std::nullopt;
  AxisMove move;
  move.inputs.resize(node.input_count());
  move.inputs[0] = p;
  move.attrs = node.attrs;
  move.outputs.resize(node.output_count());
  move.outputs[0] = p;
  return move;
}

template <class Function>
OpDef channel_op(const char* name, InferFn rule = infer_same_as_first) {
  return OpDef(name).infer(rule).axes(move_spatial_axes).evaluate(run_float<Function>).widen_half();
}

}  // namespace

OpDefs channel_normalization_ops() {
  return {channel_op<Batch>("BatchNormalization", infer_batch_normalization),
          channel_op<Instance>("InstanceNormalization"), channel_op<Group>("GroupNormalization"),
          channel_op<LocalResponse>("LRN")};
}

}  // namespace modelconv
