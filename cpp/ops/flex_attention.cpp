// FlexAttention of ai.onnx.preview: scaled dot products with subgraphs that change the scores and the probabilities.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"
#include "ops/convert.h"
#include "ops/gemm.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

struct FlexSizes {
  int64_t batch, q_heads, queries, size;  // of the queries
  int64_t kv_heads, keys, v_size;         // of keys and values
};

FlexSizes read_sizes(const KernelContext& context) {
  const Dims &q = context.input(0).dims(), &k = context.input(1).dims(), &v = context.input(2).dims();
  if (q.size() != 4 || k.size() != 4 || v.size() != 4)
    context.fail("queries, keys and values must have 4 axes");
  const FlexSizes s{q[0], q[1], q[2], q[3], k[1], k[2], v[3]};
  const bool fits = k[0] == s.batch && v[0] == s.batch && k[3] == s.size && v[1] == s.kv_heads &&
                    v[2] == s.keys && s.kv_heads > 0 && s.q_heads % s.kv_heads == 0;
  if (!fits) context.fail("queries, keys and values do not fit together");
  return s;
}

// The type of scores and probabilities; an attribute says it, else double stays and all others are float.
DType compute_type(const KernelContext& context) {
  const auto wanted = optional_dtype(context.node(), "softmax_precision");
  if (!wanted) return context.input(0).dtype() == DType::float64 ? DType::float64 : DType::float32;
  if (*wanted != DType::float32 && *wanted != DType::float64)
    context.fail("no kernel for softmax_precision {}", name_of(*wanted));
  return *wanted;
}

Tensor converted(KernelContext& context, const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  Tensor result = Tensor::allocate(dtype, tensor.dims());
  convert_elements(tensor, result, {}, context.threads());
  return result;
}

// What a subgraph makes of `tensor`, which must keep its type and shape.
Tensor modified(KernelContext& context, const char* attribute, Tensor tensor) {
  if (!context.node().attrs.has(attribute)) return tensor;
  const Dims dims = tensor.dims();
  const DType dtype = tensor.dtype();
  std::vector<RuntimeValue> results =
      context.run(graph_attr(context.node(), attribute), {RuntimeValue(std::move(tensor))});
  if (results.size() != 1 || !results[0].is_tensor()) context.fail("{} must give one tensor", attribute);
  const Tensor& result = results[0].tensor();
  if (result.dims() != dims || result.dtype() != dtype)
    context.fail("{} must keep type and shape, {} {} became {} {}", attribute, name_of(dtype),
                 to_string(dims), name_of(result.dtype()), to_string(result.dims()));
  return result;
}

template <class T>
void softmax_rows(T* x, int64_t rows, int64_t columns) {
  for (T* end = x + rows * columns; x != end; x += columns) {
    const T largest = *std::max_element(x, x + columns);
    T sum = 0;
    for (int64_t i = 0; i < columns; ++i) sum += (x[i] = std::exp(x[i] - largest));
    for (int64_t i = 0; i < columns; ++i) x[i] /= sum;
  }
}

template <class T>
void attend(KernelContext& context) {
  const FlexSizes s = read_sizes(context);
  const Tensor q = converted(context, context.input(0), dtype_of<T>),
               k = converted(context, context.input(1), dtype_of<T>),
               v = converted(context, context.input(2), dtype_of<T>);
  const double given =
      optional_float(context.node(), "scale")
          .value_or(static_cast<float>(1 / std::sqrt(static_cast<double>(std::max<int64_t>(1, s.size)))));
  Tensor scores = Tensor::allocate(dtype_of<T>, {s.batch, s.q_heads, s.queries, s.keys});
  const auto kv_head = [&](int64_t i) {  // of the i-th pair of batch and query head
    return i / s.q_heads * s.kv_heads + i % s.q_heads / (s.q_heads / s.kv_heads);
  };
  T* target = scores.mutable_data<T>().data();
  for (int64_t i = 0; i < s.batch * s.q_heads; ++i)
    multiply(
        context.threads(),
        Product<T>{s.queries, s.keys, s.size, target + i * s.queries * s.keys, s.keys, static_cast<T>(given)},
        MatrixView<T>{q.data<T>().data() + i * s.queries * s.size, s.size, 1},
        MatrixView<T>{k.data<T>().data() + kv_head(i) * s.keys * s.size, 1, s.size});
  const Tensor changed = modified(context, "score_mod", std::move(scores));
  Tensor probabilities = Tensor::of<T>(changed.dims(), {changed.data<T>().begin(), changed.data<T>().end()});
  if (s.keys > 0)
    softmax_rows(probabilities.mutable_data<T>().data(), s.batch * s.q_heads * s.queries, s.keys);
  const Tensor weights = modified(context, "prob_mod", std::move(probabilities));
  Tensor result = Tensor::allocate(dtype_of<T>, {s.batch, s.q_heads, s.queries, s.v_size});
  T* y = result.mutable_data<T>().data();
  for (int64_t i = 0; i < s.batch * s.q_heads; ++i)
    multiply(context.threads(),
             Product<T>{s.queries, s.v_size, s.keys, y + i * s.queries * s.v_size, s.v_size},
             MatrixView<T>{weights.data<T>().data() + i * s.queries * s.keys, s.keys, 1},
             MatrixView<T>{v.data<T>().data() + kv_head(i) * s.keys * s.v_size, s.v_size, 1});
  context.set_output(0, converted(context, result, context.input(2).dtype()));
}

void run_flex_attention(KernelContext& context) {
  visit_types(context, compute_type(context), [&]<class T>(T) { attend<T>(context); }, FloatTypes());
}

void infer_flex_attention(InferContext& context) {
  const Shape &q = context.input_shape(0), &k = context.input_shape(1), &v = context.input_shape(2);
  const bool known = q.has_rank() && v.has_rank();
  if (known && (q.rank() != 4 || v.rank() != 4)) context.fail("queries and values must have 4 axes");
  context.set_output(0, context.input_dtype(0), known ? Shape{q[0], q[1], q[2], v[3]} : Shape());
  const auto wanted = optional_dtype(context.node(), "softmax_precision");
  const bool is_double = context.input_dtype(0) == DType::float64;
  Type scores = Type::tensor(wanted.value_or(is_double ? DType::float64 : DType::float32), Shape());
  if (known && k.has_rank() && k.rank() == 4) scores.shape = Shape{q[0], q[1], q[2], k[2]};
  for (const char* attribute : {"score_mod", "prob_mod"})
    if (context.node().attrs.has(attribute))
      context.infer_subgraph(graph_attr(context.node(), attribute), {scores});
}

}  // namespace

OpDefs flex_attention_ops() {
  return {OpDef({"ai.onnx.preview", "FlexAttention"})
              .infer(infer_flex_attention)
              .evaluate(run_flex_attention)
              .widen_half()};
}

}  // namespace modelconv
