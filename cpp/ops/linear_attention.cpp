// LinearAttention and CausalConvWithState: recurrent layers that carry a state from call to call.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"

namespace modelconv {
namespace {

// --- LinearAttention: float and, widened, the half types
struct Sizes {
  int64_t batch, steps, q_heads, kv_heads, key, value;  // key and value: sizes of one head
  bool gated, corrects;
  int64_t decay_columns, beta_columns;
};

int64_t head_size(const KernelContext& context, size_t index, int64_t heads) {
  const Dims& dims = context.input(index).dims();
  if (dims.size() != 3 || dims[2] % heads != 0)
    context.fail("input {} is not [batch, steps, heads * size]", index);
  return dims[2] / heads;
}

Sizes read_sizes(const KernelContext& context) {
  const Node& node = context.node();
  const std::string rule = string_attr(node, "update_rule");
  if (rule != "linear" && rule != "gated" && rule != "delta" && rule != "gated_delta")
    context.fail("unknown update_rule '{}'", rule);
  Sizes s{};
  s.q_heads = int_attr(node, "q_num_heads");
  s.kv_heads = int_attr(node, "kv_num_heads");
  if (s.q_heads < 1 || s.kv_heads < 1 || s.q_heads % s.kv_heads != 0)
    context.fail("{} query heads for {} key heads", s.q_heads, s.kv_heads);
  s.key = head_size(context, 0, s.q_heads);
  s.value = head_size(context, 2, s.kv_heads);
  s.batch = context.input(0).dims()[0];
  s.steps = context.input(0).dims()[1];
  s.gated = rule == "gated" || rule == "gated_delta";
  s.corrects = rule == "delta" || rule == "gated_delta";
  if (head_size(context, 1, s.kv_heads) != s.key) context.fail("queries and keys differ in size");
  const auto check = [&](size_t index) {
    const Dims& dims = context.input(index).dims();
    if (dims.size() != 3 || dims[0] != s.batch || dims[1] != s.steps)
      context.fail("input {} does not fit", index);
    return dims[2];
  };
  check(1);
  check(2);
  if (context.has_input(4) != s.gated || context.has_input(5) != s.corrects)
    context.fail("update_rule '{}' takes {} decay and {} beta", rule, s.gated ? "a" : "no",
                 s.corrects ? "a" : "no");
  if (s.gated) s.decay_columns = check(4);
  if (s.corrects) s.beta_columns = check(5);
  if (s.gated && s.decay_columns != s.kv_heads && s.decay_columns != s.kv_heads * s.key)
    context.fail("decay does not fit");
  if (s.corrects && s.beta_columns != s.kv_heads && s.beta_columns != 1) context.fail("beta does not fit");
  if (context.has_input(3) && context.input(3).dims() != Dims{s.batch, s.kv_heads, s.key, s.value})
    context.fail("the past state does not fit");
  return s;
}

struct Arguments {
  const float *q, *k, *v, *decay, *beta;
  float scale;
};

// One key head of one batch through all steps; state is [key, value].
void run_head(const Sizes& s, const Arguments& in, int64_t b, int64_t head, float* state, float* out) {
  std::vector<float> update(static_cast<size_t>(s.value));
  const int64_t group = s.q_heads / s.kv_heads;
  for (int64_t t = 0; t < s.steps; ++t) {
    const int64_t place = b * s.steps + t;
    const float* k = in.k + (place * s.kv_heads + head) * s.key;
    const float* v = in.v + (place * s.kv_heads + head) * s.value;
    std::copy_n(v, s.value, update.begin());
    if (s.gated) {
      const bool per_head = s.decay_columns == s.kv_heads;
      const float* decay = in.decay + place * s.decay_columns + (per_head ? head : head * s.key);
      for (int64_t i = 0; i < s.key; ++i) {
        const float factor = std::exp(decay[per_head ? 0 : i]);
        for (int64_t j = 0; j < s.value; ++j) state[i * s.value + j] *= factor;
      }
    }
    if (s.corrects) {
      for (int64_t i = 0; i < s.key; ++i)
        for (int64_t j = 0; j < s.value; ++j) update[static_cast<size_t>(j)] -= state[i * s.value + j] * k[i];
      const float beta = in.beta[place * s.beta_columns + (s.beta_columns == 1 ? 0 : head)];
      for (float& value : update) value *= beta;
    }
    for (int64_t i = 0; i < s.key; ++i)
      for (int64_t j = 0; j < s.value; ++j) state[i * s.value + j] += k[i] * update[static_cast<size_t>(j)];
    for (int64_t reader = head * group; reader < (head + 1) * group; ++reader) {
      const float* q = in.q + (place * s.q_heads + reader) * s.key;
      float* y = out + (place * s.q_heads + reader) * s.value;
      std::fill_n(y, s.value, 0.0F);
      for (int64_t i = 0; i < s.key; ++i)
        for (int64_t j = 0; j < s.value; ++j) y[j] += in.scale * q[i] * state[i * s.value + j];
    }
  }
}

void run_linear_attention(KernelContext& context) {
  const Sizes s = read_sizes(context);
  const auto data = [&](size_t index) {
    return context.has_input(index) ? context.input(index).data<float>().data() : nullptr;
  };
  const float given = float_attr(context.node(), "scale");
  const Arguments in{data(0), data(1), data(2),
                     data(4), data(5), given != 0 ? given : 1 / std::sqrt(static_cast<float>(s.key))};
  const int64_t size = s.key * s.value;
  std::vector<float> state(static_cast<size_t>(s.batch * s.kv_heads * size), 0);
  if (context.has_input(3)) std::copy_n(data(3), state.size(), state.begin());
  float* y = context.allocate(0, DType::float32, {s.batch, s.steps, s.q_heads * s.value})
                 .mutable_data<float>()
                 .data();
  context.threads().parallel_for(s.batch * s.kv_heads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      run_head(s, in, i / s.kv_heads, i % s.kv_heads, state.data() + i * size, y);
  });
  if (!context.wants_output(1)) return;
  Tensor& present = context.allocate(1, DType::float32, {s.batch, s.kv_heads, s.key, s.value});
  std::copy(state.begin(), state.end(), present.mutable_data<float>().begin());
}

void infer_linear_attention(InferContext& context) {
  const Shape &q = context.input_shape(0), &v = context.input_shape(2);
  const Dim q_heads = int_attr(context.node(), "q_num_heads"),
            kv_heads = int_attr(context.node(), "kv_num_heads");
  if (!q_heads.known().value_or(0) || !kv_heads.known().value_or(0)) context.fail("no heads");
  Dim batch, steps, key, value;
  if (q.has_rank()) {
    if (q.rank() != 3) context.fail("the query must have three axes");
    batch = q[0];
    steps = q[1];
    if (!q[2].is_unknown()) key = floor_div(q[2], q_heads);
  }
  if (v.has_rank() && v.rank() == 3 && !v[2].is_unknown()) value = floor_div(v[2], kv_heads);
  context.set_output(0, context.input_dtype(0), {batch, steps, q_heads * value});
  context.set_output(1, context.has_input(3) ? context.input_dtype(3) : context.input_dtype(0),
                     {batch, kv_heads, key, value});
}

// --- CausalConvWithState: each channel of [state, input] with a kernel of its own
void run_causal_conv(KernelContext& context) {
  const Dims &x = context.input(0).dims(), &w = context.input(1).dims();
  if (x.size() != 3 || w.size() != 3 || w[0] != x[1] || w[1] != 1 || w[2] < 1)
    context.fail("an input [batch, channels, length] and weights [channels, 1, k] are needed");
  const int64_t taps = w[2], length = x[2], carried = taps - 1;
  const std::string activation = string_attr(context.node(), "activation");
  const bool squash = activation == "silu" || activation == "swish";
  if (!squash && activation != "none") context.fail("unknown activation '{}'", activation);
  if (context.has_input(2) && context.input(2).dims() != Dims{x[1]}) context.fail("the bias does not fit");
  if (context.has_input(3) && context.input(3).dims() != Dims{x[0], x[1], carried})
    context.fail("the past state does not fit");
  const float *source = context.input(0).data<float>().data(),
              *weights = context.input(1).data<float>().data();
  const float* bias = context.has_input(2) ? context.input(2).data<float>().data() : nullptr;
  const float* past = context.has_input(3) ? context.input(3).data<float>().data() : nullptr;
  float* y = context.allocate(0, DType::float32, x).mutable_data<float>().data();
  float* present =
      context.wants_output(1)
          ? context.allocate(1, DType::float32, {x[0], x[1], carried}).mutable_data<float>().data()
          : nullptr;
  context.threads().parallel_for(
      x[0] * x[1], 1 + 8192 / (length * taps + 1), [&](int64_t begin, int64_t end) {
        std::vector<float> line(static_cast<size_t>(carried + length));
        for (int64_t plane = begin; plane < end; ++plane) {
          if (past) std::copy_n(past + plane * carried, carried, line.begin());
          std::copy_n(source + plane * length, length, line.begin() + carried);
          const int64_t channel = plane % x[1];
          for (int64_t i = 0; i < length; ++i) {
            float sum = bias ? bias[channel] : 0;
            for (int64_t tap = 0; tap < taps; ++tap)
              sum += weights[channel * taps + tap] * line[static_cast<size_t>(i + tap)];
            y[plane * length + i] = squash ? sum / (1 + std::exp(-sum)) : sum;
          }
          if (present) std::copy_n(line.end() - carried, carried, present + plane * carried);
        }
      });
}

void infer_causal_conv(InferContext& context) {
  infer_same_as_first(context);
  const Shape &x = context.input_shape(0), &w = context.input_shape(1);
  Dim batch, channels, carried;
  if (x.has_rank() && x.rank() == 3) batch = x[0], channels = x[1];
  if (w.has_rank() && w.rank() == 3) carried = w[2] - Dim(1);
  context.set_output(1, context.input_dtype(0), {batch, channels, carried});
}

}  // namespace

OpDefs linear_attention_ops() {
  return {OpDef("LinearAttention").infer(infer_linear_attention).evaluate(run_linear_attention).widen_half(),
          OpDef("CausalConvWithState").infer(infer_causal_conv).evaluate(run_causal_conv).widen_half()};
}

}  // namespace modelconv
