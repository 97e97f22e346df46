// Det, and EyeLike.
#include <cmath>

#include "ops/all_ops.h"
#include "ops/convert.h"
#include "ops/elementwise.h"

namespace modelconv {
namespace {

// Gaussian elimination with partial pivoting; `matrix` (n x n, row-major) is used up.
double determinant(std::vector<double>& matrix, size_t n) {
  const auto at = [&](size_t row, size_t column) -> double& { return matrix[row * n + column]; };
  double product = 1;
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t row = k + 1; row < n; ++row)
      if (std::abs(at(row, k)) > std::abs(at(pivot, k))) pivot = row;
    if (at(pivot, k) == 0) return 0;
    if (pivot != k) {
      for (size_t column = k; column < n; ++column) std::swap(at(pivot, column), at(k, column));
      product = -product;
    }
    product *= at(k, k);
    for (size_t row = k + 1; row < n; ++row) {
      const double factor = at(row, k) / at(k, k);
      for (size_t column = k; column < n; ++column) at(row, column) -= factor * at(k, column);
    }
  }
  return product;
}

void det_kernel(KernelContext& context) {
  const Tensor& x = context.input(0);
  const size_t rank = x.rank();
  if (rank < 2 || x.dims()[rank - 1] != x.dims()[rank - 2])
    context.fail("the last two axes must be of one size");
  const int64_t side = x.dims()[rank - 1];
  Tensor& y = context.allocate(0, x.dtype(), Dims(x.dims().begin(), x.dims().end() - 2));
  for_dtype(context, x.dtype(), FloatTypes(), [&](auto tag) {
    using T = decltype(tag);
    const T* source = elements<T>(x);
    T* target = mutable_elements<T>(y);
    context.threads().parallel_for(y.size(), 1 + 4096 / (1 + side * side), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        std::vector<double> matrix(source + i * side * side, source + (i + 1) * side * side);
        target[i] = static_cast<T>(determinant(matrix, static_cast<size_t>(side)));
      }
    });
  });
}

void infer_det(InferContext& context) {
  const Shape& shape = context.input_shape(0);
  if (!shape.has_rank()) return context.set_output(0, context.input_dtype(0), Shape::unranked());
  if (shape.rank() < 2) context.fail("matrices have at least two axes");
  context.set_output(0, context.input_dtype(0),
                     Shape(std::vector<Dim>(shape.dims().begin(), shape.dims().end() - 2)));
}

void eye_like_kernel(KernelContext& context) {
  const Tensor& like = context.input(0);
  if (like.rank() != 2) context.fail("the input must be a matrix");
  const DType dtype = optional_dtype(context.node(), "dtype").value_or(like.dtype());
  const int64_t offset = int_attr(context.node(), "k"), rows = like.dims()[0], columns = like.dims()[1];
  Tensor eye = Tensor::filled(DType::boolean, like.dims(), 0);
  uint8_t* values = mutable_elements<uint8_t>(eye);
  if (offset > -rows && offset < columns)
    for (int64_t row = std::max<int64_t>(0, -offset); row < rows && row + offset < columns; ++row)
      values[row * columns + row + offset] = 1;
  if (!can_convert(DType::boolean, dtype)) context.fail("the output cannot be {}", name_of(dtype));
  convert_elements(eye, context.allocate(0, dtype, like.dims()), {}, context.threads());
}

void infer_eye_like(InferContext& context) {
  context.set_output(0, optional_dtype(context.node(), "dtype").value_or(context.input_dtype(0)),
                     context.input_shape(0));
}

}  // namespace

OpDefs matrices_ops() {
  return {OpDef("Det").infer(infer_det).evaluate(det_kernel).widen_half(),
          OpDef("EyeLike").infer(infer_eye_like).evaluate(eye_like_kernel)};
}

}  // namespace modelconv
