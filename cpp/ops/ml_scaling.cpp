// ai.onnx.ml: Scaler, Normalizer.
// Where the specification is silent (ranks above 2, sums of 0, where the columns are), as ONNX Runtime does it.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

using NumberTypes = TypeList<float, double, int64_t, int32_t>;

void infer_float_same_shape(InferContext& context) {
  context.set_output(0, DType::float32, context.input_shape(0));
}

// Rows and columns of the one- or two-dimensional input; a vector is one row.
struct Table {
  int64_t rows, columns;
};

Table table_of(const KernelContext& context) {
  const Dims& dims = context.input(0).dims();
  if (dims.empty() || dims.size() > 2) context.fail("the input has to have one or two axes");
  return dims.size() == 1 ? Table{1, dims[0]} : Table{dims[0], dims[1]};
}

// --- Scaler: (x - offset) * scale, one number of each per column, or one for all

void run_scaler(KernelContext& context) {
  const Table table = table_of(context);
  const std::vector<float> offset = floats_attr(context.node(), "offset"),
                           scale = floats_attr(context.node(), "scale");
  const bool per_column =
      static_cast<int64_t>(offset.size()) == table.columns && offset.size() == scale.size();
  if (!per_column && !(offset.size() == 1 && scale.size() == 1))
    context.fail("offset and scale have {} and {} numbers for {} columns", offset.size(), scale.size(),
                 table.columns);
  const Tensor& x = context.input(0);
  Tensor& y = context.allocate(0, DType::float32, x.dims());
  float* target = y.mutable_data<float>().data();
  visit_types(
      context, x.dtype(),
      [&](auto tag) {
        const auto* source = x.data<decltype(tag)>().data();
        for (int64_t i = 0; i < x.size(); ++i) {
          const size_t column = per_column ? static_cast<size_t>(i % table.columns) : 0;
          target[i] = (static_cast<float>(source[i]) - offset[column]) * scale[column];
        }
      },
      NumberTypes());
}

// --- Normalizer: each row divided by its largest element, or its L1 or L2 norm; a row whose norm is 0 stays

float norm_of(const std::string& kind, const float* row, int64_t columns) {
  float norm = kind == "MAX" ? std::numeric_limits<float>::lowest() : 0;
  for (int64_t i = 0; i < columns; ++i) {
    if (kind == "MAX")
      norm = std::max(norm, row[i]);
    else
      norm += kind == "L1" ? std::abs(row[i]) : row[i] * row[i];
  }
  return kind == "L2" ? std::sqrt(norm) : norm;
}

void run_normalizer(KernelContext& context) {
  const Table table = table_of(context);
  const std::string kind = string_attr(context.node(), "norm");
  if (kind != "MAX" && kind != "L1" && kind != "L2") context.fail("there is no norm '{}'", kind);
  const Tensor& x = context.input(0);
  Tensor& y = context.allocate(0, DType::float32, x.dims());
  float* target = y.mutable_data<float>().data();
  visit_types(
      context, x.dtype(),
      [&](auto tag) {
        const auto* source = x.data<decltype(tag)>().data();
        for (int64_t i = 0; i < x.size(); ++i) target[i] = static_cast<float>(source[i]);
      },
      NumberTypes());
  for (int64_t row = 0; row < table.rows; ++row, target += table.columns) {
    const float norm = norm_of(kind, target, table.columns);
    if (norm == 0) continue;
    for (int64_t i = 0; i < table.columns; ++i) target[i] /= norm;
  }
}

}  // namespace

OpDefs ml_scaling_ops() {
  return {OpDef("ai.onnx.ml.Scaler").infer(infer_float_same_shape).evaluate(run_scaler),
          OpDef("ai.onnx.ml.Normalizer").infer(infer_float_same_shape).evaluate(run_normalizer)};
}

}  // namespace modelconv
