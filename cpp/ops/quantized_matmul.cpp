// MatMulInteger and QLinearMatMul.
#include "ops/all_ops.h"
#include "ops/matmul_plan.h"
#include "ops/quantized.h"

namespace modelconv {
namespace {

// A parameter of a matrix operand: one for all, or one per row (of the left operand) or column (of the right one),
// with or without batches.
class LineParameter {
 public:
  LineParameter(const KernelContext& context, size_t index, const Dims& operand, bool per_row) {
    values_ = zero_points(context, index);
    if (values_.size() <= 1) return;
    columns_ = operand.back();
    rows_ = operand.size() < 2 ? 1 : operand[operand.size() - 2];
    per_row_ = per_row;
    lines_ = per_row ? rows_ : columns_;
    const auto count = static_cast<int64_t>(values_.size());
    const int64_t all =
        lines_ == 0 || columns_ == 0 || rows_ == 0 ? 0 : element_count(operand) / (rows_ * columns_) * lines_;
    if (count != lines_ && count != all)
      context.fail("input {} has {} elements for an operand {}", index, count, to_string(operand));
    batched_ = count != lines_;
  }

  // Of the operand's element i.
  float operator()(int64_t i) const {
    if (values_.size() == 1) return values_[0];
    const int64_t line = per_row_ ? i / columns_ % rows_ : i % columns_;
    const int64_t batch = batched_ ? i / (rows_ * columns_) : 0;
    return values_[static_cast<size_t>(batch * lines_ + line)];
  }

 private:
  std::vector<float> values_;
  int64_t rows_ = 1, columns_ = 1, lines_ = 1;
  bool per_row_ = false, batched_ = false;
};

void multiply_bytes_of(KernelContext& context, const MatMulPlan& plan, size_t a, size_t b, size_t a_zero,
                       size_t b_zero, int32_t* y) {
  const Tensor &left = context.input(a), &right = context.input(b);
  const std::vector<float> x = centered(context, left, LineParameter(context, a_zero, left.dims(), true));
  const std::vector<float> w = centered(context, right, LineParameter(context, b_zero, right.dims(), false));
  for_each_batch(context.threads(), plan.batches(), [&](int64_t i) {
    multiply_bytes(context.threads(), {plan.m, plan.n, plan.k, y + i * plan.m * plan.n, plan.n},
                   plan.a(x.data(), i), plan.b(w.data(), i));
  });
}

void run_matmul_integer(KernelContext& context) {
  const MatMulPlan plan = plan_matmul(context.node(), context.input(0).dims(), context.input(1).dims());
  Tensor& y = context.allocate(0, DType::int32, plan.output);
  multiply_bytes_of(context, plan, 0, 1, 2, 3, y.mutable_data<int32_t>().data());
}

void infer_matmul_integer(InferContext& context) {
  context.set_output(0, DType::int32,
                     infer_matmul_shape(context, context.input_shape(0), context.input_shape(1)));
}

template <class T>
void requantize(KernelContext& context, const std::vector<int32_t>& sums, const Dims& dims) {
  const Dims &a = context.input(0).dims(), &b = context.input(3).dims();
  const LineParameter a_scale(context, 1, a, true), b_scale(context, 4, b, false);
  const float y_scale = zero_points(context, 6).at(0), y_zero = zero_points(context, 7).at(0);
  T* y = context.allocate(0, dtype_of<T>, dims).template mutable_data<T>().data();
  const int64_t n = b.size() == 1 ? 1 : b.back(), k = a.back();
  for (size_t i = 0; i < sums.size(); ++i) {
    // Any element of the row of a and of the column of b has their scales.
    const auto place = static_cast<int64_t>(i);
    const float factor = a_scale(place / n % (element_count(a) / k) * k) * b_scale(place % n) / y_scale;
    y[i] = saturate_rounded<T>(static_cast<float>(sums[i]) * factor, y_zero);
  }
}

void run_qlinear_matmul(KernelContext& context) {
  const MatMulPlan plan = plan_matmul(context.node(), context.input(0).dims(), context.input(3).dims());
  for (size_t i : {6, 7})
    if (context.input(i).size() != 1) context.fail("the result's scale and zero point must be scalars");
  std::vector<int32_t> sums(static_cast<size_t>(element_count(plan.output)));
  if (sums.empty() || plan.k == 0) context.fail("an operand is empty");
  multiply_bytes_of(context, plan, 0, 3, 2, 5, sums.data());
  switch (context.input(7).dtype()) {
    case DType::int8: return requantize<int8_t>(context, sums, plan.output);
    case DType::uint8: return requantize<uint8_t>(context, sums, plan.output);
    default: context.fail("no kernel for {}", name_of(context.input(7).dtype()));
  }
}

void infer_qlinear_matmul(InferContext& context) {
  context.set_output(0, context.input_dtype(7),
                     infer_matmul_shape(context, context.input_shape(0), context.input_shape(3)));
}

}  // namespace

OpDefs quantized_matmul_ops() {
  return {OpDef("MatMulInteger").infer(infer_matmul_integer).evaluate(run_matmul_integer),
          OpDef("QLinearMatMul").infer(infer_qlinear_matmul).evaluate(run_qlinear_matmul)};
}

}  // namespace modelconv
