// Products of matrices: FULLY_CONNECTED where the right one is constant, BATCH_MATMUL elsewhere.
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

constexpr size_t kMostProductAxes = 5;

// a [..., k] times weights [n, k], plus bias [n].
Value& fully_connected(Translation& t, Value& a, Value& weights, Value* bias, const Type& type) {
  std::vector<Value*> inputs{&a, &weights, bias};
  return emit(t, "FULLY_CONNECTED", inputs, {{"keep_num_dims", int64_t{a.shape().rank() > 2}}}, type);
}

bool is_float_matrix(const Value& value) {
  const Tensor* tensor = constant_behind(value);
  return tensor && tensor->rank() == 2 && value.dtype() == DType::float32;
}

void lower_matmul(Translation& t) {
  Value &a = t.required(0), &b = t.required(1);
  const size_t left = t.rank_of(a), right = t.rank_of(b);
  if (a.dtype() != DType::float32) t.refuse("elements of type {}", name_of(a.dtype()));
  if (left == 1 || right == 1) {
    Value& rows = left == 1 ? unsqueezed(t, a, {0}) : a;
    Value& columns = right == 1 ? unsqueezed(t, b, {1}) : b;
    Value& product = t.add("MatMul", {&rows, &columns});
    std::vector<int64_t> axes;
    if (left == 1) axes.push_back(-2);
    if (right == 1) axes.push_back(-1);
    return t.set_output(0, squeezed(t, product, axes));
  }
  if (is_float_matrix(b) && left >= 2) {
    const Dims dims = static_dims(t, b);
    Value& weights = rearranged(t, b, {1, 0}, {dims[1], dims[0]});
    return t.set_output(0, fully_connected(t, a, weights, nullptr, t.node().output()->type));
  }
  if (left > kMostProductAxes || right > kMostProductAxes)
    t.refuse("products of {} and {} axes", left, right);
  finish(t, "BATCH_MATMUL", {&a, &b});
}

Value& scaled(Translation& t, Value& value, float factor) {
  return factor == 1 ? value : t.add("Mul", {&value, &t.scalar_like(value, static_cast<double>(factor))});
}

Value& turned(Translation& t, Value& value, bool transposed) {
  if (!transposed) return value;
  if (!constant_behind(value)) return t.transpose(value, {1, 0});
  const Dims dims = static_dims(t, value);
  return rearranged(t, value, {1, 0}, {dims[1], dims[0]});
}

void lower_gemm(Translation& t) {
  const float alpha = float_attr(t.node(), "alpha"), beta = float_attr(t.node(), "beta");
  const bool turn_a = int_attr(t.node(), "transA") != 0, turn_b = int_attr(t.node(), "transB") != 0;
  Value &a = turned(t, t.required(0), turn_a), &b = t.required(1);
  Value* c = t.input(2);
  const auto one_row = [&] {
    const Dims dims = static_dims(t, b);
    const int64_t columns = turn_b ? dims[0] : dims[1];
    return !c || (beta == 1 && constant_behind(*c) && constant_behind(*c)->size() == columns &&
                  constant_behind(*c)->dims().back() == columns);
  };
  if (is_float_matrix(b) && alpha == 1 && one_row()) {
    Value* bias = c ? &rearranged(t, *c, {}, {constant_behind(*c)->size()}) : nullptr;
    return t.set_output(0, fully_connected(t, a, turned(t, b, !turn_b), bias, t.node().output()->type));
  }
  Value& product = scaled(t, t.add("MatMul", {&a, &turned(t, b, turn_b)}), alpha);
  t.set_output(0, c ? t.add("Add", {&product, &scaled(t, *c, beta)}) : product);
}

}  // namespace

OpMappings lower_products() {
  return {
      {"tflite.BATCH_MATMUL", "MatMul", nullptr, lower_matmul, "also FULLY_CONNECTED; float32"},
      {"tflite.FULLY_CONNECTED", "Gemm", nullptr, lower_gemm, "also BATCH_MATMUL"},
  };
}

}  // namespace modelconv::tflite
