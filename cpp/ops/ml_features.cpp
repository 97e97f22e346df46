// ai.onnx.ml operators that prepare features: Scaler, Normalizer, Binarizer, ArrayFeatureExtractor.
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

// --- Binarizer: 1 above the threshold, else 0

void run_binarizer(KernelContext& context) {
  const float threshold = float_attr(context.node(), "threshold");
  const Tensor& x = context.input(0);
  Tensor& y = context.allocate(0, x.dtype(), x.dims(), 0);
  visit_types(
      context, x.dtype(),
      [&](auto tag) {
        using T = decltype(tag);
        const T* source = x.data<T>().data();
        T* target = y.mutable_data<T>().data();
        for (int64_t i = 0; i < x.size(); ++i)
          target[i] = static_cast<double>(source[i]) > static_cast<double>(threshold) ? T(1) : T(0);
      },
      NumberTypes());
}

// --- ArrayFeatureExtractor: columns of the last axis by their numbers; a vector is taken as one row

void infer_extractor(InferContext& context) {
  const Shape &x = context.input_shape(0), &indices = context.input_shape(1);
  if (x.has_rank() && x.rank() == 0) context.fail("the input is a scalar");
  if (!x.has_rank() || !indices.has_rank())
    return context.set_output(0, context.input_dtype(0), Shape::unranked());
  std::vector<Dim> dims = x.dims();
  if (dims.size() == 1) dims.insert(dims.begin(), 1);
  dims.back() = indices.element_count();
  context.set_output(0, context.input_dtype(0), dims);
}

void run_extractor(KernelContext& context) {
  const Tensor &x = context.input(0), &indices = context.input(1);
  if (x.rank() == 0) context.fail("the input is a scalar");
  const int64_t columns = x.dims().back();
  const std::vector<int64_t> wanted = indices.to_int64();
  for (const int64_t index : wanted)
    if (index < 0 || index >= columns) context.fail("there is no column {} among {}", index, columns);
  Dims dims = x.dims();
  if (dims.size() == 1) dims.insert(dims.begin(), 1);
  dims.back() = static_cast<int64_t>(wanted.size());
  Tensor& y = context.allocate(0, x.dtype(), dims);
  const auto copy = [&]<class T>(T) {
    const T* source = x.data<T>().data();
    T* target = y.mutable_data<T>().data();
    const int64_t rows = wanted.empty() ? 0 : y.size() / static_cast<int64_t>(wanted.size());
    for (int64_t row = 0; row < rows; ++row, source += columns)
      for (const int64_t index : wanted) *target++ = source[index];
  };
  if (x.dtype() == DType::string) return copy(std::string());
  visit_types(context, x.dtype(), copy, NumberTypes());
}

}  // namespace

OpDefs ml_features_ops() {
  return {OpDef("ai.onnx.ml.Scaler").infer(infer_float_same_shape).evaluate(run_scaler),
          OpDef("ai.onnx.ml.Normalizer").infer(infer_float_same_shape).evaluate(run_normalizer),
          OpDef("ai.onnx.ml.Binarizer")
              .infer(infer_same_as_first)
              .axes(axes_elementwise)
              .evaluate(run_binarizer)
              .elementwise(),
          OpDef("ai.onnx.ml.ArrayFeatureExtractor").infer(infer_extractor).evaluate(run_extractor)};
}

}  // namespace modelconv
