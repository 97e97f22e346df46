// MatMul and Gemm.
#include <algorithm>
#include <type_traits>

#include "ops/all_ops.h"
#include "ops/matmul_plan.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

template <class T>
void multiply_any(ThreadPool& threads, const Product<T>& product, MatrixView<T> a, MatrixView<T> b) {
  if constexpr (std::is_floating_point_v<T>) {
    multiply(threads, product, a, b);
  } else {
    multiply_integers(product, a, b);
  }
}

void infer_matmul(InferContext& context) {
  context.set_output(0, context.input_dtype(0),
                     infer_matmul_shape(context, context.input_shape(0), context.input_shape(1)));
}

void run_matmul(KernelContext& context) {
  const Tensor &a = context.input(0), &b = context.input(1);
  const MatMulPlan plan = plan_matmul(context.node(), a.dims(), b.dims());
  Tensor& y = context.allocate(0, a.dtype(), plan.output);
  visit_types(
      context, a.dtype(),
      [&]<class T>(T) {
        const T *left = a.data<T>().data(), *right = b.data<T>().data();
        T* result = y.mutable_data<T>().data();
        for_each_batch(context.threads(), plan.batches(), [&](int64_t i) {
          multiply_any<T>(context.threads(), {plan.m, plan.n, plan.k, result + i * plan.m * plan.n, plan.n},
                          plan.a(left, i), plan.b(right, i));
        });
      },
      FloatTypes(), WideIntegers());
}

struct GemmSizes {
  int64_t m, n, k;
  bool trans_a, trans_b;
};

// With the defaults of Gemm, which FusedGemm has no schema to say.
bool is_transposed(const Node& node, const char* attribute) {
  return optional_int(node, attribute).value_or(0) != 0;
}

GemmSizes gemm_sizes(const KernelContext& context) {
  const Dims &a = context.input(0).dims(), &b = context.input(1).dims();
  const bool trans_a = is_transposed(context.node(), "transA"),
             trans_b = is_transposed(context.node(), "transB");
  if (a.size() != 2 || b.size() != 2) context.fail("the operands must be matrices");
  const GemmSizes sizes{a[trans_a ? 1 : 0], b[trans_b ? 0 : 1], a[trans_a ? 0 : 1], trans_a, trans_b};
  if (b[trans_b ? 1 : 0] != sizes.k)
    context.fail("{} columns on the left, {} rows on the right", sizes.k, b[trans_b ? 1 : 0]);
  return sizes;
}

// The addend with strides that repeat it over the result.
template <class T>
MatrixView<T> broadcast_addend(const KernelContext& context, const GemmSizes& sizes) {
  const Tensor& c = context.input(2);
  Dims dims = c.dims();
  if (dims.size() > 2) context.fail("the addend has {} axes", dims.size());
  while (dims.size() < 2) dims.insert(dims.begin(), 1);
  if ((dims[0] != 1 && dims[0] != sizes.m) || (dims[1] != 1 && dims[1] != sizes.n))
    context.fail("the addend {} does not broadcast to [{}, {}]", to_string(c.dims()), sizes.m, sizes.n);
  return {c.data<T>().data(), dims[0] == 1 ? 0 : dims[1], dims[1] == 1 ? 0 : 1};
}

// y = beta * c
template <class T>
void fill_addend(const GemmSizes& sizes, const MatrixView<T>& c, T beta, T* y) {
  for (int64_t i = 0; i < sizes.m; ++i, y += sizes.n) {
    const T* row = c.data + i * c.row;
    if (c.column == 1 && beta == T(1)) {
      std::copy_n(row, sizes.n, y);
    } else {
      for (int64_t j = 0; j < sizes.n; ++j) y[j] = static_cast<T>(beta * row[j * c.column]);
    }
  }
}

// Factors that are not whole: through double, as a cast of the real result would be.
template <class T>
void scale_integers(const GemmSizes& sizes, const T* product, const MatrixView<T>* c, double alpha,
                    double beta, T* y) {
  for (int64_t i = 0; i < sizes.m; ++i)
    for (int64_t j = 0; j < sizes.n; ++j, ++product, ++y) {
      const double added = c ? beta * static_cast<double>(c->data[i * c->row + j * c->column]) : 0;
      *y = static_cast<T>(static_cast<int64_t>(alpha * static_cast<double>(*product) + added));
    }
}

template <class T>
void run_gemm_of(KernelContext& context, const GemmSizes& sizes) {
  const Tensor &a = context.input(0), &b = context.input(1);
  const float alpha = optional_float(context.node(), "alpha").value_or(1),
              beta = optional_float(context.node(), "beta").value_or(1);
  MatrixView<T> left{a.data<T>().data(), a.dims()[1], 1}, right{b.data<T>().data(), b.dims()[1], 1};
  if (sizes.trans_a) left = left.transposed();
  if (sizes.trans_b) right = right.transposed();
  const bool has_addend = context.has_input(2);
  const MatrixView<T> addend =
      has_addend ? broadcast_addend<T>(context, sizes) : MatrixView<T>{nullptr, 0, 0};
  T* y = context.allocate(0, a.dtype(), {sizes.m, sizes.n}).mutable_data<T>().data();
  Product<T> product{sizes.m, sizes.n, sizes.k, y, sizes.n};
  if (std::is_floating_point_v<T> || (alpha == 1 && beta == 1)) {
    product.alpha = static_cast<T>(alpha);
    product.accumulate = has_addend && beta != 0;
    if (product.accumulate) fill_addend(sizes, addend, static_cast<T>(beta), y);
    multiply_any(context.threads(), product, left, right);
  } else {
    multiply_any(context.threads(), product, left, right);
    scale_integers(sizes, y, has_addend ? &addend : nullptr, alpha, beta, y);
  }
}

}  // namespace

void run_gemm(KernelContext& context) {
  const GemmSizes sizes = gemm_sizes(context);
  visit_types(
      context, context.input(0).dtype(), [&]<class T>(T) { run_gemm_of<T>(context, sizes); }, FloatTypes(),
      WideIntegers());
}

void infer_gemm(InferContext& context) {
  const Shape &a = context.input_shape(0), &b = context.input_shape(1);
  const bool trans_a = is_transposed(context.node(), "transA"),
             trans_b = is_transposed(context.node(), "transB");
  Dim m, n;
  if (a.has_rank()) {
    if (a.rank() != 2) context.fail("the left operand must be a matrix");
    m = a[trans_a ? 1 : 0];
  }
  if (b.has_rank()) {
    if (b.rank() != 2) context.fail("the right operand must be a matrix");
    n = b[trans_b ? 0 : 1];
  }
  if (a.has_rank() && b.has_rank()) {
    const Dim left = a[trans_a ? 0 : 1], right = b[trans_b ? 1 : 0];
    if (left.is_known() && right.is_known() && left.value() != right.value())
      context.fail("{} columns on the left, {} rows on the right", left.value(), right.value());
  }
  context.set_output(0, context.input_dtype(0), Shape{m, n});
}

OpDefs matmul_ops() {
  return {OpDef("MatMul").infer(infer_matmul).evaluate(run_matmul).widen_half(),
          OpDef("Gemm").infer(infer_gemm).evaluate(run_gemm).widen_half()};
}

}  // namespace modelconv
