// com.microsoft operators on 8-bit tensors: QLinearAdd, QLinearMul, ..., MatMulIntegerToFloat, DynamicQuantizeMatMul.
// Inputs and defaults: ONNX Runtime, docs/ContribOperators.md.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"
#include "ops/broadcast_parameter.h"
#include "ops/matmul_plan.h"
#include "ops/pool.h"
#include "ops/quantized.h"

namespace modelconv {
namespace {

// --- elementwise with broadcasting: a, scale, zero point, b, scale, zero point, result's scale and zero point
std::vector<float> repeated(const std::vector<float>& values, const Dims& from, const Dims& to) {
  if (from == to) return values;
  std::vector<float> result(static_cast<size_t>(element_count(to)));
  const size_t missing = to.size() - from.size();
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t rest = static_cast<int64_t>(i), place = 0, stride = 1;
    for (size_t axis = to.size(); axis-- > 0; rest /= to[axis]) {
      if (axis < missing) continue;
      const int64_t size = from[axis - missing];
      place += size == 1 ? 0 : rest % to[axis] * stride;
      stride *= size;
    }
    result[i] = values[static_cast<size_t>(place)];
  }
  return result;
}

template <bool kProduct>
void run_arithmetic(KernelContext& context) {
  const Dims &a = context.input(0).dims(), &b = context.input(3).dims(), dims = broadcast(a, b);
  std::vector<float> x = repeated(dequantized(context, 0, 1, 2), a, dims);
  const std::vector<float> y = repeated(dequantized(context, 3, 4, 5), b, dims);
  for (size_t i = 0; i < x.size(); ++i) x[i] = kProduct ? x[i] * y[i] : x[i] + y[i];
  set_quantized(context, context.input(0).dtype(), dims, x, 6, 7);
}

void infer_arithmetic(InferContext& context) {
  context.set_output(0, context.input_dtype(0), broadcast(context.input_shape(0), context.input_shape(3)));
}

// --- of one tensor: x, scale, zero point, result's scale and zero point
void run_sigmoid(KernelContext& context) {
  std::vector<float> x = dequantized(context, 0, 1, 2);
  for (float& value : x) value = 1 / (1 + std::exp(-value));
  set_quantized(context, context.input(0).dtype(), context.input(0).dims(), x, 3, 4);
}

void run_leaky_relu(KernelContext& context) {
  const float alpha = optional_float(context.node(), "alpha").value_or(0.01F);
  std::vector<float> x = dequantized(context, 0, 1, 2);
  for (float& value : x) value = value >= 0 ? value : alpha * value;
  set_quantized(context, context.input(0).dtype(), context.input(0).dims(), x, 3, 4);
}

// Over one axis, or for opset 12 and before over all axes from that one on.
void run_softmax(KernelContext& context) {
  const Dims& dims = context.input(0).dims();
  if (dims.empty()) context.fail("a scalar has no axis");
  const size_t axis = normalize_axis(optional_int(context.node(), "axis").value_or(-1), dims.size());
  const bool joined = optional_int(context.node(), "opset").value_or(13) < 13;
  int64_t length = dims[axis], inner = 1;
  for (size_t i = axis + 1; i < dims.size(); ++i) (joined ? length : inner) *= dims[i];
  std::vector<float> x = dequantized(context, 0, 1, 2);
  for (int64_t line = 0; length > 0 && line < static_cast<int64_t>(x.size()) / length; ++line) {
    float* first = x.data() + line / inner * length * inner + line % inner;
    float largest = first[0], sum = 0;
    for (int64_t i = 1; i < length; ++i) largest = std::max(largest, first[i * inner]);
    for (int64_t i = 0; i < length; ++i) sum += (first[i * inner] = std::exp(first[i * inner] - largest));
    for (int64_t i = 0; i < length; ++i) first[i * inner] /= sum;
  }
  set_quantized(context, context.input(0).dtype(), dims, x, 3, 4);
}

void refuse_channels_last(const KernelContext& context) {
  if (optional_int(context.node(), "channels_last").value_or(0) != 0)
    context.fail("no kernel for channels_last");
}

void run_average_pool(KernelContext& context) {
  refuse_channels_last(context);
  std::vector<float> y;
  const Dims dims = average_pool(context.threads(), context.node(), context.input(0).dims(),
                                 dequantized(context, 0, 1, 2), y);
  set_quantized(context, context.input(0).dtype(), dims, y, 3, 4);
}

void infer_global_pool(InferContext& context) {
  Shape shape = context.input_shape(0);
  if (shape.has_rank())
    for (size_t i = 2; i < shape.rank(); ++i) shape[i] = 1;
  context.set_output(0, context.input_dtype(0), shape);
}

void run_global_average_pool(KernelContext& context) {
  refuse_channels_last(context);
  Dims dims = context.input(0).dims();
  if (dims.size() < 3) context.fail("the input needs a spatial axis");
  const std::vector<float> x = dequantized(context, 0, 1, 2);
  int64_t places = 1;
  for (size_t i = 2; i < dims.size(); ++i) places *= std::exchange(dims[i], 1);
  std::vector<float> y(static_cast<size_t>(element_count(dims)), 0);
  for (size_t i = 0; i < x.size(); ++i)
    y[i / static_cast<size_t>(places)] += x[i] / static_cast<float>(places);
  set_quantized(context, context.input(0).dtype(), dims, y, 3, 4);
}

// --- QLinearConcat: the result's scale and zero point, then tensor, scale and zero point of each part
void run_concat(KernelContext& context) {
  if (context.input_count() < 5 || (context.input_count() - 2) % 3 != 0)
    context.fail("{} inputs", context.input_count());
  Dims dims = context.input(2).dims();
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), dims.size());
  int64_t outer = 1;
  for (size_t i = 0; i < axis; ++i) outer *= dims[i];
  dims[axis] = 0;
  for (size_t part = 2; part < context.input_count(); part += 3) {
    Dims other = context.input(part).dims();
    if (other.size() != dims.size()) context.fail("parts of different rank");
    dims[axis] += std::exchange(other[axis], dims[axis]);
    other[axis] = dims[axis];
    if (other != dims) context.fail("parts that do not fit together");
  }
  std::vector<float> result(static_cast<size_t>(element_count(dims)));
  const auto line = outer == 0 ? 0 : static_cast<int64_t>(result.size()) / outer;
  int64_t begin = 0;
  for (size_t part = 2; part < context.input_count(); part += 3) {
    const std::vector<float> values = dequantized(context, part, part + 1, part + 2);
    const int64_t count = outer == 0 ? 0 : static_cast<int64_t>(values.size()) / outer;
    for (int64_t i = 0; i < outer; ++i)
      std::copy_n(values.begin() + i * count, count, result.begin() + i * line + begin);
    begin += count;
  }
  set_quantized(context, context.input(2).dtype(), dims, result, 0, 1);
}

void infer_concat(InferContext& context) {
  Shape shape = context.input_shape(2);
  if (shape.has_rank()) {
    const size_t axis = normalize_axis(int_attr(context.node(), "axis"), shape.rank());
    for (size_t part = 5; part < context.input_count(); part += 3) {
      const Shape& other = context.input_shape(part);
      shape[axis] = other.has_rank() && other.rank() == shape.rank() ? shape[axis] + other[axis] : Dim();
    }
  }
  context.set_output(0, context.input_dtype(2), shape);
}

// --- products with a float result
struct FloatProduct {
  std::vector<float> a;             // whole numbers
  size_t b, b_scale, b_zero, bias;  // inputs
  float a_scale;
};

void set_product(KernelContext& context, const FloatProduct& in) {
  const Tensor& b = context.input(in.b);
  const MatMulPlan plan = plan_matmul(context.node(), context.input(0).dims(), b.dims());
  const std::vector<float> scales = zero_points(context, in.b_scale), zeros = zero_points(context, in.b_zero);
  const auto fits = [&](const std::vector<float>& values) {
    return values.size() == 1 || static_cast<int64_t>(values.size()) == plan.n;
  };
  if (!fits(scales) || !fits(zeros))
    context.fail("a scale and zero point per matrix or per column are needed");
  const std::vector<float> bias =
      context.has_input(in.bias) ? channel_parameter<float>(context, in.bias, plan.n) : std::vector<float>();
  const auto of_column = [&](const std::vector<float>& values, int64_t column) {
    return values[values.size() == 1 ? 0 : static_cast<size_t>(column)];
  };
  const std::vector<float> w = centered(context, b, [&](int64_t i) { return of_column(zeros, i % plan.n); });
  std::vector<int32_t> sums(static_cast<size_t>(element_count(plan.output)));
  for_each_batch(context.threads(), plan.batches(), [&](int64_t i) {
    multiply_bytes(context.threads(), {plan.m, plan.n, plan.k, sums.data() + i * plan.m * plan.n, plan.n},
                   plan.a(in.a.data(), i), plan.b(w.data(), i));
  });
  const std::span<float> y = context.allocate(0, DType::float32, plan.output).mutable_data<float>();
  for (size_t i = 0; i < y.size(); ++i) {
    const int64_t column = static_cast<int64_t>(i) % plan.n;
    y[i] = static_cast<float>(sums[i]) * (in.a_scale * of_column(scales, column)) +
           (bias.empty() ? 0 : bias[static_cast<size_t>(column)]);
  }
}

// a, b, b's scale, b's zero point, bias
void run_dynamic_matmul(KernelContext& context) {
  const Tensor& a = context.input(0);
  const float* x = a.data<float>().data();
  const ByteRange range = dynamic_range(x, a.size());
  set_product(context, {dynamically_centered(x, a.size(), range), 1, 2, 3, 4, range.scale});
}

// a, b, a's scale, b's scale, a's zero point, b's zero point, bias
void run_integer_to_float(KernelContext& context) {
  const std::vector<float> scale = zero_points(context, 2), zero = zero_points(context, 4);
  if (scale.size() != 1 || zero.size() != 1) context.fail("the left scale and zero point must be scalars");
  set_product(context,
              {centered(context, context.input(0), [&](int64_t) { return zero[0]; }), 1, 3, 5, 6, scale[0]});
}

void infer_product(InferContext& context) {
  context.set_output(0, DType::float32,
                     infer_matmul_shape(context, context.input_shape(0), context.input_shape(1)));
}

OpDef unary(const char* name, KernelFn kernel) {
  return OpDef(name).infer(infer_same_as_first).evaluate(kernel);
}

}  // namespace

OpDefs contrib_quantized_ops() {
  return {
      OpDef("com.microsoft.QLinearAdd").infer(infer_arithmetic).evaluate(run_arithmetic<false>),
      OpDef("com.microsoft.QLinearMul").infer(infer_arithmetic).evaluate(run_arithmetic<true>),
      unary("com.microsoft.QLinearSigmoid", run_sigmoid),
      unary("com.microsoft.QLinearLeakyRelu", run_leaky_relu),
      unary("com.microsoft.QLinearSoftmax", run_softmax),
      OpDef("com.microsoft.QLinearAveragePool").infer(infer_pool).evaluate(run_average_pool),
      OpDef("com.microsoft.QLinearGlobalAveragePool")
          .infer(infer_global_pool)
          .evaluate(run_global_average_pool),
      OpDef("com.microsoft.QLinearConcat").infer(infer_concat).evaluate(run_concat),
      OpDef("com.microsoft.DynamicQuantizeMatMul").infer(infer_product).evaluate(run_dynamic_matmul),
      OpDef("com.microsoft.MatMulIntegerToFloat").infer(infer_product).evaluate(run_integer_to_float),
  };
}

}  // namespace modelconv
