#include "ops/matmul_plan.h"

#include <algorithm>

namespace modelconv {
namespace {

// Where each batch of `result` lies in an operand whose leading dimensions are broadcast to it.
std::vector<int64_t> batch_offsets(const Dims& result, const Dims& operand, int64_t matrix_size) {
  std::vector<int64_t> offsets(static_cast<size_t>(element_count(result)));
  const size_t missing = result.size() - operand.size();
  std::vector<int64_t> strides(result.size(), 0);
  int64_t stride = matrix_size;
  for (size_t i = operand.size(); i-- > 0;) {
    strides[missing + i] = operand[i] == 1 ? 0 : stride;
    stride *= operand[i];
  }
  Dims place(result.size(), 0);
  int64_t offset = 0;
  for (int64_t& target : offsets) {
    target = offset;
    for (size_t i = result.size(); i-- > 0;) {
      offset += strides[i];
      if (++place[i] < result[i]) break;
      offset -= strides[i] * result[i];
      place[i] = 0;
    }
  }
  return offsets;
}

// Many rows against one matrix are one product with more rows.
bool join_batches_of_rows(const Dims& b_batch, MatMulPlan& plan) {
  if (element_count(b_batch) != 1 || plan.a_offsets.empty()) return false;
  for (size_t i = 0; i < plan.a_offsets.size(); ++i)
    if (plan.a_offsets[i] != static_cast<int64_t>(i) * plan.m * plan.k) return false;
  plan.m *= plan.batches();
  plan.a_offsets.resize(1);
  plan.b_offsets.resize(1);
  return true;
}

}  // namespace

MatMulPlan plan_matmul(const Node& node, const Dims& a, const Dims& b, bool join_rows) {
  ENSURE(!a.empty() && !b.empty(), ShapeError, "{}: an operand is a scalar", node.describe());
  MatMulPlan plan;
  plan.m = a.size() == 1 ? 1 : a[a.size() - 2];
  plan.k = a.back();
  plan.n = b.size() == 1 ? 1 : b.back();
  const int64_t b_rows = b.size() == 1 ? b[0] : b[b.size() - 2];
  ENSURE(plan.k == b_rows, ShapeError, "{}: {} columns on the left, {} rows on the right ({} x {})",
         node.describe(), plan.k, b_rows, to_string(a), to_string(b));
  const auto leading = [](const Dims& dims) {
    return Dims(dims.begin(),
                dims.end() - std::min<std::ptrdiff_t>(2, static_cast<std::ptrdiff_t>(dims.size())));
  };
  const Dims a_batch = leading(a), b_batch = leading(b);
  plan.output = broadcast(a_batch, b_batch);
  plan.a_offsets = batch_offsets(plan.output, a_batch, plan.m * plan.k);
  plan.b_offsets = batch_offsets(plan.output, b_batch, plan.n * plan.k);
  if (a.size() > 1) plan.output.push_back(plan.m);
  if (b.size() > 1) plan.output.push_back(plan.n);
  if (join_rows) join_batches_of_rows(b_batch, plan);
  return plan;
}

Shape infer_matmul_shape(const InferContext& context, const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank()) return Shape::unranked();
  if (a.rank() == 0 || b.rank() == 0) context.fail("an operand is a scalar");
  const Dim a_columns = a[a.rank() - 1], b_rows = b.rank() == 1 ? b[0] : b[b.rank() - 2];
  if (a_columns.is_known() && b_rows.is_known() && a_columns.value() != b_rows.value())
    context.fail("{} columns on the left, {} rows on the right", a_columns.value(), b_rows.value());
  const auto leading = [](const Shape& shape) {
    const auto count = static_cast<std::ptrdiff_t>(shape.rank());
    return Shape(
        std::vector<Dim>(shape.dims().begin(), shape.dims().end() - std::min<std::ptrdiff_t>(2, count)));
  };
  std::vector<Dim> dims = broadcast(leading(a), leading(b)).dims();
  if (a.rank() > 1) dims.push_back(a[a.rank() - 2]);
  if (b.rank() > 1) dims.push_back(b[b.rank() - 1]);
  return dims;
}

}  // namespace modelconv
